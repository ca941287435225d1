/** A line of a file, counted from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** From which file and line each character of a preprocessed text came. */
export class LineMap {
  readonly #starts: number[] = [];
  readonly #places: Place[] = [];
  readonly #globals: (readonly string[])[] = [];
  #length = 0;

  /** @param globals the names of `$${name}` on that line */
  add(length: number, place: Place, globals: readonly string[] = []): void {
    this.#starts.push(this.#length);
    this.#places.push(place);
    this.#globals.push(globals);
    this.#length += length;
  }

  /** @param offset of a character of the text; beyond its end: the last line */
  placeOf(offset: number): Place {
    return this.#places[this.#indexOf(offset)] ?? { file: '', line: 0 };
  }

  /** The global variables that were put into the line of a character. */
  globalsAt(offset: number): readonly string[] {
    return this.#globals[this.#indexOf(offset)] ?? [];
  }

  #indexOf(offset: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
