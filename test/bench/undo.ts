/** How to undo what was started, the latest first; also when the start is interrupted on the way. */
export class Undo {
  readonly #steps: (() => Promise<unknown>)[] = [];
  #all: Promise<void> | undefined;

  push(step: () => Promise<unknown>): void {
    this.#steps.push(step);
  }

  /** All of it, once; what fails keeps nothing else from being undone. */
  all(): Promise<void> {
    this.#all ??= this.#run();
    return this.#all;
  }

  async #run(): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop())
      await step().catch(() => undefined);
  }
}
