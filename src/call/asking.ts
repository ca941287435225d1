import { Cancellation } from '../cancellation.js';
import type { ActionSource, SourceContext, SourceMove } from '../source/port.js';
import type { Channel, SegmentEnd } from '../switch/channel.js';
import { endOf } from '../switch/channel.js';
import type { RunContext, RunTime } from './run-context.js';
import { REAL_TIME } from './run-context.js';

/**
 * How long the channel is left alone before it is looked after while a source is slow. A hang-up is told without that;
 * what would go unnoticed is that somebody moved the channel. Each look costs FreeSWITCH two applications, so a daemon
 * that is merely busy must not begin with it.
 */
const QUIET_MS = 1000;

/** A waiting prompt that is shorter, or could not be played at all, is not begun again sooner than this after its begin. */
const LEAST_PROMPT_MS = 500;

const ENDED = 'the call ended';

export type Asked =
  | { readonly answer: SourceMove }
  | { readonly left: SegmentEnd }
  /** Another program is to take over, on the channel as it is. */
  | { readonly interrupted: true };

/**
 * Asks a source, and looks after the channel meanwhile: a hang-up cancels the question, and when the source takes
 * its time the caller hears the waiting prompt (or silence) in short pieces, between which it shows whether the
 * channel was moved.
 * @param keep writes down on the channel how far everything has come; done before the caller is kept waiting
 */
export async function ask(
  run: RunContext,
  source: ActionSource,
  question: (context: SourceContext) => Promise<SourceMove>,
  keep: () => Promise<SegmentEnd>,
): Promise<Asked> {
  const { channel, trace, services } = run;
  const time = services.time ?? REAL_TIME;
  const asking = new Cancellation();
  const cancel = (): void => asking.abort(ENDED);
  if (isGone(channel)) return { left: endOf(channel) };
  channel.gone.addEventListener('abort', cancel, { once: true });
  run.asking = asking;
  const startedAt = time.now();
  const pending = question({
    signal: asking,
    onAttempt: (attempt) => trace.add({ type: 'request', ...attempt }),
    // The source keeps its own.
    onNote: (note) => trace.add({ ...note }),
  });
  try {
    let waited = false;
    let kept = false;
    // A prompt that is to begin sooner does.
    let delayMs = Math.min(QUIET_MS, source.waiting?.afterMs ?? QUIET_MS);
    while (!(await within(pending, delayMs, time))) {
      if (isGone(channel)) break;
      delayMs = 0;
      const { waiting } = source;
      const play =
        waiting !== undefined && time.now() - startedAt >= waiting.afterMs ? waiting.play : undefined;
      if (play !== undefined && !waited) trace.add({ type: 'waiting' });
      waited ||= play !== undefined;
      // What the caller hears meanwhile takes the place of the outcomes that FreeSWITCH had kept of the last segment.
      const begunAt = time.now();
      const end = kept ? await channel.wait(play) : await keep();
      if (kept && play !== undefined) delayMs = Math.max(0, LEAST_PROMPT_MS - (time.now() - begunAt));
      kept = true;
      if (end.kind === 'completed') continue;
      asking.abort(ENDED);
      await pending;
      return { left: end };
    }
    const answer = await pending;
    // The answer is held: were the runner to end now, the channel would be nobody's should the parking fail. The pieces
    // of silence are what a synchronous socket needs to notice that it was parked.
    while (run.interrupted === 'fromOutside' && !isGone(channel)) {
      const end = await channel.wait(undefined);
      if (end.kind !== 'completed') return { left: end };
    }
    if (isGone(channel)) return { left: endOf(channel) };
    return run.interrupted === 'inHand' ? { interrupted: true } : { answer };
  } finally {
    run.asking = undefined;
    channel.gone.removeEventListener('abort', cancel);
  }
}

/** Whether the promise settles within the time; rejections are the caller's, when it awaits it. */
function within(promise: Promise<unknown>, timeMs: number, time: RunTime): Promise<boolean> {
  return new Promise((resolve) => {
    const takeBack = time.after(timeMs, () => resolve(false));
    const settled = (): void => {
      takeBack();
      resolve(true);
    };
    promise.then(settled, settled);
  });
}

function isGone({ gone }: Channel): boolean {
  return gone.aborted;
}
