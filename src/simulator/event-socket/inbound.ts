import { createServer, type AddressInfo, type Server } from 'node:net';

import { AppError } from '../../errors.js';
import type { Core } from '../core.js';
import { Listener } from './listener.js';

export interface InboundOptions {
  readonly host: string;
  readonly port: number;
  readonly password: string;
  /** Whether an address may come in; one that may not gets a rude rejection. */
  readonly allows: (address: string) => boolean;
}

/** FreeSWITCH's own Event Socket port, to which clients connect. */
export class InboundServer {
  private readonly core: Core;
  private readonly options: InboundOptions;
  private readonly server: Server;

  constructor(core: Core, options: InboundOptions) {
    this.core = core;
    this.options = options;
    this.server = createServer({ allowHalfOpen: false }, (socket) => {
      const listener = new Listener({ core, socket, async: false, full: true, password: options.password });
      core.listeners.add(listener);
      if (!options.allows(socket.remoteAddress ?? '')) {
        listener.reject();
        core.listeners.delete(listener);
        return;
      }
      listener
        .run()
        .catch((error: unknown) => core.onDefect(error))
        .finally(() => core.listeners.delete(listener));
    });
  }

  /** Resolves with the port. Throws AppError `listen_failed`. */
  listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.once('error', (error) => {
        reject(new AppError('listen_failed', `${this.options.host}:${this.options.port}`, { cause: error }));
      });
      this.server.listen(this.options.port, this.options.host, () => {
        resolve((this.server.address() as AddressInfo).port);
      });
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      for (const listener of this.core.listeners) listener.destroy();
    });
  }
}
