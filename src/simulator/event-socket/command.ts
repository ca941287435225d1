/** One command as mod_event_socket reads it: its first line, headers with names in lower case, perhaps a body. */
export interface SocketCommand {
  readonly line: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | undefined;
}

/** A command may be this long before FreeSWITCH takes it as it is. */
const MAX_COMMAND_BYTES = 10_485_760;

/**
 * Cuts a byte stream into commands as `read_packet` does: line ends before a command are skipped, a command ends at
 * two line feeds with nothing but carriage returns between, and `content-length` brings a body.
 */
export class CommandReader {
  private buffer = '';
  /** How far the present command has been searched for its end. */
  private searched = 0;

  push(chunk: Buffer): void {
    this.buffer += chunk.toString('latin1');
  }

  get hasBytes(): boolean {
    return this.buffer !== '';
  }

  /** The next whole command, taken off the buffer; undefined while it is not complete. */
  next(): SocketCommand | undefined {
    let skip = 0;
    while (this.buffer[skip] === '\r' || this.buffer[skip] === '\n') skip += 1;
    if (skip > 0) {
      this.buffer = this.buffer.slice(skip);
      this.searched = 0;
    }
    const end = this.findEnd();
    if (end < 0) return undefined;
    const lines = this.buffer
      .slice(0, end)
      .split(/[\r\n]+/)
      .filter((line) => line !== '');
    const headers: [string, string][] = [];
    let bodyLength = 0;
    for (const line of lines.slice(1)) {
      const colon = line.indexOf(':');
      if (colon < 0) continue;
      const name = line.slice(0, colon).toLowerCase();
      const value = line.slice(colon + 1).replace(/^ +/, '');
      headers.push([name, value]);
      if (name === 'content-length') bodyLength = Math.max(0, Number.parseInt(value, 10) || 0);
    }
    if (this.buffer.length < end + bodyLength) return undefined;
    let body: string | undefined;
    if (bodyLength > 0) {
      body = this.buffer.slice(end, end + bodyLength);
      const nul = body.indexOf('\0');
      if (nul >= 0) body = body.slice(0, nul);
    }
    this.buffer = this.buffer.slice(end + bodyLength);
    this.searched = 0;
    return { line: lines[0] ?? '', headers, body };
  }

  private findEnd(): number {
    let feeds = 0;
    const { buffer } = this;
    let i = Math.max(0, this.searched - 2);
    // Begin with a whole line end, so that the count is right.
    while (i > 0 && (buffer[i] === '\r' || buffer[i] === '\n')) i -= 1;
    for (; i < buffer.length; i += 1) {
      const char = buffer[i];
      if (char === '\n') feeds += 1;
      else if (char !== '\r') feeds = 0;
      if (feeds === 2) return i + 1;
      if (i + 1 >= MAX_COMMAND_BYTES) return i + 1;
    }
    this.searched = buffer.length;
    return -1;
  }
}
