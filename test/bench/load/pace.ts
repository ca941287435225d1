/** Calls `place` at an even rate until it answers false. */
export async function pace(callsPerSecond: number, place: (sinceMs: number) => boolean): Promise<void> {
  const startMs = performance.now();
  const gapMs = 1000 / callsPerSecond;
  await new Promise<void>((resolve) => {
    let nextMs = 0;
    const turn = (): void => {
      for (;;) {
        const sinceMs = performance.now() - startMs;
        if (sinceMs < nextMs) {
          setTimeout(turn, nextMs - sinceMs);
          return;
        }
        if (!place(nextMs)) {
          resolve();
          return;
        }
        nextMs += gapMs;
      }
    };
    turn();
  });
}
