/** Where a worker leaves each input before it tries it: so that one which never ends, or kills it, is known. */

export const MAX_INPUT_BYTES = 1024 * 1024;

const COUNT = 0;
const RUNNING = 1;
const LENGTH = 2;
const STOP = 3;
const HEAD_BYTES = 4 * Int32Array.BYTES_PER_ELEMENT;

export class Mailbox {
  readonly memory: SharedArrayBuffer;
  readonly #head: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(HEAD_BYTES + MAX_INPUT_BYTES)) {
    this.memory = memory;
    this.#head = new Int32Array(memory, 0, 4);
    this.#bytes = new Uint8Array(memory, HEAD_BYTES);
  }

  /** Before an input is tried. What does not fit is cut off. */
  begin(input: Uint8Array): void {
    const bytes = input.subarray(0, MAX_INPUT_BYTES);
    this.#bytes.set(bytes);
    Atomics.store(this.#head, LENGTH, bytes.length);
    Atomics.add(this.#head, COUNT, 1);
    Atomics.store(this.#head, RUNNING, 1);
  }

  end(): void {
    Atomics.store(this.#head, RUNNING, 0);
  }

  /** How many inputs were begun. */
  get count(): number {
    return Atomics.load(this.#head, COUNT);
  }

  get running(): boolean {
    return Atomics.load(this.#head, RUNNING) === 1;
  }

  /** The input begun last. */
  get input(): Uint8Array {
    return this.#bytes.slice(0, Atomics.load(this.#head, LENGTH));
  }

  /** Asks the worker to end. */
  stop(): void {
    Atomics.store(this.#head, STOP, 1);
  }

  get stopped(): boolean {
    return Atomics.load(this.#head, STOP) === 1;
  }
}
