/**
 * Text as FreeSWITCH's C code reads it. Strings here hold one byte per character (latin1), as C does.
 */

/** C's `isspace` in the "C" locale, as a character class. */
const SPACE = /^[ \t\n\v\f\r]*/;

/** C's `atoi`: leading blanks, a sign, digits; whatever follows is not looked at. Out of range it wraps to 32 bits. */
export function atoi(text: string): number {
  const match = /^[+-]?[0-9]+/.exec(text.replace(SPACE, ''));
  if (match === null) return 0;
  // `(int) strtol(…)` with a `long` of 64 bits: saturates there, then the low 32 bits remain.
  const long = BigInt(match[0].replace('+', ''));
  const saturated = long > 2n ** 63n - 1n ? 2n ** 63n - 1n : long < -(2n ** 63n) ? -(2n ** 63n) : long;
  return Number(BigInt.asIntN(32, saturated));
}

/** Whether `atoi` reads the whole text and nothing is lost. */
export function isPlainNumber(text: string): boolean {
  return /^[0-9]{1,9}$/.test(text);
}

const TRUE_WORDS = new Set(['yes', 'on', 'true', 't', 'enabled', 'active', 'allow']);
const FALSE_WORDS = new Set(['no', 'off', 'false', 'f', 'disabled', 'inactive', 'disallow', 'deny']);

/** switch_utils.c `switch_is_number`: digits and dots behind an optional sign; the empty text too. */
function isNumber(text: string): boolean {
  return /^[-+]?[0-9.]*$/.test(text);
}

/** switch_utils.h `switch_true`: everything that is not one of a few words is false. */
export function isTrue(text: string): boolean {
  return TRUE_WORDS.has(text.toLowerCase()) || (isNumber(text) && atoi(text) !== 0);
}

/** Whether the text is a word that somebody who means "deny" would write. `deny` itself is one by falling through. */
export function isKnownFalse(text: string): boolean {
  return FALSE_WORDS.has(text.toLowerCase()) || (text !== '' && isNumber(text) && atoi(text) === 0);
}

/** A character that stands for another after a backslash (switch_utils.c `unescape_char`). */
const UNESCAPED: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', s: ' ' };

/**
 * switch_utils.c `switch_separate_string` with a delimiter that is no blank: quotes `'…'` protect it, `\` escapes,
 * `^^x` at the start changes it. The last place takes all that is left over.
 */
export function separate(text: string, delimiter: string, places: number): string[] {
  let rest = text;
  let by = delimiter;
  if (/^\^\^[^]{2}/.test(rest)) {
    by = rest.charAt(2);
    rest = rest.slice(3);
  }
  const parts: string[] = [];
  let at = 0;
  while (at < rest.length && parts.length < places) {
    const end = parts.length === places - 1 ? rest.length : endOfPart(rest, at, by);
    parts.push(cleaned(rest.slice(at, end), by));
    at = end + 1;
  }
  return parts;
}

function endOfPart(text: string, from: number, delimiter: string): number {
  let quoted = false;
  for (let at = from; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '\\') at += 1;
    else if (char === "'" && (quoted || text.includes("'", at + 1))) quoted = !quoted;
    else if (char === delimiter && !quoted) return at;
  }
  return text.length;
}

/** switch_utils.c `cleanup_separated_string`: escapes and quotes taken off, blanks at both ends. */
function cleaned(text: string, delimiter: string): string {
  const source = text.replace(/^ +/, '');
  let out = '';
  let end = -1;
  let quoted = false;
  for (let at = 0; at < source.length; at += 1) {
    const char = source.charAt(at);
    const next = source.charAt(at + 1);
    const escaped =
      char !== '\\'
        ? undefined
        : next === "'" || next === '"' || next === delimiter || next === '\\'
          ? next
          : UNESCAPED[next];
    if (escaped !== undefined) {
      out += escaped;
      at += 1;
      end = out.length;
    } else if (char === "'" && (quoted || source.includes("'", at + 1))) {
      quoted = !quoted;
      if (quoted) end = out.length;
    } else {
      out += char;
      if (char !== ' ' || quoted) end = out.length;
    }
  }
  return end >= 0 ? out.slice(0, end) : out;
}
