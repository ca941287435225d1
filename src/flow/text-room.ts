/**
 * So many characters may a flow put together in one turn, of its texts and the values in them. Nobody listens to so
 * much, and the policy refuses data of a tenth of it; a text that refers to a long value a thousand times over, or an
 * attribute that is set to twice itself again and again, would take all memory.
 */
export const MOST_FILLED = 1_000_000;

/** The engine ends the flow with `flow_text_too_large`. */
export class FlowTextTooLarge extends Error {
  override readonly name = 'FlowTextTooLarge';

  constructor() {
    super(`more than ${MOST_FILLED} characters at once`);
  }
}

/** What is left of it. */
export class TextRoom {
  #left = MOST_FILLED;

  /** @throws FlowTextTooLarge */
  take(characters: number): void {
    this.#left -= characters;
    if (this.#left < 0) throw new FlowTextTooLarge();
  }
}
