import { hash, timingSafeEqual } from 'node:crypto';

/** Of SHA-256. */
const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;

/**
 * HMAC-SHA-256 (RFC 2104) out of two hashes over buffers that are kept: the object that Node makes for each signature
 * would cost more than the signature.
 */
export class Signer {
  /** The key mixed with the inner pad, the digest of the base, the text. */
  #inner: Buffer;
  /** The key mixed with the outer pad, then the inner digest. */
  readonly #outer: Buffer;

  /** @param key of at most 64 bytes */
  constructor(key: Buffer) {
    this.#inner = Buffer.alloc(2048);
    this.#outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES);
    for (let at = 0; at < BLOCK_BYTES; at += 1) {
      const byte = key[at] ?? 0;
      this.#inner[at] = byte ^ 0x36;
      this.#outer[at] = byte ^ 0x5c;
    }
  }

  /** @returns text, base and signature, each in base64url */
  sign(text: string, base: SignedBase): string {
    const { encoded, digest } = base;
    const room = BLOCK_BYTES + DIGEST_BYTES + text.length * 3;
    if (room > this.#inner.length) this.#inner = Buffer.concat([this.#inner, Buffer.alloc(room)]);
    this.#inner.set(digest, BLOCK_BYTES);
    const begin = BLOCK_BYTES + DIGEST_BYTES;
    const end = begin + this.#inner.write(text, begin);
    // As text: cheaper than another buffer.
    this.#outer.write(hash('sha256', this.#inner.subarray(0, end), 'binary'), BLOCK_BYTES, 'binary');
    const signature = hash('sha256', this.#outer, 'base64url');
    return `${this.#inner.toString('base64url', begin, end)}.${encoded}.${signature}`;
  }

  /** @returns the text with its base behind it, or undefined when the signature is not right */
  verify(encodedText: string, encodedBase: string, signature: string): string | undefined {
    const text = Buffer.from(encodedText, 'base64url').toString('utf8');
    const base = Buffer.from(encodedBase, 'base64url').toString('utf8');
    const right = this.sign(text, signedBase(base));
    const given = `${encodedText}.${encodedBase}.${signature}`;
    if (given.length !== right.length) return undefined;
    return timingSafeEqual(Buffer.from(given), Buffer.from(right)) ? text + base : undefined;
  }
}

/** The part of a text that many have in common; it is signed by its digest, which is taken once. */
export interface SignedBase {
  readonly encoded: string;
  readonly digest: Buffer;
}

export function signedBase(text: string): SignedBase {
  return { encoded: Buffer.from(text).toString('base64url'), digest: hash('sha256', text, 'buffer') };
}
