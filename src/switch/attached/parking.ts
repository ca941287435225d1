import type { EslCommand, EslConnection } from '../../esl/connection.js';
import type { Headers } from '../dump.js';

/** How long a channel may take to leave what it does. */
const PARK_TIMEOUT_MS = 5000;

export type Parked =
  | { readonly event: Headers }
  /** `open`: the channel may be parked all the same, now or when it leaves what it does. */
  | { readonly failed: string; readonly open: boolean };

/** Channels that are being parked on request, wherever they are. */
export class Parking {
  readonly #waiting = new Map<string, (parked: Parked) => void>();

  has(uuid: string): boolean {
    return this.#waiting.has(uuid);
  }

  /** Takes the channel out of what it does; a holder of ours finds it moved. */
  async park(connection: EslConnection, uuid: string, commands: readonly EslCommand[]): Promise<Parked> {
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Parked>((resolve) => {
        this.#waiting.set(uuid, resolve);
        const late = `it did not leave what it does within ${PARK_TIMEOUT_MS} ms`;
        timer = setTimeout(() => resolve({ failed: late, open: true }), PARK_TIMEOUT_MS);
        Promise.all(connection.sendBatch(commands)).then(
          (replies) => {
            const refused = replies.find(({ ok }) => !ok);
            if (refused !== undefined) resolve({ failed: refused.text, open: false });
          },
          (error: unknown) => resolve({ failed: String(error), open: true }),
        );
      });
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(uuid);
    }
  }

  /** What became of one; nothing, where it is not waited for. */
  settle(uuid: string, parked: Parked): void {
    this.#waiting.get(uuid)?.(parked);
  }

  abandon(): void {
    for (const settle of this.#waiting.values()) settle({ failed: 'the daemon stops', open: true });
  }
}
