import type { Socket } from 'node:net';
import { AppError } from '../errors.js';
import { EslEvent } from './event.js';
import { EslProtocolError, FrameReader, type EslFrame, type FrameLimits } from './framing.js';

/** A host that vanished without a word is noticed after this idle time and ten unanswered probes. */
const KEEP_ALIVE_MS = 30_000;
const DEFAULT_MAX_UNSENT_BYTES = 16 * 1024 * 1024;

/** One command to FreeSWITCH. It has exactly one reply. */
export interface EslCommand {
  /** `getvar x`, `api status`, `sendmsg <uuid>`; never with a line break. */
  readonly line: string;
  /** `Content-Length` is not among them: it is written with the body. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Any text without NUL. */
  readonly body?: string;
  /** How long the reply may take; 0: for ever. */
  readonly timeoutMs?: number;
}

export interface EslReply {
  /** The text does not begin with `-ERR`. (`getvar` of a variable that is not set is `-ERR command not found`.) */
  readonly ok: boolean;
  /**
   * `Reply-Text` as it was sent, or the trimmed body of an `api/response`. mod_event_socket.c: listener_run cuts a
   * Reply-Text after 511 bytes and does not encode it.
   */
  readonly text: string;
  readonly frame: EslFrame;
}

export interface EslNotice {
  /** `linger`: the channel is gone and the socket stays for the last messages; `disconnect`: it closes now. */
  readonly disposition: 'linger' | 'disconnect';
  readonly frame: EslFrame;
}

/**
 * Why a connection closed: the peer ended it, the network failed, what came was not the protocol, the peer was silent
 * for too long, or we closed it.
 */
export interface EslClose {
  readonly kind: 'ended' | 'error' | 'protocol' | 'timeout' | 'closed_by_us';
  readonly detail: string;
}

export interface EslConnectionOptions {
  readonly limits?: Partial<FrameLimits> | undefined;
  /**
   * For commands that name none. Default 0, none: on a synchronous `socket` the reply to an `execute` rightly comes
   * when the application has ended.
   */
  readonly replyTimeoutMs?: number | undefined;
  /** What may wait for a peer that does not read; beyond it the connection is closed. */
  readonly maxUnsentBytes?: number | undefined;
}

interface Pending {
  readonly resolve: (reply: EslReply) => void;
  readonly reject: (error: AppError) => void;
  readonly timer: NodeJS.Timeout | undefined;
}

/**
 * One Event Socket connection, whoever opened it. Commands are pipelined; FreeSWITCH replies in their order. A command
 * is written once and never again: what a closed connection leaves open is rejected, and whether it ran is not known.
 */
export class EslConnection {
  readonly closed: Promise<EslClose>;
  onEvent: ((event: EslEvent) => void) | undefined;
  onNotice: ((notice: EslNotice) => void) | undefined;
  /** Messages that are neither reply, event, notice nor log line: `auth/request`, `text/rude-rejection`. */
  onOther: ((frame: EslFrame) => void) | undefined;

  readonly #socket: Socket;
  readonly #reader: FrameReader;
  readonly #replyTimeoutMs: number;
  readonly #maxUnsentBytes: number;
  readonly #pending: Pending[] = [];
  readonly #settleClosed: (close: EslClose) => void;
  #close: EslClose | undefined;
  #ending = false;
  #replies = 0;
  #remoteAddress = '';

