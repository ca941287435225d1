import { z } from 'zod';
import { checked } from '../checked.js';
import type { FlowOutcome } from '../flow/port.js';
import type { Parameters } from './asked-call.js';
import type { Continuation } from './continuation.js';
import type { Asked } from './served.js';
import { judged, resultName, variablesOf } from './served.js';

/**
 * What became of the actions that a client was given, from what it sent with the token. `undefined`: it told
 * nothing, and is to be given the same again.
 */
export function outcomesOf(from: Continuation, sent: Parameters): FlowOutcome[] | undefined {
  const { asked, format } = from;
  if (asked.length === 0) return [];
  if (format === 'switchhook') return toldOutcomes(asked, sent['cti_outcomes'] ?? '');
  return asked.map((one) =>
    judged(one, format === 'json' ? numberedValues(one, sent) : namedValues(one, sent)),
  );
}

const MOST_VALUE_LENGTH = 500;

/** `o3.0=FILE%20PLAYED&o3.1=1200`: of the fourth action, in the order of its variables. */
function numberedValues(asked: Asked, sent: Parameters): Record<string, string> {
  return Object.fromEntries(
    variablesOf(asked).map((name, at) => [name, plain(sent[resultName(asked.at, at)] ?? '')]),
  );
}

/** mod_httapi sends variables under their own names. */
function namedValues(asked: Asked, sent: Parameters): Record<string, string> {
  return Object.fromEntries(
    variablesOf(asked).map((name) => [
      name,
      plain((Object.hasOwn(sent, name) ? sent[name] : undefined) ?? ''),
    ]),
  );
}

function plain(value: string): string {
  // eslint-disable-next-line no-control-regex -- what no variable has
  return value.slice(0, MOST_VALUE_LENGTH).replaceAll(/[\x00-\x1f\x7f]/g, '');
}

const value = z.string().max(MOST_VALUE_LENGTH);

/** `{cti_outcomes}` of our own runner. */
const toldSchema = z.array(
  z.object({
    index: z.int().min(0),
    status: z.enum(['ok', 'failed', 'timed_out', 'refused', 'hung_up', 'interrupted', 'moved', 'not_run']),
    response: value.optional(),
    detail: value.optional(),
    variables: z.record(z.string().max(128), value).default({}),
  }),
);

function toldOutcomes(asked: readonly Asked[], text: string): FlowOutcome[] | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  const told = checked(toldSchema, parsed);
  if (!told.success) return undefined;
  const byPlace = new Map(told.data.map((one) => [one.index, one]));
  return asked.map(({ index, id, application, at }): FlowOutcome => {
    const { status = 'ok', response, detail, variables = {} } = byPlace.get(at) ?? {};
    return {
      index,
      ...(id === undefined ? {} : { id }),
      application,
      status,
      ...(response === undefined ? {} : { response: plain(response) }),
      ...(detail === undefined ? {} : { detail: plain(detail) }),
      variables: Object.fromEntries(Object.entries(variables).map(([name, one]) => [name, plain(one)])),
    };
  });
}
