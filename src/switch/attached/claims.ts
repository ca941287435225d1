import type { EslConnection } from '../../esl/connection.js';
import type { EslCommand } from '../../esl/connection.js';

const REALM = 'switchhook';

export type Claim = { readonly won: true } | { readonly won: false; readonly holder: string };

/**
 * Decides between daemons that share a switch who gets a call: mod_hash inserts a key only where there is none, under
 * its lock (mod_hash.c hash_api_function). Without that module there is nothing that decides.
 */
export class Claims {
  readonly #instance: string;
  readonly #onMissing: () => void;
  #missing = false;

  /** @param onMissing told once when the switch has no mod_hash */
  constructor(instance: string, onMissing: () => void) {
    this.#instance = instance;
    this.#onMissing = onMissing;
  }

  /** What this instance claimed before, and has not given back, is still its own. */
  async claim(connection: EslConnection, uuid: string): Promise<Claim> {
    const reply = await connection.send({
      line: `api hash insert_ifempty/${REALM}/${uuid}/${this.#instance}`,
    });
    if (reply.ok) return { won: true };
    if (/command not found/i.test(reply.text)) {
      if (!this.#missing) this.#onMissing();
      this.#missing = true;
      return { won: true };
    }
    const { text } = await connection.send({ line: `api hash select/${REALM}/${uuid}` });
    return text === this.#instance ? { won: true } : { won: false, holder: text };
  }

  giveBack(uuid: string): EslCommand[] {
    return this.drop(uuid, this.#instance);
  }

  /** Takes away the claim of a daemon that made nothing of it. */
  drop(uuid: string, holder: string): EslCommand[] {
    if (this.#missing) return [];
    return [{ line: `api hash delete_ifmatch/${REALM}/${uuid}/${holder}` }];
  }

  /** The uuids that this instance holds a claim on, whether or not there still is such a channel. */
  async held(connection: EslConnection): Promise<string[]> {
    const { text } = await connection.send({ line: `api hash_dump db ${REALM}` });
    const begin = `D/${REALM}_`;
    return text.split('\n').flatMap((line) => {
      const [key = '', holder] = line.startsWith(begin) ? line.slice(begin.length).split('/') : [];
      return holder === this.#instance ? [key] : [];
    });
  }
}
