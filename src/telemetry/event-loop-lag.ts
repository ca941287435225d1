/** How often it is looked. A hold-up shorter than that may fall between two looks. */
const INTERVAL_MS = 50;
/** What a laptop slept is not worth more samples than these. */
const MAX_SAMPLES = 200;

/**
 * Watches how late timers come. A hold-up counts as often as there should have been looks during it, so that one of a
 * second weighs as much as it hurts.
 * @param onLag in milliseconds
 * @returns ends it
 */
export function watchEventLoop(onLag: (lagMs: number) => void): () => void {
  let dueMs = performance.now() + INTERVAL_MS;
  const look = (): void => {
    const nowMs = performance.now();
    for (const lagMs of lagsOf(nowMs - dueMs)) onLag(lagMs);
    dueMs = nowMs + INTERVAL_MS;
    timer = setTimeout(look, INTERVAL_MS).unref();
  };
  let timer = setTimeout(look, INTERVAL_MS).unref();
  return () => clearTimeout(timer);
}

/** What the looks would have seen that one late look stands for. */
export function lagsOf(lateMs: number): number[] {
  const first = Math.max(0, lateMs);
  const lags = [first];
  for (let lag = first - INTERVAL_MS; lag > 0 && lags.length < MAX_SAMPLES; lag -= INTERVAL_MS)
    lags.push(lag);
  return lags;
}
