import type { CallbacksLog } from '../log.js';
import { codeOf } from './disk.js';
import type { Segment } from './segment.js';

/** What receivers have taken, written down together with what else they take in the same turn of the event loop. */
export class Acknowledgements {
  readonly #log: CallbacksLog | undefined;
  readonly #onWritten: (segment: Segment) => void;
  readonly #offsets = new Map<Segment, Map<string, number[]>>();
  /** Told once, however often it happens in a row. */
  #failing = false;

  constructor(log: CallbacksLog | undefined, onWritten: (segment: Segment) => void) {
    this.#log = log;
    this.#onWritten = onWritten;
  }

  get isWritten(): boolean {
    return this.#offsets.size === 0;
  }

  add(segment: Segment, receiver: string, offset: number): void {
    if (this.isWritten) setImmediate(() => this.write());
    const receivers = this.#offsets.get(segment) ?? new Map<string, number[]>();
    const offsets = receivers.get(receiver) ?? [];
    offsets.push(offset);
    receivers.set(receiver, offsets);
    this.#offsets.set(segment, receivers);
  }

  write(): void {
    let failed = false;
    for (const [segment, receivers] of this.#offsets) {
      for (const [receiver, offsets] of receivers) {
        try {
          segment.acknowledge(receiver, offsets);
        } catch (error) {
          // They will be sent once more after a restart.
          if (!this.#failing)
            this.#log?.error({ code: codeOf(error) }, 'callbacks: acknowledgements can not be written');
          failed = true;
        }
      }
      this.#onWritten(segment);
    }
    this.#failing = failed;
    this.#offsets.clear();
  }
}
