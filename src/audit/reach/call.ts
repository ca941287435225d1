import type { Language } from '../language/language.js';
import { eitherValue, keyOfValue } from './value.js';
import type { Origin, Value } from './value.js';

/** The number that is looked up: a set of texts, and who chose among them. */
export interface DialledNumber {
  /** What it may look like. */
  readonly language: Language;
  /**
   * Of these, the ones that no extension before has taken for itself. Only asked whether there are any: the many
   * exceptions in it would make every other question about it slow.
   */
  readonly left: Language;
  readonly origin: Origin;
}

/** A call at the moment in which FreeSWITCH looks its number up. */
export interface CallState {
  readonly dialplan: string;
  readonly context: string;
  readonly number: DialledNumber;
  readonly variables: Variables;
}

/**
 * The channel variables that the dialplan set on the way. A copy is as cheap as the few variables that matter.
 */
export class Variables {
  readonly #values: Map<string, Value>;
  /** A program or the directory has set variables that cannot be known: an absent one may be anything. */
  readonly opened: boolean;

  constructor(values: ReadonlyMap<string, Value> = new Map(), opened = false) {
    this.#values = new Map(values);
    this.opened = opened;
  }

  get(name: string): Value | undefined {
    return this.#values.get(name);
  }

  with(name: string, value: Value): Variables {
    const values = new Map(this.#values);
    values.set(name, value);
    return new Variables(values, this.opened);
  }

  without(name: string): Variables {
    const values = new Map(this.#values);
    values.delete(name);
    return new Variables(values, this.opened);
  }

  open(): Variables {
    return this.opened ? this : new Variables(this.#values, true);
  }

  /** Those of one of two ways: what was set in only one of them may be `absent`, too. */
  or(other: Variables, absent: (name: string) => Value): Variables {
    const values = new Map<string, Value>();
    for (const name of new Set([...this.#values.keys(), ...other.#values.keys()])) {
      const [mine, its] = [this.#values.get(name), other.#values.get(name)];
      values.set(
        name,
        mine === its && mine !== undefined ? mine : eitherValue(mine ?? absent(name), its ?? absent(name)),
      );
    }
    return new Variables(values, this.opened || other.opened);
  }

  key(): string {
    const values = [...this.#values].map(([name, value]) => `${name}=${keyOfValue(value)}`);
    return `${values.sort().join(';')};${String(this.opened)}`;
  }
}

export function keyOfState(state: CallState): string {
  const { dialplan, context, number, variables } = state;
  return [dialplan, context.toLowerCase(), number.origin, number.language.id, variables.key()].join('\n');
}
