import { randomUUID } from 'node:crypto';
import { Command, InvalidArgumentError } from 'commander';
import type { Verdict } from '../call/policy.js';
import { Policy } from '../call/policy.js';
import type { Action } from '../call/action.js';
import type { Config } from '../config/schema.js';
import { AppError } from '../errors.js';
import type { ErrorCode } from '../errors.js';
import { AppClient } from '../source/curl/client.js';
import type { CallView, SourceAnswer, SourceAttempt } from '../source/port.js';
import type { Cli } from './cli.js';
import { configOption, readNamedConfig } from './config-file.js';
import type { ConfigFlag } from './config-file.js';
import { EXIT, exitCodeOf } from './exit-code.js';
import { printable, printError } from './print-error.js';

interface ActionsFlags extends ConfigFlag {
  readonly var: Readonly<Record<string, string>>;
  readonly json?: boolean;
}

/** A call that nobody placed; --var replaces these. */
const SAMPLE_CALL = {
  destination_number: '1000',
  caller_id_number: '1001',
  caller_id_name: 'switchhook actions',
  context: 'default',
} as const;

export function actionsCommand(cli: Cli): Command {
  return new Command('actions')
    .description('Ask an app as a call would, validate its answer, and show what the policy would refuse.')
    .argument('<target>', 'name of an endpoint, or a URL; {name} in it becomes a value of the call')
    .addOption(configOption())
    .option('--var <name=value>', 'a value of the call; may be repeated', addVariable, {})
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Nothing runs anywhere: the app is asked for real, but there is no call. What is not given by --var is made up: ${Object.entries(
        SAMPLE_CALL,
      )
        .map(([name, value]) => `${name}=${value}`)
        .join(', ')}.
Exit code 0 means: a valid answer of which nothing would be refused.

Example:
  switchhook actions 'http://127.0.0.1:8080/app?number={destination_number}' --var destination_number=10001`,
    )
    .action(async (target: string, flags: ActionsFlags) => {
      cli.exitCode = await actions(cli, target, flags);
    });
}

/** For commander: collects repeated `--var name=value`. */
export function addVariable(text: string, before: Readonly<Record<string, string>>): Record<string, string> {
  const [, name, value] = /^([A-Za-z_][\w.-]*)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError('expected name=value');
  return { ...before, [name]: value };
}

interface Judged {
  readonly index: number;
  readonly action: Action;
  readonly verdict: Verdict;
}

interface Inquiry {
  readonly answer: SourceAnswer;
  readonly attempts: readonly SourceAttempt[];
  readonly durationMs: number;
  readonly judged: readonly Judged[];
}

async function actions(cli: Cli, target: string, flags: ActionsFlags): Promise<number> {
  const { config } = readNamedConfig(cli, flags, 'defaults');
  const inquiry = await inquire(config, target, flags.var);
  if (flags.json === true) {
    cli.out(`${JSON.stringify(asJson(target, inquiry), null, 2)}\n`);
  } else {
    printInquiry(cli, inquiry);
  }
  const failure = failureOf(inquiry.answer);
  if (failure !== undefined) return exitCodeOf(failure);
  return inquiry.judged.some(({ verdict }) => !verdict.allowed) ? EXIT.failed : EXIT.ok;
}

async function inquire(
  config: Config,
  target: string,
  variables: Readonly<Record<string, string>>,
): Promise<Inquiry> {
  const client = new AppClient({ endpoints: config.endpoints, defaults: config.app, egress: config.egress });
  try {
    const source = client.source(target);
    if ('code' in source) throw new AppError(source.code, source.detail);
    const call = callWith(variables);
    const attempts: SourceAttempt[] = [];
    const started = performance.now();
    const answer = await source.start(call, {
      signal: new AbortController().signal,
      onAttempt: (attempt) => attempts.push(attempt),
    });
    const durationMs = Math.round(performance.now() - started);
    const judged = answer.kind === 'actions' ? judge(config, answer.policy, answer.actions, call) : [];
    return { answer, attempts, durationMs, judged };
  } finally {
    await client.close();
  }
}

function callWith(variables: Readonly<Record<string, string>>): CallView {
  const uuid = variables['uuid'] ?? randomUUID();
  const values = new Map(Object.entries({ ...SAMPLE_CALL, ...variables, uuid }));
  return { uuid, get: (name) => values.get(name) };
}

function judge(config: Config, name: string, actions: readonly Action[], call: CallView): Judged[] {
  const profile = config.policies[name];
  if (profile === undefined) throw new AppError('internal', `no policy ${name}`);
  const policy = new Policy(name, profile);
  return actions.map((action, index) => ({ index, action, verdict: policy.check(action, call) }));
}

/** What went wrong with the app; also when its fallback helped. */
function failureOf(answer: SourceAnswer): ErrorCode | undefined {
  if (answer.kind === 'failed') return answer.code;
  return answer.kind === 'actions' ? answer.fallbackFor : undefined;
}

function printInquiry(cli: Cli, { answer, attempts, durationMs, judged }: Inquiry): void {
  for (const { url, attempt, durationMs: took, status, code, detail } of attempts) {
    const result = [status === undefined ? '' : `HTTP ${status}`, code ?? '', detail ?? ''];
    cli.out(
      `request ${attempt}  ${printable(url)}  ${result
        .filter((part) => part !== '')
        .map(printable)
        .join(' ')}  ${Math.round(took)} ms\n`,
    );
  }
  if (answer.kind === 'failed') {
    printError(cli, new AppError(answer.code, answer.detail));
    return;
  }
  if (answer.kind === 'done' || answer.actions.length === 0) {
    cli.out(`answer     nothing to do  ${durationMs} ms\n`);
    return;
  }
  const instead = answer.fallbackFor === undefined ? '' : `  fallback for ${answer.fallbackFor}`;
  cli.out(
    `answer     ${answer.actions.length} actions, policy ${answer.policy}${instead}  ${durationMs} ms\n`,
  );
  const width = Math.max(...judged.map(({ action }) => action.application.length));
  for (const { index, action, verdict } of judged) {
    const text = printable(action.data.replaceAll('\n', '\\n'));
    cli.out(
      `${String(index).padStart(4)}  ${verdict.allowed ? 'allowed' : 'REFUSED'}  ${action.application.padEnd(width)}  ${text}\n`,
    );
    if (!verdict.allowed) cli.out(`      ${verdict.rule}: ${printable(verdict.detail)}\n`);
  }
  for (const warning of answer.warnings) cli.err(`warning: ${printable(warning)}\n`);
}

function asJson(target: string, { answer, attempts, durationMs, judged }: Inquiry): unknown {
  return {
    ok: failureOf(answer) === undefined && judged.every(({ verdict }) => verdict.allowed),
    target,
    duration_ms: durationMs,
    attempts,
    ...answer,
    ...(answer.kind === 'actions' && {
      actions: judged.map(({ action, verdict }) => ({ ...action, verdict })),
    }),
  };
}
