import type { ActionSource, SourceAnswer, SourceContext } from '../source/port.js';
import type { Channel, SegmentEnd } from '../switch/channel.js';
import { endOf } from '../switch/channel.js';
import type { Trace } from './trace.js';

/**
 * How long the channel is left alone before it is looked after while a source is slow. A hang-up is told without that;
 * what would go unnoticed is that somebody moved the channel. Each look costs FreeSWITCH two applications, so a daemon
 * that is merely busy must not begin with it.
 */
const QUIET_MS = 1000;

export type Asked = { readonly answer: SourceAnswer } | { readonly left: SegmentEnd };

/**
 * Asks a source, and looks after the channel meanwhile: a hang-up cancels the question, and when the source takes
 * its time the caller hears the waiting prompt (or silence) in short pieces, between which it shows whether the
 * channel was moved.
 */
export async function ask(
  channel: Channel,
  source: ActionSource,
  trace: Trace,
  question: (context: SourceContext) => Promise<SourceAnswer>,
): Promise<Asked> {
  const controller = new AbortController();
  const cancel = (): void => controller.abort();
  if (isGone(channel)) return { left: endOf(channel) };
  channel.gone.addEventListener('abort', cancel, { once: true });
  const startedAt = performance.now();
  const pending = question({
    signal: controller.signal,
    onAttempt: (attempt) => trace.add({ type: 'request', ...attempt }),
  });
  try {
    let waited = false;
    // A prompt that is to begin sooner does.
    let delayMs = Math.min(QUIET_MS, source.waiting?.afterMs ?? QUIET_MS);
    while (!(await within(pending, delayMs))) {
      if (isGone(channel)) break;
      delayMs = 0;
      const { waiting } = source;
      const play =
        waiting !== undefined && performance.now() - startedAt >= waiting.afterMs ? waiting.play : undefined;
      if (play !== undefined && !waited) trace.add({ type: 'waiting' });
      waited ||= play !== undefined;
      const end = await channel.wait(play);
      if (end.kind === 'completed') continue;
      controller.abort();
      await pending;
      return { left: end };
    }
    const answer = await pending;
    return isGone(channel) ? { left: endOf(channel) } : { answer };
  } finally {
    channel.gone.removeEventListener('abort', cancel);
  }
}

/** Whether the promise settles within the time; rejections are the caller's, when it awaits it. */
async function within(promise: Promise<unknown>, timeMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    // Timers come before what has arrived (libuv's order): after a hold-up the answer may be there already.
    timer = setTimeout(() => setImmediate(resolve, false), timeMs);
  });
  const settled = promise.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([settled, late]);
  } finally {
    clearTimeout(timer);
  }
}

function isGone({ gone }: Channel): boolean {
  return gone.aborted;
}
