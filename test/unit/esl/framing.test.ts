import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EslProtocolError, FrameReader, type EslFrame, type FrameLimits } from '../../../src/esl/framing.js';
import { apiResponse, channelData, commandReply, plainEvent } from './scripted-peer.js';

interface Seen {
  readonly headers: [string, string][];
  readonly body: string;
}

function seen(frame: EslFrame): Seen {
  return { headers: [...frame.headers()], body: frame.body.toString('latin1') };
}

function split(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...places, bytes.length].map((place, i) => bytes.subarray(places[i - 1] ?? 0, place));
}

/** What a reader makes of a stream: its messages, and what was wrong with the rest. */
function readAll(
  chunks: readonly Buffer[],
  limits?: Partial<FrameLimits>,
): { frames: Seen[]; error: string } {
  const reader = new FrameReader(limits);
  const frames: Seen[] = [];
  try {
    for (const chunk of chunks) for (const frame of reader.push(Buffer.from(chunk))) frames.push(seen(frame));
  } catch (error) {
    if (!(error instanceof EslProtocolError)) throw error;
    return { frames: [...frames, ...error.framesBefore.map(seen)], error: error.detail };
  }
  return { frames, error: reader.heldBytes > 0 ? 'unfinished' : '' };
}

function readOne(text: string): EslFrame {
  const [frame] = new FrameReader().push(Buffer.from(text));
  if (frame === undefined) throw new Error('no message');
  return frame;
}

const session = [
  'Content-Type: auth/request\n\n',
  commandReply('+OK accepted'),
  channelData({ variable_sdp: 'v%3D0%0D%0A' }),
  commandReply('Grüße 📞 100% %41'),
  '\n',
  apiResponse('+OK Zoë ☎\n\nContent-Length: 7\n'),
  plainEvent({ 'Event-Name': 'BACKGROUND_JOB', 'Job-UUID': 'x' }, 'inner\n\nbody é'),
  'Content-Type: text/disconnect-notice\nContent-Disposition: linger\nContent-Length: 0\n\n',
  'Content-Type: text/disconnect-notice\nContent-Length: 67\n\nDisconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n',
];

