import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import type { CallbackEvent } from '../../src/callbacks/event.js';
import { eventually } from './eventually.js';

export const CALLBACK_SECRET = Buffer.alloc(32, 7).toString('base64');

/** A receiver of callbacks that takes what is signed. */
export class CallbackReceiver {
  readonly events: CallbackEvent[] = [];
  readonly ids = new Set<string>();
  status = 204;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        try {
          const event = new Webhook(CALLBACK_SECRET).verify(
            body,
            request.headers as Record<string, string>,
          ) as CallbackEvent;
          // One that comes again is known by its id.
          const id = String(request.headers['webhook-id']);
          if (this.status < 300 && !this.ids.has(id)) {
            this.events.push(event);
            this.ids.add(id);
          }
          response.writeHead(this.status).end();
        } catch {
          response.writeHead(401).end();
        }
      });
    });
  }

  static async start(): Promise<CallbackReceiver> {
    const receiver = new CallbackReceiver();
    await new Promise<void>((resolve) => receiver.#server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  /** How the configuration names it. */
  get settings(): Readonly<Record<string, unknown>> {
    const { port } = this.#server.address() as AddressInfo;
    return {
      url: `http://127.0.0.1:${port}/calls`,
      signing_secrets: [CALLBACK_SECRET],
      retry_delay_ms: 10,
      retry_max_delay_ms: 50,
    };
  }

  of(uuid: string): CallbackEvent[] {
    return this.events.filter(({ call }) => call.uuid === uuid);
  }

  /** The events of a call, as soon as its last one is there. */
  whole(uuid: string, timeoutMs = 8000): Promise<CallbackEvent[]> {
    return eventually(
      `the last callback of ${uuid}`,
      () => {
        const events = this.of(uuid);
        return events.at(-1)?.type === 'call.ended' ? events : undefined;
      },
      { timeoutMs },
    );
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}
