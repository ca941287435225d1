import { AppError } from '../errors.js';
import { HeaderBlock } from './header-block.js';
import { urlDecode } from './url-decode.js';

const LF = 0x0a;
const COLON = 0x3a;
const SPACE = 0x20;
const NOTHING = Buffer.alloc(0);
/** How much of a chunk is copied at a time to complete a header block that began in the chunk before. */
const PIECE_BYTES = 4096;
const CONTENT_LENGTH = 'content-length';
/** FreeSWITCH's longest first header name is `Content-Length`; nothing that is a message has a longer one than this. */
const MAX_FIRST_NAME_BYTES = 256;

/** How much of a peer's data is kept at most; beyond it the peer is not FreeSWITCH, or is broken. */
export interface FrameLimits {
  /** One header block; `connect`'s with all channel variables is a few kB, seldom 100. Default 1 MiB. */
  readonly maxHeaderBytes: number;
  /** One body: an event, or the answer of an `api` command. Default 16 MiB. */
  readonly maxBodyBytes: number;
}

const DEFAULT_FRAME_LIMITS: FrameLimits = {
  maxHeaderBytes: 1024 * 1024,
  maxBodyBytes: 16 * 1024 * 1024,
};

/** The stream is not the Event Socket protocol, or is beyond the limits; nothing after this place can be read. */
export class EslProtocolError extends AppError {
  /** The good messages of the same chunk, before the place that is wrong. */
  readonly framesBefore: readonly EslFrame[];

  constructor(detail: string, framesBefore: readonly EslFrame[] = []) {
    super('switch_protocol', detail);
    this.name = 'EslProtocolError';
    this.framesBefore = framesBefore;
  }
}

/**
 * One message: a block of headers and a body. A header is looked for and decoded when it is asked for. From the first
 * question on the headers have memory of their own; the body shares that of the chunk it came in.
 */
export class EslFrame {
  readonly body: Buffer;
  #head: Buffer | HeaderBlock;
  #lineStarts: readonly number[] | undefined;

  /**
   * @param head the header block without the empty line that ends it
   * @param lineStarts where its lines begin, for who has found that already
   */
  constructor(head: Buffer, body: Buffer = NOTHING, lineStarts?: readonly number[]) {
    this.#head = head;
    this.body = body;
    this.#lineStarts = lineStarts;
  }

  /**
   * The first header of that name (in any case), URL-decoded; bad escapes stay as they are. `_undef_`, which
   * FreeSWITCH writes for an empty value (switch_event.c: switch_event_serialize), is read as `''`.
   */
  get(name: string): string | undefined {
    const value = this.#block().get(name);
    return value === undefined ? undefined : decodeValue(value);
  }

  /** The first header of that name, as it was sent. */
  raw(name: string): string | undefined {
    return this.#block().get(name);
  }

