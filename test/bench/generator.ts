import { within } from '../support/eventually.js';
import type { Child, Children } from './children.js';
import type {
  HeldReport,
  HoldOrder,
  LoadOrder,
  LoadReport,
  Order,
  ReleaseOrder,
  Report,
} from './load/protocol.js';
import { prioritize, PRIORITY } from './priority.js';

const SLACK_MS = 20_000;
const MOST_RELEASE_MS = 60_000;

/** The call generator, seen from the benchmark. */
export class Generator {
  readonly child: Child;
  /** It runs before the others: a measuring device that waits for the CPU would measure its own waiting. */
  readonly prioritized: boolean;

  private constructor(child: Child, prioritized: boolean) {
    this.child = child;
    this.prioritized = prioritized;
  }

  static async start(children: Children, sipPort: number): Promise<Generator> {
    const { child } = await children.startScript('call generator', 'load/generator.ts', {
      env: { BENCH_SIP_PORT: String(sipPort) },
    });
    return new Generator(child, prioritize(child.pid, PRIORITY.generator));
  }

  load(order: Omit<LoadOrder, 'type'>): Promise<LoadReport> {
    const limitMs = order.durationMs + 2 * order.patienceMs + SLACK_MS;
    return this.#ask({ type: 'load', ...order }, 'loaded', limitMs) as Promise<LoadReport>;
  }

  hold(order: Omit<HoldOrder, 'type'>): Promise<HeldReport> {
    const limitMs = (order.calls * 1000) / order.callsPerSecond + order.patienceMs + SLACK_MS;
    return this.#ask({ type: 'hold', ...order }, 'held', limitMs) as Promise<HeldReport>;
  }

  async release(order: Omit<ReleaseOrder, 'type'>): Promise<void> {
    await this.#ask({ type: 'release', ...order }, 'released', MOST_RELEASE_MS);
  }

  #ask(order: Order, answer: Report['type'], limitMs: number): Promise<Report> {
    const generator = this.child.process;
    const answered = new Promise<Report>((resolve, reject) => {
      const gone = (): void => {
        generator.off('message', listen);
        reject(new Error(this.child.ended() ?? 'the call generator ended'));
      };
      const listen = (report: Report): void => {
        if (report.type !== answer) return;
        generator.off('message', listen);
        generator.off('exit', gone);
        resolve(report);
      };
      generator.on('message', listen);
      generator.once('exit', gone);
      generator.send(order);
    });
    return within(`the call generator, ordered to ${order.type}`, answered, limitMs);
  }
}
