import { fstatSync, writeSync } from 'node:fs';

/**
 * Where the daemon's log goes: standard output, for as long as it takes lines. Node gives a file up for good at its
 * first error, and a disk that is full now may have room again in an hour: files are written directly. What is lost
 * meanwhile is counted, and told when a line gets through.
 */
export function logOutput(fd = 1, stream: NodeJS.WritableStream = process.stdout): (line: string) => void {
  if (!isFile(fd)) return (line) => void stream.write(line);
  let lost = 0;
  // The last line that was written may have been cut short.
  let isBroken = false;
  return (line) => {
    const told = lost === 0 ? '' : lostLine(lost);
    try {
      writeAll(fd, `${isBroken ? '\n' : ''}${told}${line}`, () => (isBroken = true));
      lost = 0;
      isBroken = false;
    } catch {
      lost += 1;
    }
  };
}

function writeAll(fd: number, text: string, onPart: () => void): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length;) {
    at += writeSync(fd, bytes, at);
    if (at < bytes.length) onPart();
  }
}

function lostLine(lines: number): string {
  const time = new Date().toISOString();
  return `${JSON.stringify({ level: 'error', time, lines, msg: 'log lines lost: the output did not take them' })}\n`;
}

/** Also what behaves like one, such as /dev/full; not a pipe, a socket or a terminal, which may be slow. */
function isFile(fd: number): boolean {
  try {
    const status = fstatSync(fd);
    return status.isFile() || (status.isCharacterDevice() && !process.stdout.isTTY);
  } catch {
    return false;
  }
}
