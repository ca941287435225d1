/** So many characters of source are kept; what is made of them takes some ten times that. */
const MOST_KEPT = 2_000_000;

/** What texts were parsed to. The texts of flows are few, and there is no end to what they are asked for. */
export class ParsedTexts<Made> {
  readonly #parse: (text: string) => Made;
  readonly #made = new Map<string, Made>();
  #kept = 0;

  constructor(parse: (text: string) => Made) {
    this.#parse = parse;
  }

  get(text: string): Made {
    const known = this.#made.get(text);
    if (known !== undefined) return known;
    const made = this.#parse(text);
    // A short text takes as much as a long one at least.
    const size = text.length + 50;
    if (this.#kept + size > MOST_KEPT) {
      this.#made.clear();
      this.#kept = 0;
    }
    this.#made.set(text, made);
    this.#kept += size;
    return made;
  }

  /** How many are kept. */
  get size(): number {
    return this.#made.size;
  }
}