  /** All headers in order, decoded. */
  *headers(): Generator<[name: string, value: string], void, undefined> {
    for (const [name, value] of this.#block().entries()) yield [name, decodeValue(value)];
  }

  /** `''` when there is none. */
  get contentType(): string {
    return this.raw('Content-Type') ?? '';
  }

  get bodyText(): string {
    return this.body.toString('utf8');
  }

  /** The line that a message *to* FreeSWITCH begins with (`api status`); of one *from* it, its first header. */
  get firstLine(): string {
    return this.#block().firstLine;
  }

  #block(): HeaderBlock {
    if (this.#head instanceof HeaderBlock) return this.#head;
    const block = new HeaderBlock(this.#head, this.#lineStarts);
    this.#lineStarts = undefined;
    this.#head = block;
    return block;
  }
}

function decodeValue(raw: string): string {
  return raw === '_undef_' ? '' : urlDecode(raw);
}

/** A copy that is not part of node's shared pool either. */
function copyOf(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(copy);
  return copy;
}

/** Looked at for each line of each message: most are turned away by their first letter. */
function isContentLength(bytes: Buffer, start: number): boolean {
  const colon = start + CONTENT_LENGTH.length;
  return (
    ((bytes[start] ?? 0) | 0x20) === 0x63 &&
    bytes[colon] === COLON &&
    bytes.toString('latin1', start, colon).toLowerCase() === CONTENT_LENGTH
  );
}

function readContentLength(bytes: Buffer, start: number, end: number): number {
  const digits = bytes.toString('latin1', start + CONTENT_LENGTH.length + 1, end).trim();
  if (!/^\d{1,15}$/.test(digits)) throw new EslProtocolError('A Content-Length is not a number of bytes.');
  return Number(digits);
}

export interface FrameReaderOptions {
  /** Read messages *to* FreeSWITCH, which begin with a line that is no header (for a peer that plays FreeSWITCH). */
  readonly commands?: boolean;
}

class UnfinishedMessage {
  /** How many of its bytes were searched for the end of a line. */
  searched = 0;
  /** Where the line begins that is being read. */
  lineStart = 0;
  /** Where each line of the header block begins, that one included. */
  readonly lineStarts = [0];
  /** Length of the header block without the line feeds that end it; -1 while its end has not come. */
  headLength = -1;
  bodyLength: number | undefined;
}

/**
 * Bytes in, messages out, whichever way the stream is split. Keeps at most one unfinished message, on memory of its
 * own that grows with what has really arrived, not with what a Content-Length promises.
 */
export class FrameReader {
  readonly #limits: FrameLimits;
  readonly #commands: boolean;
  #store: Buffer = NOTHING;
  #held = 0;
  /** The unfinished message, as far as it is known; offsets count from its beginning. */
  #message = new UnfinishedMessage();
  #failed: EslProtocolError | undefined;

  constructor(limits: Partial<FrameLimits> = {}, options: FrameReaderOptions = {}) {
    this.#limits = { ...DEFAULT_FRAME_LIMITS, ...limits };
    this.#commands = options.commands ?? false;
  }

  /** Bytes of a message whose end has not come yet. */
  get heldBytes(): number {
    return this.#held;
  }

  /**
   * The messages that end in this chunk. They may share the chunk's memory, so it must not be written to afterwards.
   * @throws EslProtocolError when the stream is wrong; from then on every call throws it
   */
  push(chunk: Buffer): EslFrame[] {
    if (this.#failed !== undefined) throw new EslProtocolError(this.#failed.detail);
    const frames: EslFrame[] = [];
    try {
      const at = this.#finishHeld(chunk, frames);
      if (this.#held === 0) this.#readAll(chunk, at, frames);
      return frames;
    } catch (error) {
      this.#forgetHeld();
      if (!(error instanceof EslProtocolError)) throw error;
      this.#failed = new EslProtocolError(error.detail, frames);
      throw this.#failed;
    }
  }

  /**
   * Copies no more of the chunk behind the held bytes than the message needs that began there.
   * @returns where in the chunk the message after that begins
   */
  #finishHeld(chunk: Buffer, frames: EslFrame[]): number {
    let at = 0;
    while (this.#held > 0 && at < chunk.length) {
      const piece = chunk.subarray(at, at + this.#wanted());
      const data = this.#append(piece);
      const frame = this.#read(data, 0);
      at += piece.length;
      if (frame === undefined) continue;
      frames.push(frame);
      at -= data.length - this.#next;
      // The message has that memory now.
      this.#forgetHeld();
    }
    return at;
  }

  #readAll(chunk: Buffer, from: number, frames: EslFrame[]): void {
    this.#next = from;
    for (;;) {
      const frame = this.#read(chunk, this.#next);
      if (frame === undefined) break;
      frames.push(frame);
    }
    this.#held = chunk.length - this.#next;
    // A copy, so that an unfinished message does not pin the whole chunk.
    if (this.#held > 0) this.#store = copyOf(chunk.subarray(this.#next));
  }

  /** How many bytes more the unfinished message may need: exactly as many, once its headers are known. */
  #wanted(): number {
    const { headLength, bodyLength = 0 } = this.#message;
    return headLength < 0 ? PIECE_BYTES : headLength + 2 + bodyLength - this.#held;
  }

  #forgetHeld(): void {
    this.#store = NOTHING;
    this.#held = 0;
  }

  /** Where the message after the one just read begins; after an unfinished one, where that one begins. */
  #next = 0;

  #read(data: Buffer, from: number): EslFrame | undefined {
    let at = from;
    const message = this.#message;
    if (message.searched === 0) {
      // FreeSWITCH leaves an empty line behind where a reply's own text ended with a line break.
      while (data[at] === LF) at++;
    }
    this.#next = at;
    if (at >= data.length) return undefined;
    if (message.headLength < 0) {
      if (!this.#commands && message.lineStart === 0) checkBeginning(data, at);
      this.#readHead(message, data, at);
      if (message.headLength < 0) return undefined;
    }
    // Behind the block stand the line feed of its last line and the empty line.
    const bodyStart = at + message.headLength + 2;
    const bodyEnd = bodyStart + (message.bodyLength ?? 0);
    if (data.length < bodyEnd) return undefined;
    const head = data.subarray(at, at + message.headLength);
    const body = bodyEnd === bodyStart ? NOTHING : data.subarray(bodyStart, bodyEnd);
    this.#message = new UnfinishedMessage();
    this.#next = bodyEnd;
    return new EslFrame(head, body, message.lineStarts);
  }

  /** Line by line to the empty one, going on where the chunk before ended. */
  #readHead(message: UnfinishedMessage, data: Buffer, at: number): void {
    const { lineStarts } = message;
    const maxEnd = at + this.#limits.maxHeaderBytes;
    let start = at + message.lineStart;
    let end = data.indexOf(LF, at + message.searched);
    for (; end > start; end = data.indexOf(LF, start)) {
      // Behind the limit it does not count, however much of it is there already.
      if (end <= maxEnd && isContentLength(data, start))
        this.#noteBodyLength(message, readContentLength(data, start, end));
      start = end + 1;
      lineStarts.push(start - at);
    }
    if ((end < 0 ? data.length : end) > maxEnd) {
      throw new EslProtocolError(`A header block is longer than ${this.#limits.maxHeaderBytes} bytes.`);
    }
    if (end < 0) {
      message.lineStart = start - at;
      message.searched = data.length - at;
    } else {
      message.headLength = end - 1 - at;
      lineStarts.pop();
    }
  }

  #noteBodyLength(message: UnfinishedMessage, found: number): void {
    if (found > this.#limits.maxBodyBytes) {
      throw new EslProtocolError(`A body is longer than ${this.#limits.maxBodyBytes} bytes.`);
    }
    // Two that differ: no reading of them is safe, so none is tried.
    if (message.bodyLength !== undefined && message.bodyLength !== found) {
      throw new EslProtocolError('A message has two Content-Lengths that differ.');
    }
    message.bodyLength = found;
  }

