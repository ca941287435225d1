import { randomUUID } from 'node:crypto';
import { Policy } from '../call/policy.js';
import type { Config } from '../config/schema.js';
import { ERRORS } from '../errors.js';
import { AppClient } from '../source/curl/client.js';
import type { CallView, SourceMove } from '../source/port.js';
import type { Check } from './check.js';

/** A call that nobody placed. */
const SAMPLE_CALL = {
  destination_number: '1000',
  caller_id_number: '1001',
  caller_id_name: 'switchhook doctor',
  context: 'default',
} as const;

/** Asks every endpoint that has a URL as a call would, all at the same time. */
export async function checkEndpoints(config: Config): Promise<Check[]> {
  const names = Object.entries(config.endpoints).flatMap(([name, { url }]) =>
    url === undefined ? [] : [name],
  );
  const client = new AppClient({ endpoints: config.endpoints, defaults: config.app, egress: config.egress });
  try {
    return await Promise.all(names.map((name) => checkEndpoint(client, config, name)));
  } finally {
    await client.close();
  }
}

async function checkEndpoint(client: AppClient, config: Config, name: string): Promise<Check> {
  const about = { id: 'endpoint', subject: name } as const;
  const source = client.source(name);
  if ('code' in source)
    return { ...about, status: 'failed', detail: source.detail, remedy: ERRORS[source.code].remedy };
  const call = sampleCall();
  const started = performance.now();
  const answer = await source.start(call, {
    signal: new AbortController().signal,
    onAttempt: () => undefined,
  });
  const took = `${Math.round(performance.now() - started)} ms`;
  return { ...about, ...verdict(answer, config, call, took) };
}

function verdict(
  answer: SourceMove,
  config: Config,
  call: CallView,
  took: string,
): Pick<Check, 'status' | 'detail' | 'remedy'> {
  if (answer.kind === 'done' || answer.kind === 'keep')
    return { status: 'ok', detail: `It answers "nothing to do" in ${took}.` };
  if (answer.kind === 'failed')
    return {
      status: 'failed',
      detail: `${answer.code}: ${answer.detail}`,
      remedy: ERRORS[answer.code].remedy,
    };
  if (answer.fallbackFor !== undefined)
    return {
      status: 'failed',
      detail: `${answer.fallbackFor}; its fallback answered instead.`,
      remedy: ERRORS[answer.fallbackFor].remedy,
    };
  const profile = config.policies[answer.policy];
  const policy = profile === undefined ? undefined : new Policy(answer.policy, profile);
  const refused = answer.actions.flatMap((action) => {
    const judged = policy?.check(action, call);
    return judged?.allowed === false ? [`${action.application} (${judged.rule})`] : [];
  });
  if (refused.length > 0)
    return {
      status: 'warning',
      detail: `It answers in ${took}; the policy ${answer.policy} would refuse ${refused.join(', ')}.`,
      remedy: ERRORS.action_refused.remedy,
    };
  return { status: 'ok', detail: `It answers ${answer.actions.length} actions in ${took}.` };
}

function sampleCall(): CallView {
  const uuid = randomUUID();
  const values = new Map<string, string>(Object.entries({ ...SAMPLE_CALL, uuid }));
  return { uuid, get: (name) => values.get(name) };
}
