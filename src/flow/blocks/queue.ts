import { z } from 'zod';
import type { FlowAction, FlowEvent, FlowOutcome } from '../port.js';
import type { Fault, Move } from '../block.js';
import { action, ERROR, fail, leave } from '../block.js';
import { fill, fillShown } from '../references.js';
import { defineBlock } from './define.js';

const name = z.string().min(1).max(256);
const music = z
  .string()
  .regex(/^[^\s'\\$]+$/, 'expected a file or stream without blanks')
  .optional();

const parameters = z.strictObject({
  callcenter: name.optional().describe('A queue of mod_callcenter: name@domain.'),
  fifo: name.optional().describe('A queue of mod_fifo; the policy has to name it.'),
  music: music.describe('What the caller hears while waiting.'),
  announcement: music.describe('What the caller hears when an agent takes the call (mod_fifo).'),
  exit_keys: z
    .string()
    .regex(/^[0-9*#]{1,12}$/)
    .optional()
    .describe(
      'Keys with which the caller leaves the queue; the policy has to allow cc_exit_keys or fifo_caller_exit_key.',
    ),
});

type Parameters = z.output<typeof parameters>;

export const queue = defineBlock({
  type: 'queue',
  summary: 'Puts the caller into a queue.',
  parameters,
  stops: 'input',
  exits: () => [
    { name: 'next', when: 'an agent has talked with the caller, and has hung up' },
    { name: 'timeout', when: 'nobody took the call in time', instead: 'error' },
    { name: 'no_agents', when: 'nobody is there to take it', instead: 'timeout' },
    { name: 'left', when: 'the caller left by a key', instead: 'error' },
    { ...ERROR, when: 'the caller could not be put into the queue' },
  ],
  facts: ({ callcenter, fifo }) => {
    const faults: Fault[] = [];
    if ((callcenter === undefined) === (fifo === undefined)) {
      faults.push({ path: [], message: 'expected callcenter or fifo, one of them' });
    }
    return { faults };
  },
  enter(given, turn): Move {
    const target = fill(given.callcenter ?? given.fifo ?? '', turn.scope).trim();
    if (!/^[A-Za-z0-9_.@-]{1,64}$/.test(target)) return fail('unsafe_value');
    turn.update({ queue: target });
    const shown = fillShown(given.callcenter ?? given.fifo ?? '', turn.scope)?.trim();
    const more = shown === undefined ? { heard: target } : { heard: shown, shown };
    const entry = action(...entryOf(given, target), { id: 'queue', ...more });
    return { to: 'actions', actions: [...settings(given), entry] };
  },
  settle(given, _turn, event: FlowEvent): Move {
    const outcome = event.kind === 'outcomes' ? event.outcomes.find(({ id }) => id === 'queue') : undefined;
    if (outcome === undefined) return fail('flow_out_of_step');
    if (event.kind === 'outcomes' && event.outcomes.some(({ status }) => status === 'refused'))
      return fail('action_refused');
    return given.fifo === undefined ? afterCallcenter(outcome) : afterFifo(outcome);
  },
});

function settings({ callcenter, music: hold, exit_keys: keys }: Parameters): FlowAction[] {
  const sets: FlowAction[] = [];
  if (callcenter !== undefined && hold !== undefined) sets.push(action('set', `cc_moh_override=${hold}`));
  if (keys !== undefined) {
    sets.push(action('set', `${callcenter === undefined ? 'fifo_caller_exit_key' : 'cc_exit_keys'}=${keys}`));
  }
  return sets;
}

/** `fifo <name> in [<announcement> [<music>]]` (mod_fifo.c fifo_function; `undef` for none). */
function entryOf({ callcenter, music: hold, announcement }: Parameters, target: string): [string, string] {
  if (callcenter !== undefined) return ['callcenter', target];
  const more =
    hold !== undefined ? [announcement ?? 'undef', hold] : announcement !== undefined ? [announcement] : [];
  return ['fifo', [target, 'in', ...more].join(' ')];
}

/** mod_callcenter.c cc_member_cancel_reason2str */
function afterCallcenter({ status, variables }: FlowOutcome): Move {
  if (status === 'ok') return leave('next');
  const reason = variables['cc_cancel_reason'] ?? '';
  if (reason === 'NO_AGENT_TIMEOUT') return fail(reason, 'no_agents');
  if (reason === 'TIMEOUT') return fail(reason, 'timeout');
  if (reason === 'EXIT_WITH_KEY') return leave('left');
  return fail(reason === '' || reason === 'NONE' ? 'action_failed' : reason);
}

/** mod_fifo.c: a caller who presses an exit key comes back as ABORTED with the key. */
function afterFifo({ status, variables }: FlowOutcome): Move {
  if (status === 'ok') return leave('next');
  const reason = variables['fifo_status'] ?? '';
  if (reason === 'TIMEOUT' || status === 'timed_out') return fail('TIMEOUT', 'timeout');
  if (reason === 'ABORTED' && (variables['fifo_caller_exit_key'] ?? '') !== '') return leave('left');
  return fail(reason === '' ? 'action_failed' : reason);
}
