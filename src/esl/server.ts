import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { AppError } from '../errors.js';
import { EslConnection, type EslReply } from './connection.js';
import { detachedText } from './framing.js';
import type { EslFrame, FrameLimits } from './framing.js';
import { LinkedSet } from '../linked-set.js';
import type { Link } from '../linked-set.js';
import { SpareDescriptor } from './spare-descriptor.js';

const DEFAULT_CONNECT_TIMEOUT_MS = 5_000;
/** How long FreeSWITCH keeps the socket after a hang-up, for the last replies; whoever has them ends it sooner. */
const LINGER_S = 10;

/** A call that FreeSWITCH handed to us with its `socket` application. */
export interface EslSocketCall {
  readonly connection: EslConnection;
  /** The channel's data: the reply to `connect`. */
  readonly data: EslFrame;
  readonly uuid: string;
  /** `sync`: an execute's reply comes when the application has ended (mod_event_socket.c writes `static`). */
  readonly mode: 'sync' | 'async';
  /** Without `full`, FreeSWITCH knows neither `linger`, `event`, `api` nor `bgapi`. */
  readonly full: boolean;
  /** The `exactVariables` that have a value. */
  readonly variables: ReadonlyMap<string, string>;
  /** What stood after the first `/` in the socket's address, without it: `curl/main`. `''` when nothing did. */
  readonly path: string;
}

export interface EslServerOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly limits?: Partial<FrameLimits> | undefined;
  readonly backlog?: number | undefined;
  /**
   * Channel variables whose exact value is asked for where the reply to `connect` leaves it open: it does not tell
   * `a%20b` from `a b` (switch_utils.h switch_url_encode leaves what looks encoded as it is). Outsiders must not be
   * able to put an empty line into them: `getvar` answers raw.
   */
  readonly exactVariables?: readonly string[] | undefined;
  /** How long a peer may take to answer `connect`, and then what is asked besides. */
  readonly connectTimeoutMs?: number | undefined;
  readonly onCall: (call: EslSocketCall) => void;
  /** A peer that was dropped before it became a call, and the server's own troubles. */
  readonly onError?: ((error: AppError, remoteAddress: string) => void) | undefined;
}

/** Takes the connections of FreeSWITCH's `socket` application, one per call. */
export class EslServer {
  readonly #options: EslServerOptions;
  readonly #server: Server;
  /** Connections that are not calls yet. */
  readonly #beginning = new LinkedSet<EslConnection>();
  readonly #exact: readonly string[];
  readonly #spare = new SpareDescriptor();
  /**
   * What one call leaves open the next one does too, most likely: dialplans name URLs, which are encoded, or endpoints,
   * which are not. Then it is asked for together with `connect`, and not in a round trip of its own.
   */
  #leftOpen = false;
  #connections = 0;

  constructor(options: EslServerOptions) {
    this.#options = options;
    this.#exact = options.exactVariables ?? [];
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  }

  /** Open connections, calls and those that are not yet. */
  get connections(): number {
    return this.#connections;
  }

