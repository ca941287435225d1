import { z } from 'zod';
import type { FlowAction, FlowEvent, FlowOutcome } from '../port.js';
import type { Move, Turn } from '../block.js';
import { action, ERROR, fail, leave } from '../block.js';
import { fill, fillShown } from '../references.js';
import { defineBlock } from './define.js';

const plain = z.string().min(1).max(256);

const parameters = z.strictObject({
  to: z
    .union([
      z.strictObject({ user: plain.describe('A user of the directory.'), domain: plain.optional() }),
      z.strictObject({ group: plain.describe('A group of the directory.'), domain: plain.optional() }),
      z.strictObject({
        number: plain.describe('A telephone number.'),
        gateway: plain.describe('The gateway to it.'),
      }),
      z.strictObject({
        sip: plain.describe('A SIP address: user@host.'),
        profile: plain.describe('The SIP profile.'),
      }),
    ])
    .describe('Whom to call.'),
  caller_id: z
    .strictObject({ number: plain.optional(), name: plain.optional() })
    .optional()
    .describe('What the callee sees; the policy has to allow it.'),
  timeout_ms: z
    .int()
    .min(1000)
    .max(600_000)
    .default(30_000)
    .describe('How long it may ring; FreeSWITCH counts whole seconds.'),
  ringback: plain.optional().describe('What the caller hears meanwhile: a file, a stream or a tone.'),
});

type Parameters = z.output<typeof parameters>;

export const transfer = defineBlock({
  type: 'transfer',
  summary: 'Connects the caller with somebody.',
  parameters,
  stops: 'input',
  exits: () => [
    { name: 'next', when: 'they have talked, and the callee has hung up' },
    { name: 'busy', when: 'the callee is busy', instead: 'error' },
    { name: 'no_answer', when: 'nobody answered in time', instead: 'error' },
    { name: 'refused', when: 'the callee, or somebody on the way, does not want the call', instead: 'error' },
    {
      name: 'unreachable',
      when: 'the callee is not registered, does not exist, or there is no way to it',
      instead: 'error',
    },
    { ...ERROR, when: 'it failed in another way' },
  ],
  enter(given, turn): Move {
    const dial = dialString(given, turn);
    if (dial === undefined) return fail('unsafe_value');
    const { timeout_ms: timeoutMs, ringback } = given;
    const sets: FlowAction[] =
      ringback === undefined
        ? []
        : [action('set', `ringback=${ringback}`), action('set', `transfer_ringback=${ringback}`)];
    return {
      to: 'actions',
      actions: [
        ...sets,
        action('bridge', dial.data, {
          id: 'bridge',
          timeoutMs,
          heard: dial.shown,
          ...(dial.shown === dial.data ? {} : { shown: dial.shown }),
        }),
      ],
    };
  },
  settle(_given, _turn, event: FlowEvent): Move {
    const outcome = event.kind === 'outcomes' ? event.outcomes.find(({ id }) => id === 'bridge') : undefined;
    if (outcome === undefined) return fail('flow_out_of_step');
    if (outcome.status === 'ok') return leave('next');
    if (outcome.status === 'refused') return fail('action_refused');
    const cause = causeOf(outcome);
    return fail(cause === '' ? 'action_failed' : cause, exitOf(cause, outcome.status));
  },
});

