interface Closable {
  close(): Promise<void>;
  /** Resolves when nothing is done with it; absent: nothing is, once nobody has it. */
  idle?(): Promise<void>;
}

/** What several setups in a row may share, and is closed when the last of them is no longer used. */
export class InUse {
  readonly #counts = new Map<Closable, number>();

  take(things: readonly Closable[]): void {
    for (const thing of things) this.#counts.set(thing, (this.#counts.get(thing) ?? 0) + 1);
  }

  async release(things: readonly Closable[]): Promise<void> {
    const unused = things.filter((thing) => {
      const left = (this.#counts.get(thing) ?? 0) - 1;
      if (left >= 0) this.#counts.set(thing, left);
      return left === 0;
    });
    await Promise.all(
      unused.map(async (thing) => {
        await thing.idle?.();
        // All may have been closed meanwhile.
        if (this.#counts.delete(thing)) await thing.close();
      }),
    );
  }

  async closeAll(): Promise<void> {
    const all = [...this.#counts.keys()];
    this.#counts.clear();
    await Promise.all(all.map((thing) => thing.close()));
  }
}
