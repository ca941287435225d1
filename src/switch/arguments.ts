/**
 * How FreeSWITCH splits the data of an application into arguments (switch_utils.c: switch_separate_string).
 * Policy and catalogue read data with the very rules by which the switch will read it: quotes, backslashes, and
 * the leading `^^<delimiter>` that replaces the delimiter.
 */

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', s: ' ' };

/** Takes quotes, backslashes and outer blanks off one piece (switch_utils.c: cleanup_separated_string). */
export function cleanArgument(piece: string, delimiter: string): string {
  let from = 0;
  while (piece[from] === ' ') from++;
  let out = '';
  let end = 0;
  let quoted = false;
  for (let i = from; i < piece.length; i++) {
    const c = piece.charAt(i);
    if (c === '\\') {
      const next = piece.charAt(i + 1);
      const plain = ESCAPES[next];
      if (
        plain !== undefined ||
        next === "'" ||
        next === '"' ||
        next === '\\' ||
        (next !== '' && next === delimiter)
      ) {
        out += next === delimiter ? next : (plain ?? next);
        end = out.length;
        i++;
        continue;
      }
    }
    if (c === "'" && (quoted || piece.includes("'", i + 1))) {
      quoted = !quoted;
      if (quoted) end = out.length;
      continue;
    }
    out += c;
    if (c !== ' ' || quoted) end = out.length;
  }
  return out.slice(0, end);
}

/** The delimiter that is in force for `data`, and what is left of it to split. */
export function leadingDelimiter(data: string, delimiter: string): { delimiter: string; rest: string } {
  return data.startsWith('^^') && data.length > 3
    ? { delimiter: data.charAt(2), rest: data.slice(3) }
    : { delimiter, rest: data };
}

/**
 * Splits as FreeSWITCH does; the last of `max` pieces keeps what remains, delimiters included.
 * @param delimiter one character; blanks in a row count as one delimiter, other delimiters do not
 */
export function splitArguments(data: string, delimiter: string, max = 256): string[] {
  const lead = leadingDelimiter(data, delimiter);
  const pieces =
    lead.delimiter === ' ' ? splitBlanks(lead.rest, max) : splitAt(lead.rest, lead.delimiter, max);
  return pieces.map((piece) => cleanArgument(piece, lead.delimiter === ' ' ? '' : lead.delimiter));
}

/** @param endOf where the piece that begins there ends, and where the next one begins */
function piecesOf(
  text: string,
  max: number,
  endOf: (start: number) => { readonly end: number; readonly next: number },
): string[] {
  const pieces: string[] = [];
  let start = 0;
  while (start < text.length) {
    if (pieces.length + 1 >= max) {
      pieces.push(text.slice(start));
      break;
    }
    const { end, next } = endOf(start);
    pieces.push(text.slice(start, end));
    start = next;
  }
  return pieces;
}

function splitAt(text: string, delimiter: string, max: number): string[] {
  return piecesOf(text, max, (start) => {
    let quoted = false;
    let i = start;
    for (; i < text.length; i++) {
      const c = text[i];
      if (c === '\\') i++;
      else if (c === "'" && (quoted || text.includes("'", i + 1))) quoted = !quoted;
      else if (c === delimiter && !quoted) break;
    }
    return { end: i, next: i + 1 };
  });
}

function splitBlanks(text: string, max: number): string[] {
  return piecesOf(text, max, (start) => {
    let quoted = false;
    let i = start;
    while (text[i] === ' ') i++;
    for (; i < text.length; i++) {
      const c = text[i];
      if (c === '\\') i++;
      else if (c === "'") quoted = !quoted;
      else if (c === ' ' && !quoted) break;
    }
    const end = i;
    while (text[i] === ' ') i++;
    return { end, next: i };
  });
}
