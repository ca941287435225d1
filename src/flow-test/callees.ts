import { application } from '../simulator/applications/application.js';
import type { Application } from '../simulator/applications/application.js';
import type { Channel } from '../simulator/channel.js';
import { runLoop } from '../simulator/media/loop.js';
import { answer, markRingReady } from '../simulator/session/answering.js';
import { handleFailure } from '../simulator/session/failure.js';
import { tellCaller } from '../simulator/session/originate-result.js';
import { fromBytes, toInteger } from '../simulator/text.js';
import type { Callee, QueueFate } from './case-file.js';

/** Who is there besides the caller, by the case that runs. */
export interface Others {
  callee(dialString: string): Callee;
  queue(name: string): QueueFate;
}

const CAUSES = {
  busy: 'USER_BUSY',
  no_answer: 'NO_ANSWER',
  refuses: 'CALL_REJECTED',
  unreachable: 'USER_NOT_REGISTERED',
} as const;

const RING_MS = 2000;
const TALK_MS = 10_000;
const REFUSAL_MS = 500;

/** `bridge`, with people who behave as the case says; FreeSWITCH's own variables tell what came of it. */
async function bridge(channel: Channel, data: string, others: Others): Promise<void> {
  const callee = others.callee(fromBytes(data));
  const limitMs = toInteger(channel.getVariable('call_timeout') ?? '60') * 1000;
  const plan = planOf(callee, limitMs);
  const ringsMs = Math.min(plan.afterMs, limitMs);
  markRingReady(channel);
  const { end } = await runLoop(channel, { durationMs: ringsMs, pausesForMessages: false });
  if (end === 'not_ready') {
    tellCaller(channel, [], 'ORIGINATOR_CANCEL');
    return;
  }
  if ('cause' in plan || plan.afterMs > limitMs) {
    const cause = 'cause' in plan && plan.afterMs <= limitMs ? plan.cause : 'NO_ANSWER';
    tellCaller(channel, [], cause);
    channel.setVariable('originate_failed_cause', cause);
    handleFailure(channel, cause);
    return;
  }
  tellCaller(channel, [], 'SUCCESS');
  answer(channel);
  await runLoop(channel, { durationMs: plan.talksMs, pausesForMessages: false });
  if (!channel.up) return;
  channel.setVariable('bridge_hangup_cause', 'NORMAL_CLEARING');
  channel.setVariable('last_bridge_hangup_cause', 'NORMAL_CLEARING');
}

type Plan = { readonly afterMs: number } & ({ readonly cause: string } | { readonly talksMs: number });

function planOf(callee: Callee, limitMs: number): Plan {
  if (callee === 'answers') return { afterMs: RING_MS, talksMs: TALK_MS };
  if (callee === 'no_answer') return { afterMs: limitMs, cause: CAUSES.no_answer };
  if (typeof callee === 'string') return { afterMs: REFUSAL_MS, cause: CAUSES[callee] };
  if ('cause' in callee) return { afterMs: callee.after_ms, cause: callee.cause };
  return { afterMs: callee.answers_after_ms, talksMs: callee.talks_ms };
}

const QUEUE_WAIT_MS = 60_000;

type Fate =
  | { readonly kind: 'answered'; readonly afterMs: number; readonly talksMs: number }
  | { readonly kind: 'timeout'; readonly afterMs: number }
  | { readonly kind: 'no_agents'; readonly afterMs: number }
  | { readonly kind: 'left'; readonly afterMs: number }
  | { readonly kind: 'unknown' };

function fateOf(fate: QueueFate): Fate {
  if (fate === 'answers') return { kind: 'answered', afterMs: RING_MS, talksMs: TALK_MS };
  if (fate === 'unknown') return { kind: 'unknown' };
  if (fate === 'timeout') return { kind: 'timeout', afterMs: QUEUE_WAIT_MS };
  if (fate === 'no_agents') return { kind: 'no_agents', afterMs: 1000 };
  if (fate === 'left') return { kind: 'left', afterMs: 5000 };
  if ('times_out_after_ms' in fate) return { kind: 'timeout', afterMs: fate.times_out_after_ms };
  return { kind: 'answered', afterMs: fate.answers_after_ms, talksMs: fate.talks_ms };
}

async function callcenter(channel: Channel, data: string, others: Others): Promise<void> {
  const [name = ''] = data.split(' ');
  const fate = fateOf(others.queue(fromBytes(name)));
  if (fate.kind === 'unknown') return;
  answer(channel);
  channel.setVariable('cc_queue', name);
  const cancel = (reason: string): void => {
    channel.setVariable('cc_cause', 'cancel');
    channel.setVariable('cc_cancel_reason', reason);
  };
  const { end } = await runLoop(channel, { durationMs: fate.afterMs, pausesForMessages: false });
  if (end === 'not_ready') {
    cancel('BREAK_OUT');
    return;
  }
  if (fate.kind === 'timeout') cancel('TIMEOUT');
  else if (fate.kind === 'no_agents') cancel('NO_AGENT_TIMEOUT');
  else if (fate.kind === 'left') {
    cancel('EXIT_WITH_KEY');
    channel.setVariable('cc_exit_key', (channel.getVariable('cc_exit_keys') ?? '#').charAt(0));
  } else {
    channel.setVariable('cc_agent', 'agent');
    await runLoop(channel, { durationMs: fate.talksMs, pausesForMessages: false });
    channel.setVariable('cc_cause', 'answered');
  }
}

async function fifo(channel: Channel, data: string, others: Others): Promise<void> {
  const [name = ''] = data.split(' ');
  const fate = fateOf(others.queue(fromBytes(name)));
  if (fate.kind === 'unknown') return;
  answer(channel);
  channel.setVariable('fifo_status', 'WAITING');
  const { end } = await runLoop(channel, { durationMs: fate.afterMs, pausesForMessages: false });
  if (end === 'not_ready') channel.setVariable('fifo_status', 'ABORTED');
  else if (fate.kind === 'left') {
    channel.setVariable('fifo_status', 'ABORTED');
    const key = (channel.getVariable('fifo_caller_exit_key') ?? '#').charAt(0);
    channel.setVariable('fifo_caller_exit_key', key);
  } else if (fate.kind === 'answered') {
    channel.setVariable('fifo_status', 'TALKING');
    await runLoop(channel, { durationMs: fate.talksMs, pausesForMessages: false });
    channel.setVariable('fifo_status', 'DONE');
  } else channel.setVariable('fifo_status', 'TIMEOUT');
}

export function calleeApplications(others: Others): Application[] {
  return [
    application('bridge', { noMedia: true }, (channel, data) => bridge(channel, data, others)),
    application('callcenter', {}, (channel, data) => callcenter(channel, data, others)),
    application('fifo', {}, (channel, data) => fifo(channel, data, others)),
  ];
}
