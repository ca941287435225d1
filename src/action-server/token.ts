import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomFillSync } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';

/**
 * Continuation tokens: `<version>.<key id>.<sealed>`, AES-256-GCM, so that nobody but a daemon with the key writes or
 * reads one. What callers typed is part of a flow's state, and tokens stand in URLs.
 */

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const VERSION = '1';
const PLAIN = 0;
const DEFLATED = 1;
/** Below this, packing takes longer than it saves. */
const PACK_FROM_BYTES = 1200;
const MOST_UNPACKED_BYTES = 512 * 1024;
/** FreeSWITCH and servers take URLs of about this length; Node takes 16 kB for a request's head. */
export const MOST_TOKEN_LENGTH = 12_000;

export type Opened =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly code: 'token_altered' | 'token_foreign' };

interface Key {
  readonly id: string;
  readonly bytes: Buffer;
}

export class TokenSeal {
  readonly #key: Key;
  readonly #keys: ReadonlyMap<string, Key>;

  /** @param former keys whose tokens can still be opened */
  constructor(secret: string, former: readonly string[] = []) {
    this.#key = keyOf(secret);
    this.#keys = new Map([...former.map(keyOf), this.#key].map((key) => [key.id, key]));
  }

  seal(text: string): string {
    const { id, bytes } = this.#key;
    const plain = Buffer.from(text);
    const packed = plain.length >= PACK_FROM_BYTES ? deflateRawSync(plain, { level: 3 }) : plain;
    const nonce = freshNonce();
    const cipher = createCipheriv(ALGORITHM, bytes, nonce);
    const sealed = Buffer.concat([
      nonce,
      cipher.update(Buffer.from([packed === plain ? PLAIN : DEFLATED])),
      cipher.update(packed),
      cipher.final(),
      cipher.getAuthTag(),
    ]);
    return `${VERSION}.${id}.${sealed.toString('base64url')}`;
  }

  open(token: string): Opened {
    if (token.length > MOST_TOKEN_LENGTH || !/^[\w.-]+$/.test(token)) return { ok: false, code: 'token_altered' };
    const [version, id = '', body = '', ...more] = token.split('.');
    if (version !== VERSION || body === '' || more.length > 0) return { ok: false, code: 'token_altered' };
    const key = this.#keys.get(id);
    if (key === undefined) return { ok: false, code: 'token_foreign' };
    const sealed = Buffer.from(body, 'base64url');
    // Two spellings of the same bytes would be two tokens.
    if (sealed.length <= NONCE_BYTES + TAG_BYTES || sealed.toString('base64url') !== body)
      return { ok: false, code: 'token_altered' };
    const decipher = createDecipheriv(ALGORITHM, key.bytes, sealed.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    try {
      const plain = Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
      const rest = plain.subarray(1);
      const text = plain[0] === DEFLATED ? inflateRawSync(rest, { maxOutputLength: MOST_UNPACKED_BYTES }) : rest;
      return { ok: true, text: text.toString('utf8') };
    } catch {
      return { ok: false, code: 'token_altered' };
    }
  }
}

function keyOf(secret: string): Key {
  const bytes = Buffer.from(hkdfSync('sha256', secret, '', 'switchhook actions token', 32));
  return { id: createHash('sha256').update(bytes).update('id').digest('base64url').slice(0, 6), bytes };
}

/** Drawn in advance: a call to the system's source for each token would cost more than sealing it. */
const drawn = Buffer.alloc(4096 - (4096 % NONCE_BYTES));
let used = drawn.length;

/** Twelve bytes that have never been here before. */
export function freshNonce(): Buffer {
  if (used >= drawn.length) {
    randomFillSync(drawn);
    used = 0;
  }
  const nonce = Buffer.from(drawn.subarray(used, used + NONCE_BYTES));
  used += NONCE_BYTES;
  return nonce;
}
