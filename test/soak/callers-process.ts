import type { Child, Children } from '../bench/children.js';
import { prioritize, PRIORITY } from '../bench/priority.js';
import { eventually } from '../support/eventually.js';
import type { CallersOrder, CallersReport, EndedCall } from './orders.js';

/** The callers, seen from the soak. Serial numbers go on over all rounds. */
export class CallersProcess {
  readonly #child: Child;
  #last: CallersReport | undefined;
  #reports = 0;
  #listener: ((ended: readonly EndedCall[]) => void) | undefined;

  private constructor(child: Child) {
    this.#child = child;
    child.process.on('message', (report: CallersReport) => {
      this.#last = report;
      this.#reports += 1;
      this.#listener?.(report.ended);
    });
  }

  static async start(children: Children, sipPort: number): Promise<CallersProcess> {
    const { child } = await children.startScript('callers', '../soak/callers.ts', {
      env: { BENCH_SIP_PORT: String(sipPort) },
    });
    prioritize(child.pid, PRIORITY.generator);
    return new CallersProcess(child);
  }

  onEnded(listener: (ended: readonly EndedCall[]) => void): void {
    this.#listener = listener;
  }

  get placed(): number {
    return this.#last?.placed ?? 0;
  }

  get open(): number {
    return this.#last?.open ?? 0;
  }

  get retransmissions(): number {
    return this.#last?.retransmissions ?? 0;
  }

  /** Places calls until it is told to stop. */
  begin(callsPerSecond: number): void {
    this.#order({ type: 'begin', callsPerSecond, serial: this.placed });
  }

  /** No new calls. Those that are open go on. */
  async stop(): Promise<void> {
    this.#order({ type: 'stop' });
    await this.#reported();
  }

  /** No new calls, and those that are open are gone. */
  async forget(): Promise<void> {
    this.#order({ type: 'forget' });
    await this.#reported();
  }

  /** Waits until no call is open. */
  async quiet(timeoutMs: number): Promise<void> {
    await eventually('the last call to end', () => (this.open === 0 ? true : undefined), {
      timeoutMs,
      everyMs: 100,
    });
    // Its end was reported, too.
    await this.#reported();
  }

  async #reported(): Promise<void> {
    const seen = this.#reports + 1;
    await eventually('a report of the callers', () => (this.#reports > seen ? true : undefined), {
      timeoutMs: 10_000,
    });
  }

  #order(order: CallersOrder): void {
    const ended = this.#child.ended();
    if (ended !== undefined) throw new Error(ended);
    this.#child.process.send(order);
  }
}
