import type { CharSet } from '../language/char-set.js';
import { charsOf, star } from '../language/language.js';
import { contains } from '../language/questions.js';
import type { Language } from '../language/language.js';

/** Characters that a shell takes as they are. */
const TAME_CHARS: CharSet = [
  [0x2b, 0x2b],
  [0x2d, 0x2e],
  [0x30, 0x39],
  [0x40, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
];
const TAME = star(charsOf(TAME_CHARS));

/** Whether a shell reads nothing into any text of a language. */
export function isTame(language: Language): boolean {
  return contains(TAME, language);
}
