import type { Channel } from '../channel.js';
import { runLoop } from '../media/loop.js';
import { answer } from '../session/answering.js';
import { equalsIgnoringCase, separate } from '../text.js';
import { application, type Application } from './application.js';

/** mod_callcenter, as far as a caller goes whom no agent takes. */
async function callcenter(channel: Channel, data: string): Promise<void> {
  const [name = ''] = separate(data, ' ', 6);
  const { core } = channel;
  const queue = core.configuration.queues.get(name);
  if (queue === undefined) return;
  const joined = String(core.clock.seconds());
  channel.setVariable('cc_side', 'member');
  channel.setVariable('cc_member_uuid', core.newUuid());
  channel.setVariable('cc_queue', name);
  channel.setVariable('cc_queue_joined_epoch', joined);
  const { end } = await runLoop(channel, {
    durationMs: queue.maxWaitSeconds > 0 ? queue.maxWaitSeconds * 1000 : Number.POSITIVE_INFINITY,
    pausesForMessages: false,
    onDigit: (digit) => (channel.getVariable('cc_exit_keys') ?? '').includes(digit),
  });
  channel.setVariable('cc_agent_found', undefined);
  channel.setVariable('cc_queue_canceled_epoch', String(core.clock.seconds()));
  channel.setVariable('cc_cause', 'cancel');
  channel.setVariable('cc_cancel_reason', reason(end));
}

function reason(end: Awaited<ReturnType<typeof runLoop>>['end']): string {
  if (end === 'elapsed') return 'TIMEOUT';
  return end === 'stopped' ? 'EXIT_WITH_KEY' : 'BREAK_OUT';
}

/** mod_fifo's `<queue> in`: the caller waits until somebody takes him. */
async function fifo(channel: Channel, data: string): Promise<void> {
  const [name, direction] = separate(data, ' ', 8);
  if (name === undefined || direction === undefined || !equalsIgnoringCase(direction, 'in')) return;
  const now = (): string => String(channel.core.clock.seconds());
  answer(channel);
  channel.setVariable('fifo_status', 'WAITING');
  channel.setVariable('fifo_timestamp', now());
  channel.setVariable('fifo_push_timestamp', now());
  channel.setVariable('fifo_serviced_uuid', undefined);
  const { end } = await runLoop(channel, {
    durationMs: Number.POSITIVE_INFINITY,
    pausesForMessages: false,
    onDigit: (digit) => (channel.getVariable('fifo_caller_exit_key') ?? '').includes(digit),
  });
  const status = end === 'stopped' ? 'CALLER_EXIT' : 'ABORTED';
  channel.setVariable('fifo_status', status);
  channel.setVariable('fifo_timestamp', now());
}

export const queueApplications: readonly Application[] = [
  application('callcenter', {}, callcenter),
  application('fifo', {}, fifo),
];
