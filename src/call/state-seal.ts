import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/** How `cti_state` is written, so that nobody but a daemon with the same key writes or reads one. */
export interface StateSeal {
  /** @param uuid the channel on which it is kept: on another it is worth nothing */
  seal(text: string, uuid: string): string;
  /** `undefined` when it was not sealed with this key for this channel. */
  open(sealed: string, uuid: string): string | undefined;
}

/** Without a key: anybody who may set channel variables can read and write it. */
export const OPEN_SEAL: StateSeal = {
  seal: (text) => Buffer.from(text).toString('base64url'),
  open: (sealed) => Buffer.from(sealed, 'base64url').toString('utf8'),
};

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const MARK = 's1.';

/**
 * Signed and encrypted in one (AES-256-GCM): what callers typed is part of the state, and channel variables stand in
 * events, logs and call detail records.
 */
export function keyedSeal(secret: string): StateSeal {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'switchhook cti_state', 32));
  return {
    seal(text, uuid) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(uuid));
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return MARK + Buffer.concat([nonce, body, cipher.getAuthTag()]).toString('base64url');
    },
    open(sealed, uuid) {
      if (!sealed.startsWith(MARK)) return undefined;
      const bytes = Buffer.from(sealed.slice(MARK.length), 'base64url');
      if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
      const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(Buffer.from(uuid)).setAuthTag(bytes.subarray(-TAG_BYTES));
      try {
        return (
          decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)).toString('utf8') + decipher.final('utf8')
        );
      } catch {
        return undefined;
      }
    },
  };
}
