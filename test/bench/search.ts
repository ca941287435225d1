/** What one round brought: undefined when it was without a failed call, else why not. */
export type Failure = string | undefined;

export interface SearchOptions {
  /** Tried first. */
  readonly start: number;
  /** Added as long as all goes well. */
  readonly step: number;
  /** Nothing beyond this is tried. */
  readonly most: number;
  /** Two values nearer than this are the same. */
  readonly grain: number;
  /** So many further rounds at the value that was found must go well, too. */
  readonly confirmations: number;
}

export interface SearchResult {
  /** The highest value that went well, every time; 0: none did. */
  readonly found: number;
  /** Nothing failed up to `most`. */
  readonly isOpen: boolean;
  readonly tried: readonly { readonly value: number; readonly failure: Failure }[];
}

/** Up by steps until it fails, then in halves between what went well and what did not, then again to be sure. */
export async function searchHighest(
  tryOut: (value: number) => Promise<Failure>,
  { start, step, most, grain, confirmations }: SearchOptions,
): Promise<SearchResult> {
  const tried: { value: number; failure: Failure }[] = [];
  const isGood = async (value: number): Promise<boolean> => {
    const failure = await tryOut(value);
    tried.push({ value, failure });
    return failure === undefined;
  };
  let good = 0;
  let bad = Infinity;
  for (let value = start; bad === Infinity && good < most; value = Math.min(most, value + step)) {
    if (await isGood(value)) good = value;
    else bad = value;
  }
  const isOpen = bad === Infinity;
  while (bad - good > grain && bad !== Infinity) {
    const middle = good + Math.max(grain, Math.round((bad - good) / 2 / grain) * grain);
    if (middle >= bad) break;
    if (await isGood(middle)) good = middle;
    else bad = middle;
  }
  for (let left = confirmations; left > 0 && good > 0; left -= 1) {
    if (await isGood(good)) continue;
    good = Math.max(0, good - grain);
    left = confirmations + 1;
  }
  return { found: good, isOpen: isOpen && good === most, tried };
}
