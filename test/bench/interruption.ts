/** Ctrl-C during a run: what was started is stopped first. */
export class Interruption {
  /** How to stop what runs now. */
  stop: () => Promise<void> = () => Promise.resolve();
  #happened = false;

  get happened(): boolean {
    return this.#happened;
  }

  /** From now on SIGINT and SIGTERM stop the run and end the process. */
  listen(): void {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => this.#interrupt());
  }

  #interrupt(): void {
    // The second one doesn't wait: the 'exit' handlers still kill what was started.
    if (this.#happened) process.exit(130);
    this.#happened = true;
    process.stdout.write('\nstopping …\n');
    void this.stop().finally(() => process.exit(130));
  }
}
