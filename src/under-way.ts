/** Counts what is under way, for whoever has to wait until nothing is. */
export class UnderWay {
  #count = 0;
  #waiting: (() => void)[] = [];

  /** @returns settles as what it was given does */
  async during<T>(task: Promise<T>): Promise<T> {
    this.#count += 1;
    try {
      return await task;
    } finally {
      this.#count -= 1;
      if (this.#count === 0) for (const resolve of this.#waiting.splice(0)) resolve();
    }
  }

  /** Resolves as soon as nothing is. */
  async nothing(): Promise<void> {
    if (this.#count === 0) return;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
