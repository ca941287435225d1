/**
 * FreeSWITCH's string habits. Inside the simulator every string is a byte string: one character per byte, as
 * `latin1` decodes it, because FreeSWITCH counts, cuts and compares bytes. `toBytes` and `fromBytes` stand at the
 * border to the outside, where text is Unicode.
 */

export function toBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

export function fromBytes(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** C's atoi: leading blanks, a sign, digits; anything else is 0. */
export function toInteger(text: string | undefined): number {
  const match = /^\s*([+-]?\d+)/.exec(text ?? '');
  return match?.[1] === undefined ? 0 : Number.parseInt(match[1], 10);
}

/** switch_true (switch_utils.h). */
export function isTrue(text: string | undefined): boolean {
  if (text === undefined) return false;
  if (/^(?:yes|on|true|t|enabled|active|allow)$/i.test(text)) return true;
  return /^-?\d+$/.test(text) && toInteger(text) !== 0;
}

const ESCAPED: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', s: ' ' };

/** Takes blanks at both ends, quotes and escapes off one token; `delimiter` may be escaped too. */
function cleanToken(token: string, delimiter: string): string {
  let start = 0;
  while (token[start] === ' ') start += 1;
  let out = '';
  let end: number | undefined;
  let quoted = false;
  for (let i = start; i < token.length; i += 1) {
    const char = token.charAt(i);
    if (char === '\\') {
      const next = token.charAt(i + 1);
      const meant =
        next === "'" || next === '"' || next === '\\' || (delimiter !== '' && next === delimiter)
          ? next
          : ESCAPED[next];
      if (meant !== undefined && next !== '') {
        out += meant;
        end = out.length;
        i += 1;
        continue;
      }
    }
    if (char === "'" && (quoted || token.includes("'", i + 1))) {
      quoted = !quoted;
      if (quoted) end = out.length;
      continue;
    }
    out += char;
    if (char !== ' ' || quoted) end = out.length;
  }
  return end === undefined ? out : out.slice(0, end);
}

/** Without quotes and backslashes there is nothing to it. */
function separatePlain(text: string, delimiter: string, limit: number): string[] {
  const tokens = text.split(delimiter);
  const isCut = tokens.length > limit;
  // A delimiter at the very end begins no further token.
  if (!isCut && tokens.at(-1) === '') tokens.pop();
  const all = isCut ? [...tokens.slice(0, limit - 1), text.slice(lengthOf(tokens, limit - 1))] : tokens;
  return all.map((token) => token.replace(/^ +|(?<! ) +$/g, ''));
}

/** Of so many tokens with their delimiters. */
function lengthOf(tokens: readonly string[], count: number): number {
  return tokens.slice(0, count).reduce((sum, token) => sum + token.length + 1, 0);
}

function separateByChar(text: string, delimiter: string, limit: number): string[] {
  const isPlain = !text.includes("'") && !text.includes('\\');
  if (isPlain && delimiter !== '' && delimiter !== ' ' && limit > 0)
    return separatePlain(text, delimiter, limit);
  const tokens: string[] = [];
  let at = 0;
  while (at < text.length && tokens.length < limit) {
    const from = at;
    if (tokens.length === limit - 1) {
      tokens.push(text.slice(from));
      break;
    }
    let quoted = false;
    let end = text.length;
    for (; at < text.length; at += 1) {
      const char = text.charAt(at);
      if (char === '\\') {
        at += 1;
      } else if (char === "'" && (quoted || text.includes("'", at + 1))) {
        quoted = !quoted;
      } else if (char === delimiter && !quoted) {
        end = at;
        at += 1;
        break;
      }
    }
    tokens.push(text.slice(from, end));
  }
  return tokens.map((token) => cleanToken(token, delimiter));
}

function separateByBlank(text: string, limit: number): string[] {
  const tokens: string[] = [];
  let at = 0;
  while (at < text.length && tokens.length < limit) {
    const from = at;
    if (tokens.length === limit - 1) {
      tokens.push(text.slice(from));
      break;
    }
    while (text[at] === ' ') at += 1;
    let quoted = false;
    let end = text.length;
    for (; at < text.length; at += 1) {
      const char = text.charAt(at);
      if (char === '\\') {
        at += 1;
      } else if (char === "'") {
        quoted = !quoted;
      } else if (char === ' ' && !quoted) {
        end = at;
        at += 1;
        break;
      }
    }
    while (text[at] === ' ') at += 1;
    tokens.push(text.slice(from, end));
  }
  return tokens.map((token) => cleanToken(token, ''));
}

/**
 * switch_separate_string (switch_utils.c): quotes and backslashes protect the delimiter, blanks around a token go,
 * `^^x` at the start makes `x` the delimiter, and the last of `limit` tokens keeps the rest.
 */
export function separate(text: string, delimiter: string, limit: number): string[] {
  if (text.startsWith('^^') && text.length > 3) {
    const own = text.charAt(2);
    const rest = text.slice(3);
    return own === ' ' ? separateByBlank(rest, limit) : separateByChar(rest, own, limit);
  }
  return delimiter === ' ' ? separateByBlank(text, limit) : separateByChar(text, delimiter, limit);
}

/** The characters that switch_url_encode escapes besides controls and non-ASCII (switch_utils.h). */
const UNSAFE = /[^!$'()*,\-./0-9A-Z_a-z~]/;
const UNSAFE_ALL = /[^!$'()*,\-./0-9A-Z_a-z~]/g;

/** switch_url_encode: an already escaped sequence (`%2F`) stays as it is. */
export function urlEncode(bytes: string): string {
  if (!UNSAFE.test(bytes)) return bytes;
  return bytes.replace(UNSAFE_ALL, (char, at: number) => {
    if (char === '%' && /^[0-9A-F]{2}$/.test(bytes.slice(at + 1, at + 3))) return char;
    return `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  });
}

export function urlDecode(bytes: string): string {
  if (!bytes.includes('%')) return bytes;
  return bytes.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

export function equalsIgnoringCase(a: string, b: string): boolean {
  return a.length === b.length && a.toLowerCase() === b.toLowerCase();
}

/** The index of the bracket that closes the one at the start of `text`, as switch_find_end_paren finds it. */
export function closingBracket(text: string, open: string, close: string): number {
  let depth = 0;
  for (let i = 0; i < text.length; i += 1) {
    const char = text.charAt(i);
    if (char === open) depth += 1;
    else if (char === close) {
      depth -= 1;
      if (depth === 0) return i;
    }
  }
  return -1;
}
