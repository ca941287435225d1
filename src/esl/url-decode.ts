/**
 * The value that FreeSWITCH wrote with `switch_url_encode`. Never throws: an escape that is not one (`%zz`), or
 * whose bytes are not UTF-8 (`%E9`), stays as it stands.
 *
 * What was written cannot always be told: `switch_utils.c: switch_url_encode_opt` leaves a `%` that stands before
 * two digits of `0-9A-F` unescaped, so the values `a b` and `a%20b` both arrive as `a%20b`, and both are read here
 * as `a b`. Whoever needs such a value exactly asks for it with `getvar`, which does not encode.
 */
export function urlDecode(text: string): string {
  let decoded = '';
  let from = 0;
  // The usual: a few escapes, all ASCII. Half of the time of decodeURIComponent.
  for (let at = text.indexOf('%'); at >= 0; at = text.indexOf('%', from)) {
    const byte = hexDigit(text.charCodeAt(at + 1)) * 16 + hexDigit(text.charCodeAt(at + 2));
    if (!(byte < 0x80)) return decodeUtf8(text);
    decoded += text.slice(from, at) + String.fromCharCode(byte);
    from = at + 3;
  }
  return from === 0 ? text : decoded + text.slice(from);
}

/** NaN when it is none, or the text is at its end. */
function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : Number.NaN;
}

function decodeUtf8(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not as a whole; run by run below.
  }
  return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, decodeRun);
}

/** A run of escapes: what is UTF-8 in it is decoded, each byte that is not stays escaped. */
function decodeRun(run: string): string {
  let decoded = '';
  for (let at = 0; at < run.length;) {
    const length = 3 * sequenceLength(Number.parseInt(run.slice(at + 1, at + 3), 16));
    const piece = run.slice(at, at + length);
    const text = decodeOrUndefined(piece);
    decoded += text ?? run.slice(at, at + 3);
    at += text === undefined ? 3 : piece.length;
  }
  return decoded;
}

function decodeOrUndefined(piece: string): string | undefined {
  try {
    return decodeURIComponent(piece);
  } catch {
    return undefined;
  }
}

/** How many bytes a UTF-8 sequence with this first byte has. */
function sequenceLength(firstByte: number): number {
  if (firstByte >= 0xf0) return 4;
  if (firstByte >= 0xe0) return 3;
  return firstByte >= 0xc0 ? 2 : 1;
}
