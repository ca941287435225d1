/** Edit distance with neighbours swapped counted as one (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

/**
 * What was probably meant by `written`, or undefined when nothing is near enough: at most a third of the letters
 * may differ. `-`, `_` and case don't count, so that `tryTimeoutMs` and `try-timeout-ms` find `try_timeout_ms`.
 */
export function suggestion(written: string, known: Iterable<string>): string | undefined {
  const folded = fold(written);
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const name of known) {
    const candidate = fold(name);
    const distance = editDistance(folded, candidate);
    const allowed = Math.max(1, Math.floor(Math.max(folded.length, candidate.length) / 3));
    if (distance <= allowed && distance < candidate.length && (!best || distance < best.distance)) {
      best = { name, distance };
    }
  }
  return best?.name;
}

function fold(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, '');
}