  /** The held bytes with the chunk behind them. Doubles the room, so that many small chunks cost no more than one. */
  #append(chunk: Buffer): Buffer {
    const length = this.#held + chunk.length;
    if (length > this.#store.length) {
      const room = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#held));
      this.#store.copy(room, 0, 0, this.#held);
      this.#store = room;
    }
    chunk.copy(this.#store, this.#held);
    this.#held = length;
    return this.#store.subarray(0, length);
  }
}

/** A message begins with a header; what does not is refused before much of it is kept. */
function checkBeginning(data: Buffer, at: number): void {
  const end = Math.min(data.length, at + MAX_FIRST_NAME_BYTES);
  for (let i = at; i < end; i++) {
    const byte = data[i] ?? 0;
    if (byte === COLON && i > at) return;
    if (byte <= SPACE || byte > 0x7e || byte === COLON) throw notAMessage();
  }
  if (end - at === MAX_FIRST_NAME_BYTES) throw notAMessage();
}

function notAMessage(): EslProtocolError {
  return new EslProtocolError('What came does not begin with a header, as a message of FreeSWITCH does.');
}

/** A part of a long string keeps the whole of it in memory; a copy does not. For what outlives its frame. */
export function detachedText(text: string): string {
  return Buffer.from(text).toString();
}
