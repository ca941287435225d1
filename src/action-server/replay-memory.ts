/**
 * Which token of a call was used last. Tokens of a call are numbered: one with a number that was used, or that is
 * lower, is a replay. Nothing is kept beyond `most` calls: the call that was quiet for longest is forgotten first,
 * and a token of it would be taken once more. Each daemon remembers what it has seen itself.
 */

interface Remembered {
  readonly number: number;
  /** Kept until the client has it: a client that gave up and asks again gets the same. */
  answer: Promise<unknown> | undefined;
  /** The client went away before it had the answer. */
  undelivered: boolean;
}

export type Use<Answer> =
  | { readonly kind: 'fresh'; readonly delivery: Delivery<Answer> }
  | { readonly kind: 'again'; readonly answer: Promise<Answer>; readonly delivery: Delivery<Answer> }
  | { readonly kind: 'replayed' };

export interface Delivery<Answer> {
  answers(answer: Promise<Answer>): void;
  /** @param arrived whether the client was still there when the answer was written */
  ended(arrived: boolean): void;
}

/** So many answers are kept for clients that went away. */
const MOST_UNDELIVERED = 1000;

export class ReplayMemory<Answer> {
  #most: number;
  readonly #calls = new Map<string, Remembered>();
  readonly #undelivered = new Set<Remembered>();

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#calls.size;
  }

  limitTo(most: number): void {
    this.#most = most;
    this.#forget();
  }

  use(call: string, number: number): Use<Answer> {
    const known = this.#calls.get(call);
    if (known !== undefined && number <= known.number) {
      const { answer } = known;
      if (number < known.number || !known.undelivered || answer === undefined) return { kind: 'replayed' };
      known.undelivered = false;
      this.#undelivered.delete(known);
      return { kind: 'again', answer: answer as Promise<Answer>, delivery: this.#deliveryOf(known) };
    }
    const made: Remembered = { number, answer: undefined, undelivered: false };
    if (known !== undefined) this.#undelivered.delete(known);
    this.#calls.delete(call);
    this.#calls.set(call, made);
    this.#forget();
    return { kind: 'fresh', delivery: this.#deliveryOf(made) };
  }

  #deliveryOf(remembered: Remembered): Delivery<Answer> {
    return {
      answers: (answer) => {
        remembered.answer = answer;
      },
      ended: (arrived) => {
        if (arrived) {
          remembered.answer = undefined;
          return;
        }
        remembered.undelivered = true;
        this.#undelivered.add(remembered);
        for (const eldest of this.#undelivered) {
          if (this.#undelivered.size <= MOST_UNDELIVERED) break;
          eldest.answer = undefined;
          this.#undelivered.delete(eldest);
        }
      },
    };
  }

  #forget(): void {
    for (const [call, remembered] of this.#calls) {
      if (this.#calls.size <= this.#most) return;
      this.#calls.delete(call);
      this.#undelivered.delete(remembered);
    }
  }
}