  /** @returns rejects with AppError `listen_failed` */
  async listen(): Promise<{ host: string; port: number }> {
    const { host, port, backlog } = this.#options;
    await new Promise<void>((resolve, reject) => {
      const refuse = (error: Error): void =>
        reject(new AppError('listen_failed', error.message, { cause: error }));
      this.#server.once('error', refuse);
      this.#server.listen({ host, port, ...(backlog === undefined ? {} : { backlog }) }, () => {
        this.#server.off('error', refuse);
        // Later errors are of accepting (too many open files): the server goes on listening.
        this.#server.on('error', (error) => this.#report(new AppError('listen_failed', error.message), ''));
        resolve();
      });
    });
    this.#spare.start();
    const address = this.#server.address() as AddressInfo;
    return { host: address.address, port: address.port };
  }

  /** Stops accepting and drops what is not a call yet. Calls go on; they are their owners'. */
  close(): Promise<void> {
    if (this.#server.listening) this.#server.close();
    this.#spare.stop();
    for (const connection of this.#beginning.members) connection.destroy('The server is closing.');
    return Promise.resolve();
  }

  #accept(socket: Socket): void {
    const connection = new EslConnection(socket, { limits: this.#options.limits });
    const beginning = this.#follow(connection);
    const begin = (reply: EslReply, variables: ReadonlyMap<string, string>): void => {
      this.#beginning.remove(beginning);
      this.#begin(connection, reply, variables);
    };
    // Both at once: `linger` before the channel can be gone. Its reply is `-ERR` without `full`, which `full` tells.
    const timeoutMs = this.#options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS;
    const questions = this.#exact.map((name) => ({ line: `getvar ${name}`, timeoutMs }));
    const asked = this.#leftOpen ? questions : [];
    const [connected, , ...answers] = connection.sendBatch([
      { line: 'connect', timeoutMs },
      { line: `linger ${LINGER_S}`, timeoutMs: 0 },
      ...asked,
    ]);
    if (connected === undefined) return;
    connected
      .then((reply) => {
        this.#leftOpen = this.#exact.some((name) => isOpen(reply.frame, name));
        if (!this.#leftOpen) {
          begin(reply, this.#plainValues(reply.frame));
          return undefined;
        }
        const told = asked.length > 0 ? Promise.all(answers) : connection.exchange(questions);
        return told.then((replies) => {
          const values = this.#plainValues(reply.frame);
          for (const [name, value] of exactValues(this.#exact, replies)) values.set(name, value);
          begin(reply, values);
        });
      })
      .catch((error: unknown) => this.#drop(connection, error));
  }

  /** Apart from how it begins: what waits for the end of a call keeps all that its function has. */
  #follow(connection: EslConnection): Link<EslConnection> {
    this.#connections++;
    const beginning = this.#beginning.add(connection);
    void connection.closed.then(() => {
      this.#connections--;
      this.#beginning.remove(beginning);
    });
    return beginning;
  }

  #begin(connection: EslConnection, reply: EslReply, variables: ReadonlyMap<string, string>): void {
    const call = readCall(connection, reply.frame, variables);
    if (call === undefined) {
      const error = new AppError(
        'switch_protocol',
        'The peer answered connect without the data of a channel.',
      );
      connection.destroy(error.detail, 'protocol');
      this.#report(error, connection.remoteAddress);
      return;
    }
    try {
      this.#options.onCall(call);
    } catch (error) {
      // A defect in taking one call does not end the others.
      const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
      const { remoteAddress } = connection;
      connection.destroy('The call could not be taken.');
      this.#report(new AppError('internal', detail, { cause: error }), remoteAddress);
    }
  }

  /** Those that have a value which is written as it is. */
  #plainValues(frame: EslFrame): Map<string, string> {
    const values = new Map<string, string>();
    for (const name of this.#exact) {
      const raw = frame.raw(`variable_${name}`);
      if (raw !== undefined && !isOpen(frame, name)) values.set(name, detachedText(raw));
    }
    return values;
  }

  #drop(connection: EslConnection, reason: unknown): void {
    const error = reason instanceof AppError ? reason : new AppError('internal', String(reason));
    connection.destroy(error.detail, error.code === 'switch_timeout' ? 'timeout' : 'closed_by_us');
    void connection.closed.then((close) => {
      this.#report(
        close.kind === 'protocol' ? new AppError('switch_protocol', close.detail) : error,
        connection.remoteAddress,
      );
    });
  }

  #report(error: AppError, remoteAddress: string): void {
    this.#options.onError?.(error, remoteAddress);
  }
}

/** The description does not tell what the variable's value is. */
function isOpen(frame: EslFrame, name: string): boolean {
  const raw = frame.raw(`variable_${name}`);
  return raw !== undefined && (raw === '_undef_' || raw.includes('%'));
}

/** What a reply longer than this says is not all of the value (mod_event_socket.c listener_run: `char reply[512]`). */
const MAX_EXACT_BYTES = 500;

function exactValues(names: readonly string[], replies: readonly EslReply[]): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  replies.forEach(({ ok, text }, at) => {
    const name = names[at];
    if (ok && name !== undefined && Buffer.byteLength(text) < MAX_EXACT_BYTES) values.set(name, text);
  });
  return values;
}

function readCall(
  connection: EslConnection,
  frame: EslFrame,
  variables: ReadonlyMap<string, string>,
): EslSocketCall | undefined {
  const uuid = frame.get('Unique-ID');
  // A uuid may be of anybody's choosing (origination_uuid), and becomes a word in commands.
  if (frame.get('Event-Name') !== 'CHANNEL_DATA' || uuid === undefined || !/^[!-~]{1,256}$/.test(uuid)) {
    return undefined;
  }
  return {
    connection,
    data: frame,
    uuid: detachedText(uuid),
    mode: frame.get('Socket-Mode') === 'async' ? 'async' : 'sync',
    full: frame.get('Control') === 'full',
    variables,
    path: frame.get('variable_socket_path') ?? '',
  };
}
