import type { EslClient } from '../../esl/client.js';
import type { EslCommand, EslConnection, EslReply } from '../../esl/connection.js';
import { AppError } from '../../errors.js';

/** What is said to the switch about attached calls; the connection may be gone at any time. */
export class CallsLine {
  readonly #client: EslClient;

  constructor(client: EslClient) {
    this.#client = client;
  }

  /** @throws AppError `switch_unreachable` */
  get connection(): EslConnection {
    return this.#client.connection;
  }

  /** All in one write. @returns rejects while there is no connection; nothing need be listened to */
  send(commands: readonly EslCommand[]): Promise<EslReply>[] {
    try {
      return this.connection.sendBatch(commands);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const failed = Promise.reject<EslReply>(error);
      failed.catch(() => undefined);
      return [failed];
    }
  }

  /** What is lost with the connection is made up for when it is there again. */
  tell(commands: readonly EslCommand[]): void {
    for (const reply of this.send(commands)) reply.catch(() => undefined);
  }
}
