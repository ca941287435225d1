/** Counts the calls that are dialled at the same time under each of the policy's limits. */
export class DialLimits {
  readonly #counts = new Map<string, number>();

  inUse(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  /** @returns what gives the place back; to be called once */
  take(key: string): () => void {
    this.#counts.set(key, this.inUse(key) + 1);
    return () => {
      const left = this.inUse(key) - 1;
      if (left > 0) this.#counts.set(key, left);
      else this.#counts.delete(key);
    };
  }
}