  constructor(socket: Socket, options: EslConnectionOptions = {}) {
    this.#socket = socket;
    this.#reader = new FrameReader(options.limits);
    this.#replyTimeoutMs = options.replyTimeoutMs ?? 0;
    this.#maxUnsentBytes = options.maxUnsentBytes ?? DEFAULT_MAX_UNSENT_BYTES;
    let settle: (close: EslClose) => void = () => undefined;
    this.closed = new Promise((resolve) => (settle = resolve));
    this.#settleClosed = settle;

    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // Without a message where several addresses of a host were tried.
      this.#finish('error', error.message === '' ? (error.code ?? error.name) : error.message);
    });
    socket.on('end', () => this.#finish(this.#ending ? 'closed_by_us' : 'ended', this.#endDetail()));
    socket.on('close', () => this.#finish(this.#ending ? 'closed_by_us' : 'ended', 'The socket was closed.'));
    if (socket.destroyed) this.#finish('ended', 'The socket was closed before it was used.');
  }

  /** `127.0.0.1:43210`; `''` before it is connected, and after it closed unless it was asked for or failed. */
  get remoteAddress(): string {
    // Asked for when it is wanted: it is a system call, and most calls end without anybody's wanting it.
    if (this.#remoteAddress === '') this.#remoteAddress = addressOf(this.#socket);
    return this.#remoteAddress;
  }

  /** How many commands were replied to. */
  get replies(): number {
    return this.#replies;
  }

  /**
   * A promise that nobody looks at never becomes an unhandled rejection.
   * @returns rejects with AppError `switch_closed`, `switch_timeout` or `unsafe_command`
   */
  send(command: EslCommand): Promise<EslReply> {
    const [reply] = this.sendBatch([command]);
    return reply ?? rejected(new AppError('internal', 'A command was not sent.'));
  }

  /** Sends all in one write, or none of them when one is unsafe. The promises are as those of `send`. */
  sendBatch(commands: readonly EslCommand[]): Promise<EslReply>[] {
    const text = this.#encoded(commands);
    if (text instanceof AppError) return commands.map(() => rejected(text));
    const replies = commands.map((command) => {
      const promise = new Promise<EslReply>((resolve, reject) => this.#expect(command, resolve, reject));
      promise.catch(ignoreUnobserved);
      return promise;
    });
    if (text !== '') this.#socket.write(text);
    return replies;
  }

  /**
   * As `sendBatch`, for all replies together: one promise instead of one for each command.
   * @returns rejects as the first of them would
   */
  exchange(commands: readonly EslCommand[]): Promise<EslReply[]> {
    const text = this.#encoded(commands);
    if (text instanceof AppError) return rejected(text);
    if (text === '') return Promise.resolve([]);
    const promise = new Promise<EslReply[]>((resolve, reject) => {
      const replies: EslReply[] = [];
      // They come in the order of their commands; one that was given up has rejected all.
      const add = (reply: EslReply): void => {
        if (replies.push(reply) === commands.length) resolve(replies);
      };
      for (const command of commands) this.#expect(command, add, reject);
    });
    promise.catch(ignoreUnobserved);
    this.#socket.write(text);
    return promise;
  }

  /** @returns what to write, or why nothing may be written */
  #encoded(commands: readonly EslCommand[]): string | AppError {
    let text = '';
    try {
      for (const command of commands) text += encodeCommand(command);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return error;
    }
    if (this.#socket.writableLength > this.#maxUnsentBytes) {
      this.#finish('error', 'The peer does not read what it is sent.');
    }
    if (this.#close !== undefined || this.#ending)
      return new AppError('switch_closed', this.#close?.detail ?? 'The connection is being closed.');
    return text;
  }

  /** No more commands; the replies that are due still come, then the peer closes. */
  end(): void {
    if (this.#close !== undefined || this.#ending) return;
    this.#ending = true;
    this.#socket.end();
  }

  /** Closes at once. The kind is for a reason that was found outside: a peer that kept silent. */
  destroy(detail = 'switchhook closed it.', kind: EslClose['kind'] = 'closed_by_us'): void {
    this.#finish(kind, detail);
  }

  #endDetail(): string {
    if (this.#reader.heldBytes > 0) return 'The peer closed in the middle of a message.';
    return this.#ending ? 'switchhook ended it.' : 'The peer closed.';
  }

  #expect(command: EslCommand, resolve: Pending['resolve'], reject: Pending['reject']): void {
    const timeoutMs = command.timeoutMs ?? this.#replyTimeoutMs;
    // A command that timed out keeps its place: its reply may still come, and is not another command's.
    // Timers come before what has arrived (libuv's order): after a hold-up of ours the reply may be there already.
    const late = (): void => void setImmediate(() => reject(timedOut(command, timeoutMs)));
    const timer = timeoutMs > 0 ? setTimeout(late, timeoutMs) : undefined;
    this.#pending.push({ resolve, reject, timer });
  }

  #receive(chunk: Buffer): void {
    let frames: readonly EslFrame[];
    let failure: EslProtocolError | undefined;
    try {
      frames = this.#reader.push(chunk);
    } catch (error) {
      failure = error instanceof EslProtocolError ? error : new EslProtocolError(String(error));
      frames = failure.framesBefore;
    }
    try {
      for (const frame of frames) {
        if (this.#close !== undefined) return;
        this.#dispatch(frame);
      }
    } catch (error) {
      // A listener's defect ends this connection, not the daemon with all its calls.
      this.#finish(
        'error',
        `A listener failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
    }
    if (failure !== undefined) this.#finish('protocol', failure.detail);
  }

  #dispatch(frame: EslFrame): void {
    switch (frame.contentType) {
      case 'command/reply':
      case 'api/response':
        this.#settleReply(frame);
        return;
      case 'text/event-plain':
      case 'text/event-json': {
        if (this.onEvent === undefined) return;
        const event = EslEvent.fromFrame(frame);
        if (event !== undefined) this.onEvent(event);
        return;
      }
      case 'text/disconnect-notice':
        this.onNotice?.({
          disposition: frame.get('Content-Disposition') === 'linger' ? 'linger' : 'disconnect',
          frame,
        });
        return;
      case 'text/event-xml':
      case 'log/data':
        return;
      default:
        this.onOther?.(frame);
    }
  }

  #settleReply(frame: EslFrame): void {
    const pending = this.#pending.shift();
    if (pending === undefined) {
      // From here on replies could not be told apart: a value with an empty line in it can look like a reply.
      this.#finish('protocol', 'A reply came that no command asked for.');
      return;
    }
    this.#replies += 1;
    clearTimeout(pending.timer);
    const text = replyText(frame);
    pending.resolve({ ok: !text.startsWith('-ERR'), text, frame });
  }

  #finish(kind: EslClose['kind'], detail: string): void {
    if (this.#close !== undefined) return;
    const close: EslClose = { kind, detail };
    this.#close = close;
    if (kind !== 'closed_by_us' && !this.#ending) this.#remoteAddress = this.remoteAddress;
    // What a network that stands still has not delivered must not arrive later, behind what is said anew.
    if (kind === 'timeout') this.#socket.resetAndDestroy();
    else this.#socket.destroy();
    for (const pending of this.#pending.splice(0)) {
      clearTimeout(pending.timer);
      pending.reject(new AppError('switch_closed', detail));
    }
    this.#settleClosed(close);
  }
}

function addressOf(socket: Socket): string {
  return socket.remoteAddress === undefined ? '' : `${socket.remoteAddress}:${socket.remotePort ?? 0}`;
}

function ignoreUnobserved(): void {
  // The promise itself still rejects for whoever looks at it.
}

function rejected(error: AppError): Promise<never> {
  const promise = Promise.reject(error);
  promise.catch(ignoreUnobserved);
  return promise;
}

function timedOut(command: EslCommand, timeoutMs: number): AppError {
  // Only the first word: the rest may be a password or a caller's data.
  return new AppError(
    'switch_timeout',
    `No reply to ${command.line.split(' ', 1)[0] ?? ''} within ${timeoutMs} ms.`,
  );
}

/**
 * `connect` answers with an event (mod_event_socket.c: parse_command), whose values are URL-encoded; every other
 * Reply-Text is sent as it is.
 */
function replyText(frame: EslFrame): string {
  if (frame.contentType === 'api/response') return frame.bodyText.trim();
  const text = frame.raw('Event-Name') === undefined ? frame.raw('Reply-Text') : frame.get('Reply-Text');
  return text?.trimEnd() ?? '';
}

/** Those of `execute`, which need no second look. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  ...['call-command', 'execute-app-name', 'event-lock', 'Event-UUID', 'content-type'],
]);

/** The bytes of a command. @throws AppError `unsafe_command` */
export function encodeCommand(command: EslCommand): string {
  const { line, headers = {}, body = '' } = command;
  // FreeSWITCH skips empty lines between commands: an empty command would never be replied to.
  if (line === '') throw new AppError('unsafe_command', 'The command is empty.');
  refuseLineBreaks('The command', line);
  let text = `${line}\n`;
  for (const [name, value] of Object.entries(headers)) {
    if (!OWN_HEADERS.has(name) && (!/^[!-9;-~]+$/.test(name) || name.toLowerCase() === 'content-length')) {
      throw new AppError(
        'unsafe_command',
        'A header name is empty, or has characters that do not belong in one.',
      );
    }
    refuseLineBreaks(`The header ${name}`, value);
    text += `${name}: ${value}\n`;
  }
  if (body === '') return `${text}\n`;
  // mod_event_socket.c: read_packet keeps a body as a C string: what follows a NUL would be lost without a word.
  if (body.includes('\0')) throw new AppError('unsafe_command', 'The body holds a NUL.');
  return `${text}content-length: ${Buffer.byteLength(body)}\n\n${body}`;
}

function refuseLineBreaks(what: string, text: string): void {
  if (/[\r\n\0]/.test(text)) throw new AppError('unsafe_command', `${what} holds a CR, LF or NUL.`);
}

export interface ExecuteOptions {
  /** Runs after what is queued before it, not nested inside what runs. */
  readonly eventLock?: boolean;
  /** Comes back as `Application-UUID` in CHANNEL_EXECUTE and CHANNEL_EXECUTE_COMPLETE. */
  readonly eventUuid?: string;
  /** The channel; for a connection that is not a `socket` application's own. */
  readonly uuid?: string;
}

/**
 * Runs a dialplan application. The data travels as body: FreeSWITCH reads headers byte by byte, and a body may hold
 * line breaks (switch_ivr.c: switch_ivr_parse_event takes it where `execute-app-arg` is missing).
 */
export function execute(application: string, data: string, options: ExecuteOptions = {}): EslCommand {
  const headers: Record<string, string> = { 'call-command': 'execute', 'execute-app-name': application };
  if (options.eventLock === true) headers['event-lock'] = 'true';
  if (options.eventUuid !== undefined) headers['Event-UUID'] = options.eventUuid;
  if (data !== '') headers['content-type'] = 'text/plain';
  return { line: options.uuid === undefined ? 'sendmsg' : `sendmsg ${options.uuid}`, headers, body: data };
}
