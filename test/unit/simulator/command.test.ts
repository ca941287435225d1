import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CommandReader, type SocketCommand } from '../../../src/simulator/event-socket/command.js';

function readAll(bytes: Buffer, cuts: readonly number[]): SocketCommand[] {
  const reader = new CommandReader();
  const commands: SocketCommand[] = [];
  const ends = [...cuts].sort((a, b) => a - b);
  let from = 0;
  for (const to of [...ends, bytes.length]) {
    reader.push(bytes.subarray(from, to));
    from = to;
    for (let command = reader.next(); command !== undefined; command = reader.next()) commands.push(command);
  }
  return commands;
}

const STREAM = Buffer.from(
  '\n\nconnect\n\nlinger 10\r\n\r\n\n' +
    'sendmsg\nCall-Command: execute\nexecute-app-name:   set\ncontent-type: text/plain\ncontent-length: 9\n\na=ü\n\nb=1' +
    'getvar a\n\nexit\n\n',
);

const EXPECTED: SocketCommand[] = [
  { line: 'connect', headers: [], body: undefined },
  { line: 'linger 10', headers: [], body: undefined },
  {
    line: 'sendmsg',
    headers: [
      ['call-command', 'execute'],
      ['execute-app-name', 'set'],
      ['content-type', 'text/plain'],
      ['content-length', '9'],
    ],
    body: Buffer.from('a=ü\n\nb=1').toString('latin1'),
  },
  { line: 'getvar a', headers: [], body: undefined },
  { line: 'exit', headers: [], body: undefined },
];

describe('CommandReader', () => {
  it('reads the same commands wherever the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: STREAM.length }), { maxLength: 12 }), (cuts) => {
        expect(readAll(STREAM, cuts)).toEqual(EXPECTED);
      }),
    );
  });

  it('reads them byte by byte', () => {
    expect(
      readAll(
        STREAM,
        Array.from({ length: STREAM.length }, (_, index) => index),
      ),
    ).toEqual(EXPECTED);
  });

  it('gives nothing before a command is complete', () => {
    const reader = new CommandReader();
    reader.push(Buffer.from('getvar a\n'));
    expect(reader.next()).toBeUndefined();
    expect(reader.hasBytes).toBe(true);
    reader.push(Buffer.from('\n'));
    expect(reader.next()?.line).toBe('getvar a');
    expect(reader.hasBytes).toBe(false);
  });

  it('ends a body at NUL, as C does', () => {
    const reader = new CommandReader();
    reader.push(Buffer.from('sendmsg\ncontent-length: 5\n\nab\0cd'));
    expect(reader.next()?.body).toBe('ab');
  });
});