const USER = /^[A-Za-z0-9_.+#*-]{1,64}$/;
const DOMAIN = /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,126}[A-Za-z0-9])?$/;
const NUMBER = /^\+?[0-9*#]{1,32}$/;
/** As numbers are written: `+49 (30) 123-45`. */
const BETWEEN_DIGITS = /[ ()/-]/g;
const SIP = /^[A-Za-z0-9_.+*#-]{1,64}@[A-Za-z0-9.-]{1,128}(?::\d{1,5})?$/;
const WORD = /^[A-Za-z0-9_.-]{1,64}$/;

/** Every part is of a kind that can't lead out of its place; `undefined` when a value is not. */
function dialString(
  given: Parameters,
  turn: Turn,
): { readonly data: string; readonly shown: string } | undefined {
  const shape = (text: string, kind: RegExp): string | undefined => {
    const filled = fill(text, turn.scope).trim();
    // Behind the filling in: names of attributes may hold what people put between digits.
    const value = kind === NUMBER ? filled.replaceAll(BETWEEN_DIGITS, '') : filled;
    return kind.test(value) ? value : undefined;
  };
  const data = written(given, shape);
  if (data === undefined) return undefined;
  const shown = written(given, (text, kind) => fillShown(text, turn.scope)?.trim() ?? shape(text, kind));
  return { data, shown: shown ?? data };
}

/** @param take the value of a parameter that has to be of that kind */
function written(
  { to, caller_id: callerId }: Parameters,
  take: (text: string, kind: RegExp) => string | undefined,
): string | undefined {
  const endpoint = (parts: readonly (string | undefined)[], join: (parts: readonly string[]) => string) =>
    parts.some((part) => part === undefined) ? undefined : join(parts.filter((part) => part !== undefined));
  const callee =
    'user' in to || 'group' in to
      ? endpoint(
          [
            take('user' in to ? to.user : to.group, USER),
            ...(to.domain === undefined ? [] : [take(to.domain, DOMAIN)]),
          ],
          (parts) => `${'user' in to ? 'user' : 'group'}/${parts.join('@')}`,
        )
      : 'number' in to
        ? endpoint(
            [take(to.gateway, WORD), take(to.number, NUMBER)],
            (parts) => `sofia/gateway/${parts.join('/')}`,
          )
        : endpoint(
            [take(to.profile, WORD), take(to.sip.replace(/^sip:/, ''), SIP)],
            (parts) => `sofia/${parts.join('/')}`,
          );
  const variables: string[] = [];
  for (const [name, given, shape] of [
    ['origination_caller_id_number', callerId?.number, NUMBER],
    ['origination_caller_id_name', callerId?.name, /^[\p{L}\p{N} _.+-]{1,64}$/u],
  ] as const) {
    if (given === undefined) continue;
    const value = take(given, shape);
    if (value === undefined) return undefined;
    variables.push(`${name}=${value}`);
  }
  if (callee === undefined) return undefined;
  return variables.length === 0 ? callee : `{${variables.join(',')}}${callee}`;
}

function causeOf({ variables, detail, response }: FlowOutcome): string {
  const known = [
    variables['originate_disposition'],
    variables['originate_failed_cause'],
    detail,
    variables['last_bridge_hangup_cause'],
    response,
  ];
  return known.find((cause) => cause !== undefined && /^[A-Z][A-Z_]+$/.test(cause)) ?? '';
}

/** FreeSWITCH's hangup causes (switch_types.h switch_call_cause_t), as a caller would put them. */
const CAUSES: Readonly<Record<string, readonly string[]>> = {
  busy: ['USER_BUSY', 'BUSY_EVERYWHERE', 'BUSY'],
  no_answer: [
    'NO_ANSWER',
    'NOANSWER',
    'NO_USER_RESPONSE',
    'ALLOTTED_TIMEOUT',
    'PROGRESS_TIMEOUT',
    'ORIGINATOR_CANCEL',
    'NO_PICKUP',
  ],
  refused: [
    'CALL_REJECTED',
    'DECLINE',
    'UNWANTED',
    'OUTGOING_CALL_BARRED',
    'INCOMING_CALL_BARRED',
    'BEARERCAPABILITY_NOTAUTH',
    'FACILITY_REJECTED',
    'USER_CHALLENGE',
    'NO_IDENTITY',
    'BAD_IDENTITY_INFO',
    'NOT_ACCEPTABLE',
  ],
  unreachable: [
    'USER_NOT_REGISTERED',
    'SUBSCRIBER_ABSENT',
    'UNALLOCATED_NUMBER',
    'NO_ROUTE_TRANSIT_NET',
    'NO_ROUTE_DESTINATION',
    'NUMBER_CHANGED',
    'REDIRECTION_TO_NEW_DESTINATION',
    'EXCHANGE_ROUTING_ERROR',
    'DESTINATION_OUT_OF_ORDER',
    'INVALID_NUMBER_FORMAT',
    'NORMAL_CIRCUIT_CONGESTION',
    'NETWORK_OUT_OF_ORDER',
    'NORMAL_TEMPORARY_FAILURE',
    'SWITCH_CONGESTION',
    'REQUESTED_CHAN_UNAVAIL',
    'SERVICE_UNAVAILABLE',
    'RECOVERY_ON_TIMER_EXPIRE',
    'GATEWAY_DOWN',
    'INVALID_GATEWAY',
    'INVALID_URL',
    'INVALID_PROFILE',
    'DOES_NOT_EXIST_ANYWHERE',
    'CHAN_NOT_IMPLEMENTED',
  ],
};

const EXIT_OF = new Map(
  Object.entries(CAUSES).flatMap(([exit, causes]) => causes.map((cause) => [cause, exit] as const)),
);

function exitOf(cause: string, status: string): string {
  return EXIT_OF.get(cause) ?? (status === 'timed_out' ? 'no_answer' : 'error');
}