describe('FrameReader', () => {
  const bytes = Buffer.from(session.join(''));
  const whole = readAll([bytes]);

  it('reads each message of a session with its headers and body', () => {
    expect(whole.error).toBe('');
    expect(
      whole.frames.map(({ headers, body }) => [headers.length, Buffer.from(body, 'latin1').toString()]),
    ).toEqual([
      [1, ''],
      [2, ''],
      [8, ''],
      [2, ''],
      [2, '+OK Zoë ☎\n\nContent-Length: 7\n'],
      [2, 'Event-Name: BACKGROUND_JOB\nJob-UUID: x\nContent-Length: 14\n\ninner\n\nbody é'],
      [3, ''],
      [2, 'Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n'],
    ]);
    expect(whole.frames[3]?.headers).toEqual([
      ['Content-Type', 'command/reply'],
      ['Reply-Text', 'Grüße 📞 100% A'],
    ]);
  });

  it('reads the same at each single split', () => {
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(readAll([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(whole);
    }
  });

  it('reads the same byte by byte', () => {
    expect(readAll([...bytes].map((byte) => Buffer.of(byte)))).toEqual(whole);
  });

  const name = fc
    .stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,20}$/)
    .filter((text) => text.toLowerCase() !== 'content-length');
  const value = fc
    .string({ unit: fc.constantFrom('a', 'é', '📞', ':', ' ', '%', '%41', '%C3', '\r', '\t', '"', 'ß') })
    .map((text) => text.replaceAll('\n', ''));
  const message = fc.record({
    headers: fc.array(fc.tuple(name, value), { minLength: 1, maxLength: 6 }),
    body: fc.string({
      unit: fc.constantFrom('\n', '\n\n', 'é', '☎', 'Content-Length: 5\n', 'x'),
      maxLength: 12,
    }),
    emptyBody: fc.constantFrom('absent', 'zero'),
    lengthFirst: fc.boolean(),
    lineFeedsBefore: fc.nat({ max: 2 }),
  });

  it('gives the messages that were sent, however the stream is split', () => {
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 8 }),
        fc.array(fc.nat(), { maxLength: 30 }),
        (messages, cuts) => {
          const stream: string[] = [];
          for (const { headers, body, emptyBody, lengthFirst, lineFeedsBefore } of messages) {
            const lines = headers.map(([n, v]) => `${n}: ${v}`);
            const length = `Content-Length: ${Buffer.byteLength(body)}`;
            if (body !== '' || emptyBody === 'zero') {
              if (lengthFirst) lines.unshift(length);
              else lines.push(length);
            }
            stream.push('\n'.repeat(lineFeedsBefore), lines.join('\n'), '\n\n', body);
          }
          const all = Buffer.from(stream.join(''));
          const reader = new FrameReader();
          const frames = split(all, cuts).flatMap((chunk) => reader.push(Buffer.from(chunk)));
          expect(reader.heldBytes).toBe(0);
          expect(frames.map((frame) => frame.bodyText)).toEqual(messages.map(({ body }) => body));
          for (const [i, frame] of frames.entries()) {
            for (const [n] of messages[i]?.headers ?? []) {
              const first = messages[i]?.headers.find(([other]) => other.toLowerCase() === n.toLowerCase());
              expect(frame.raw(n)).toBe(first?.[1]);
            }
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('finds the same fault at the same place, however the stream is split', () => {
    const faults = fc.constantFrom(
      'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
      '\x16\x03\x01\x02\x00\x01\x00\x01',
      'no colon here\n\n',
      ': no name\n\n',
      'Content-Length: -1\n\n',
      'Content-Length: 1e3\n\n',
      'Content-Length: 9999999999999999999\n\n',
      'Content-Length: 301\nA: b\n\n',
      'Content-Length: 3\nContent-Length: 4\n\nabcd',
      `A: ${'x'.repeat(300)}\n\n`,
      `A: b\n${'C: d\n'.repeat(80)}\n`,
      `Content-Length: 3\n${'C: d\n'.repeat(80)}Content-Length: 4\n\nabcd`,
      `${'C: d\n'.repeat(80)}Content-Length: x\n\n`,
      'n'.repeat(300),
    );
    fc.assert(
      fc.property(
        faults,
        fc.nat({ max: 3 }),
        fc.array(fc.nat(), { maxLength: 10 }),
        (fault, before, cuts) => {
          const limits = { maxHeaderBytes: 290, maxBodyBytes: 300 };
          const all = Buffer.from(
            commandReply('+OK').repeat(before) + fault + commandReply('+OK').repeat(3),
            'latin1',
          );
          const expected = readAll([all], limits);
          expect(expected.frames).toHaveLength(before);
          expect(expected.error).not.toBe('');
          expect(readAll(split(all, cuts), limits)).toEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('accepts what is exactly at the limits', () => {
    const limits = { maxHeaderBytes: 100, maxBodyBytes: 5 };
    const head = `A: ${'x'.repeat(78)}\nContent-Length: 5`;
    expect(readAll([Buffer.from(`${head}\n\nabcde`)], limits)).toMatchObject({
      error: '',
      frames: [{ body: 'abcde' }],
    });
    expect(readAll([Buffer.from(`A${head}\n\nabcdef`)], limits).error).toMatch(/header block/);
    expect(readAll([Buffer.from('Content-Length: 6\n\nabcdef')], limits).error).toMatch(/body/);
  });

  it('keeps no more of an endless header than the limit', () => {
    const reader = new FrameReader({ maxHeaderBytes: 10_000 });
    let most = 0;
    expect(() => {
      for (let i = 0; i < 1_000; i++) {
        reader.push(Buffer.from(`Endless-${i}: ${'x'.repeat(90)}\n`));
        most = Math.max(most, reader.heldBytes);
      }
    }).toThrow(EslProtocolError);
    expect(most).toBeLessThanOrEqual(10_000);
    expect(reader.heldBytes).toBe(0);
  });

  it('takes no memory for a body that is only promised', () => {
    const reader = new FrameReader({ maxBodyBytes: 1e12 });
    reader.push(Buffer.from('Content-Length: 999999999999\n\nabc'));
    expect(reader.heldBytes).toBeLessThan(100);
    expect(reader.push(Buffer.from('def'))).toEqual([]);
  });

  it('reads a long body that comes in small pieces without copying it each time', () => {
    const reader = new FrameReader();
    const body = Buffer.alloc(4_000_000, 'x');
    reader.push(Buffer.from(`Content-Length: ${body.length}\n\n`));
    let frames: EslFrame[] = [];
    // Copying it each time would move terabytes: the test would not end.
    for (let at = 0; at < body.length; at += 2) frames = reader.push(body.subarray(at, at + 2));
    expect(frames).toHaveLength(1);
    expect(frames[0]?.body.equals(body)).toBe(true);
  });

  it('reads a long header line that comes in small pieces without searching it each time', () => {
    const reader = new FrameReader();
    const line = Buffer.from(`A: ${'x'.repeat(1_000_000)}\n\n`);
    let frames: EslFrame[] = [];
    for (let at = 0; at < line.length; at += 4) frames = reader.push(line.subarray(at, at + 4));
    expect(frames[0]?.raw('A')).toHaveLength(1_000_000);
  });

  it('reads a block of many lines without a colon in time', () => {
    // Looking for a colon from each line on to the next would search terabytes.
    const text = `A: b\n${'x\n'.repeat(4_000_000)}B: c\n\n`;
    const [frame] = new FrameReader({ maxHeaderBytes: 10_000_000 }).push(Buffer.from(text));
    if (frame === undefined) throw new Error('no message');
    expect(frame.get('B')).toBe('c');
    expect([...frame.headers()]).toEqual([
      ['A', 'b'],
      ['B', 'c'],
    ]);
  });

  it('refuses early what never becomes a header', () => {
    expect(() => new FrameReader().push(Buffer.from('n'.repeat(256)))).toThrow(EslProtocolError);
    expect(() => new FrameReader().push(Buffer.from('two words'))).toThrow(EslProtocolError);
  });

  it('does not need the chunk any more in which a message began', () => {
    const reader = new FrameReader();
    const chunk = Buffer.from('Content-Type: api/resp');
    reader.push(chunk);
    chunk.fill(0);
    const [frame] = reader.push(Buffer.from('onse\n\n'));
    expect(frame?.contentType).toBe('api/response');
  });

  it('throws again once the stream was wrong', () => {
    const reader = new FrameReader();
    expect(() => reader.push(Buffer.from('GET / HTTP/1.1\r\n'))).toThrow(EslProtocolError);
    expect(() => reader.push(Buffer.from(commandReply('+OK')))).toThrow(EslProtocolError);
  });

  it('gives messages that later chunks do not change', () => {
    const reader = new FrameReader();
    const all = Buffer.from(apiResponse('first') + apiResponse('second') + apiResponse('third'));
    const frames = split(all, [10, 60, 100, 130]).flatMap((chunk) => reader.push(Buffer.from(chunk)));
    expect(frames.map((frame) => frame.bodyText)).toEqual(['first', 'second', 'third']);
  });

  it('reads commands too, where it is asked to', () => {
    const reader = new FrameReader({}, { commands: true });
    const frames = reader.push(
      Buffer.from('connect\n\napi status x\n\nsendmsg\ncall-command: execute\ncontent-length: 2\n\nab'),
    );
    expect(frames.map((frame) => frame.firstLine)).toEqual(['connect', 'api status x', 'sendmsg']);
    expect(frames[2]?.get('Call-Command')).toBe('execute');
    expect(frames[2]?.bodyText).toBe('ab');
  });
});

describe('EslFrame', () => {
  it('finds the first header of a name, in any case', () => {
    const frame = readOne('Content-Type: a\nX-One: 1\nx-ONE: 2\n\n');
    expect(frame.get('x-one')).toBe('1');
    expect(frame.get('CONTENT-TYPE')).toBe('a');
    expect(frame.contentType).toBe('a');
    expect(frame.get('x-on')).toBeUndefined();
    expect(frame.get('')).toBeUndefined();
  });

  it('decodes, or does not', () => {
    const frame = readOne('A: %2BOK%0A\nB: 50%\nC: _undef_\n\n');
    expect([frame.get('A'), frame.raw('A')]).toEqual(['+OK\n', '%2BOK%0A']);
    expect([frame.get('B'), frame.raw('B')]).toEqual(['50%', '50%']);
    expect([frame.get('C'), frame.raw('C')]).toEqual(['', '_undef_']);
  });

  it('keeps what stands behind a second ": ", and colons in names', () => {
    const frame = readOne(
      'User-Data: a: b: c\nvariable_x:y: 1\nNo-Blank:2\nEmpty:\nEmpty-Too: \nnot a header\nZ: 3\n\n',
    );
    expect(frame.get('User-Data')).toBe('a: b: c');
    expect(frame.get('variable_x:y')).toBe('1');
    expect(frame.get('variable_x')).toBeUndefined();
    expect(frame.get('No-Blank')).toBe('2');
    expect([frame.get('Empty'), frame.get('Empty-Too')]).toEqual(['', '']);
    expect(frame.get('not a header')).toBeUndefined();
    expect(frame.get('Z')).toBe('3');
    expect([...frame.headers()].map(([name]) => name)).toEqual([
      'User-Data',
      'variable_x:y',
      'No-Blank',
      'Empty',
      'Empty-Too',
      'Z',
    ]);
  });

  it('reads names and values that are not ASCII', () => {
    const frame = readOne('Reply-Text: Grüße 📞\nvariable_größe: 3\nA: b\n\n');
    expect(frame.get('Reply-Text')).toBe('Grüße 📞');
    expect(frame.get('VARIABLE_größe')).toBe('3');
    expect(frame.get('A')).toBe('b');
    expect([...frame.headers()][1]).toEqual(['variable_größe', '3']);
  });

  it('has no content type, body or text where there is none', () => {
    const frame = readOne('A: b\n\n');
    expect([frame.contentType, frame.body.length, frame.bodyText]).toEqual(['', 0, '']);
  });

  it('needs the chunk no more for its headers, once they were asked for', () => {
    const chunk = Buffer.from(channelData());
    const [frame] = new FrameReader().push(chunk);
    expect(frame?.get('Control')).toBe('full');
    chunk.fill(0);
    expect(frame?.get('Socket-Mode')).toBe('static');
  });
});
