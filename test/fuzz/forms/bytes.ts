import type { Random } from '../random.js';
import type { Form } from '../target.js';

/** Characters that mean something to one of the languages that are spoken here, and numbers at an edge. */
export const HOSTILE_TOKENS: readonly string[] = [
  '\n', '\r', '\r\n', '\n\n', '\0', ' ', '\t', '%', '%00', '%0a', '%0A', '%C3', '%zz', ':', ': ', ';', ',', '|',
  ':_:', '^^', '^^:', '~', '!', '/', '..', '../', '\\', '"', "'", '`', '$', '${', '${x}', '$${x}', '${system(id)}',
  '%[a=b]', '{', '}', '[', ']', '<', '>', '<!--', '-->', '<![CDATA[', ']]>', '&', '&amp;', '&#0;', '&#x110000;',
  '&#xD800;', '@', '@@', '=', '+', '-', '*', '?', '(', ')', '#', '://', 'shell_stream://', 'file:///etc/passwd',
  '__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'null', 'undefined', 'true', 'NaN',
  '0', '-0', '-1', '1', '255', '256', '65535', '65536', '2147483647', '2147483648', '-2147483649', '4294967296',
  '9007199254740993', '1e309', '1e-400', '0x10', '00', '\u2028', '\u00e9', '\u{1f4de}', '\ufeff', '\ufffe',
  '\u0000\u0001', '\u202e', '\u0130', 'ß',
]; // prettier-ignore

const MAX_BYTES = 64 * 1024;

/** Bytes; `dictionary` are pieces of the language that the target reads. */
export function bytesForm(dictionary: readonly (string | Uint8Array)[] = []): Form<Buffer> {
  const own = dictionary.map((piece) => Buffer.from(piece));
  const tokens = HOSTILE_TOKENS.map((piece) => Buffer.from(piece));
  const piece = (random: Random): Buffer => random.pick(own.length > 0 && random.chance(0.6) ? own : tokens);
  return {
    mutate(input, random, others) {
      let bytes = input;
      for (let times = random.size(12); times > 0; times--) bytes = mutateOnce(bytes, random, others, piece);
      return bytes.length > MAX_BYTES ? bytes.subarray(0, MAX_BYTES) : bytes;
    },
    *smaller(input) {
      yield* shorter(input.length, (from, to) =>
        Buffer.concat([input.subarray(0, from), input.subarray(to)]),
      );
    },
    write: (input) => input,
    read: (bytes) => Buffer.from(bytes),
  };
}

function mutateOnce(
  bytes: Buffer,
  random: Random,
  others: readonly Buffer[],
  piece: (random: Random) => Buffer,
): Buffer {
  const at = random.below(bytes.length + 1);
  const end = Math.min(bytes.length, at + random.size(Math.max(1, bytes.length)));
  const replaced = (by: Buffer, from: number, to: number): Buffer =>
    Buffer.concat([bytes.subarray(0, from), by, bytes.subarray(to)]);
  switch (random.below(9)) {
    case 0:
      return replaced(piece(random), at, at);
    case 1:
      return replaced(piece(random), at, end);
    case 2:
      return replaced(Buffer.alloc(0), at, end);
    case 3: {
      const copy = Buffer.from(bytes);
      if (at < copy.length) copy[at] = random.below(256);
      return copy;
    }
    case 4: {
      const copy = Buffer.from(bytes);
      if (at < copy.length) copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
      return copy;
    }
    case 5: {
      // The same a few times over, now and then very often: that is where time and memory go.
      const part = random.chance(0.5) ? bytes.subarray(at, end) : piece(random);
      const times = Math.min(
        random.chance(0.03) ? 5000 : random.size(40),
        Math.ceil(MAX_BYTES / (part.length || 1)),
      );
      return replaced(Buffer.concat(new Array<Buffer>(times).fill(part)), at, at);
    }
    case 6: {
      const to = random.below(bytes.length + 1);
      return replaced(Buffer.from(bytes.subarray(at, end)), to, to);
    }
    default: {
      const other = others.length === 0 ? bytes : random.pick(others);
      const from = random.below(other.length + 1);
      return replaced(
        other.subarray(from, from + random.size(Math.max(1, other.length))),
        at,
        random.chance(0.5) ? at : end,
      );
    }
  }
}

/** What is left when a piece is cut out: halves first, then ever smaller pieces. */
export function* shorter<Input>(
  length: number,
  without: (from: number, to: number) => Input,
): Generator<Input> {
  for (let size = Math.ceil(length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < length; from += size) yield without(from, Math.min(length, from + size));
  }
}
