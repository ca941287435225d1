/** What has to be closed again, in the reverse order of its start; also what starts while the closing goes on. */
export class Ends {
  readonly #ends: (() => unknown)[] = [];
  #over = false;

  add(end: () => unknown): void {
    this.#ends.push(end);
    if (this.#over) void this.run();
  }

  async run(): Promise<void> {
    this.#over = true;
    for (let end = this.#ends.pop(); end !== undefined; end = this.#ends.pop()) await end();
  }
}
