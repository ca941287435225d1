import { setImmediate as nextTurn } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { Random } from '../random.js';
import { loadTarget } from '../targets.js';
import type { Target } from '../target.js';
import { Coverage } from './coverage.js';
import { Mailbox } from './mailbox.js';
import type { Finding, WorkerOrder, WorkerReport } from './messages.js';
import { Prototypes } from './pollution.js';
import { signature, Trier } from './try-input.js';

/** The thread in which inputs are tried. It may hang or die: what watches over it is in hunt.ts. */

const MOST_KEPT = 4_000;
const SMALLEST_BATCH = 16;
const LARGEST_BATCH = 4_096;

const order = workerData as WorkerOrder;
const report = (message: WorkerReport): void => parentPort?.postMessage(message);

class Hunt {
  readonly #target: Target;
  readonly #random = new Random(order.seed);
  readonly #mailbox = new Mailbox(order.memory);
  readonly #prototypes = new Prototypes();
  readonly #trier: Trier;
  readonly #coverage: Coverage;
  readonly #kept: unknown[] = [];
  readonly #told = new Set<string>();
  #tried = 0;
  #batch = 64;

  constructor(target: Target) {
    this.#target = target;
    this.#trier = new Trier(target, this.#mailbox, this.#prototypes);
    this.#coverage = new Coverage(target.covers);
  }

  async hunt(inputs: readonly unknown[]): Promise<void> {
    for (const seed of [...this.#target.seeds, ...inputs]) this.#kept.push(seed);
    for (const seed of this.#kept) await this.#try(seed);
    this.#coverage.note(this.#coverage.fresh());
    while (!this.#isOver()) {
      const batch = Array.from({ length: this.#batch }, () => this.#next());
      const began = performance.now();
      for (const input of batch) {
        await this.#try(input);
        if (this.#isOver()) break;
      }
      const ran = performance.now();
      const fresh = this.#coverage.fresh();
      const asked = performance.now();
      // Looking at the coverage may take a tenth of the time.
      const wanted = (this.#batch * 10 * (asked - ran)) / Math.max(ran - began, 0.01);
      this.#batch = Math.round(Math.min(LARGEST_BATCH, Math.max(SMALLEST_BATCH, wanted)));
      if (fresh.length > 0 && !this.#isOver()) await this.#keepThoseThatReach(batch);
      this.#coverage.note(fresh);
      await this.#lookForRejections(batch);
      const changed = this.#prototypes.changed(true);
      const [input] = batch;
      if (changed !== '') {
        report({
          kind: 'finding',
          finding: { kind: 'polluted', message: changed, input: this.#target.form.write(input) },
        });
      }
    }
    this.#over();
  }

  /** Asked anew each time: it is another thread that says so. */
  #isOver(): boolean {
    return this.#mailbox.stopped;
  }

  /** A rejection that nobody waits for is only told once nothing else is to be done at once. */
  async #lookForRejections(batch: readonly unknown[]): Promise<void> {
    await nextTurn();
    if (this.#trier.rejected() === undefined) return;
    for (const input of batch) {
      await this.#trier.try(input);
      await nextTurn();
      const message = this.#trier.rejected();
      if (message === undefined || this.#isOver()) continue;
      this.#tell({ kind: 'threw', message, input: this.#target.form.write(input) });
      return;
    }
  }

  #tell(finding: Finding): void {
    const name = signature(finding);
    if (!this.#told.has(name)) report({ kind: 'finding', finding });
    this.#told.add(name);
  }

  #next(): unknown {
    const { form, generate } = this.#target;
    const random = this.#random;
    if (generate !== undefined && random.chance(0.2)) return generate(random);
    // What was found last is what leads on.
    const recent = random.chance(0.4) ? this.#kept.slice(-20) : this.#kept;
    return form.mutate(random.pick(recent), random, this.#kept);
  }

  /** Halves the batch until the inputs are found that reach what was not reached before. */
  async #keepThoseThatReach(batch: readonly unknown[]): Promise<void> {
    if (this.#isOver()) return;
    for (const input of batch) await this.#trier.try(input);
    const fresh = this.#coverage.fresh();
    if (fresh.length === 0) return;
    const [input] = batch;
    if (batch.length === 1) {
      this.#coverage.note(fresh);
      this.#kept.push(input);
      if (this.#kept.length > MOST_KEPT) this.#kept.splice(this.#random.below(MOST_KEPT), 1);
      report({ kind: 'kept', input: this.#target.form.write(input) });
      return;
    }
    const middle = batch.length >> 1;
    await this.#keepThoseThatReach(batch.slice(0, middle));
    await this.#keepThoseThatReach(batch.slice(middle));
  }

  async #try(input: unknown): Promise<void> {
    this.#tried++;
    const finding = await this.#trier.try(input);
    if (finding === undefined) return;
    const name = signature(finding);
    if (this.#told.has(name)) return;
    this.#told.add(name);
    report({ kind: 'finding', finding: await this.#trier.smaller(finding) });
  }

  #over(): void {
    this.#coverage.note(this.#coverage.fresh());
    report({ kind: 'over', inputs: this.#tried, blocks: this.#coverage.blocks });
  }
}

const target = await loadTarget(order.target);
const inputs = order.inputs.map((bytes) => target.form.read(bytes));
const hunt = new Hunt(target);
report({ kind: 'ready' });
await hunt.hunt(inputs);
parentPort?.close();
process.exit(0);
