/** No half of a character, which UTF-8 does not know. */
export function isWhole(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/** No control character, and every character whole. */
export function isPlain(text: string): boolean {
  return !/\p{Cc}/u.test(text) && isWhole(text);
}
