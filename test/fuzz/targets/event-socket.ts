import { EslEvent, parseArrayValue } from '../../../src/esl/event.js';
import { EslProtocolError, FrameReader } from '../../../src/esl/framing.js';
import type { EslFrame } from '../../../src/esl/framing.js';
import { bytesForm } from '../forms/bytes.js';
import { defineTarget, must, mustEqual } from '../target.js';

const LIMITS = { maxHeaderBytes: 16 * 1024, maxBodyBytes: 32 * 1024 };

interface Seen {
  readonly frames: readonly unknown[];
  readonly fault: string;
  readonly heldBytes: number;
}

function whatIsIn(frame: EslFrame): unknown {
  const headers = [...frame.headers()];
  for (const [name] of headers) {
    // What is no UTF-8 is shown as what stands for it, and cannot be asked for.
    if (name.includes('\ufffd')) continue;
    must(frame.raw(name) !== undefined, `a header is listed and not found: "${name}"`);
    const ascii = /^[\0-\x7f]*$/.test(name);
    must(!ascii || frame.get(name.toUpperCase()) === frame.get(name), `a header has two values: "${name}"`);
  }
  must(headers.length <= 1 + LIMITS.maxHeaderBytes, 'more headers than bytes');
  const event = EslEvent.fromFrame(frame);
  const told = event && [
    event.name,
    event.body,
    parseArrayValue(event.get('variable_x') ?? ''),
    event.variable('__proto__'),
  ];
  return [headers, frame.body.toString('latin1'), frame.contentType, frame.firstLine, told];
}

function readIn(bytes: Buffer, pieces: (at: number) => number, commands: boolean): Seen {
  const reader = new FrameReader(LIMITS, { commands });
  const frames: unknown[] = [];
  let most = 0;
  try {
    for (let at = 0; at < bytes.length;) {
      const size = Math.max(1, pieces(at));
      // Its own memory, overwritten once the message's content was taken: what is kept must be a copy.
      const chunk = Buffer.from(bytes.subarray(at, at + size));
      for (const frame of reader.push(chunk)) frames.push(whatIsIn(frame));
      chunk.fill(0);
      most = Math.max(most, reader.heldBytes);
      at += size;
    }
  } catch (error) {
    if (!(error instanceof EslProtocolError)) throw error;
    for (const frame of error.framesBefore) frames.push(whatIsIn(frame));
    return { frames, fault: error.detail, heldBytes: 0 };
  }
  const limit = LIMITS.maxHeaderBytes + LIMITS.maxBodyBytes + 2;
  must(most <= limit, `${most} bytes are held, at most ${limit} are allowed`);
  return { frames, fault: '', heldBytes: reader.heldBytes };
}

function event(headers: string, body = ''): string {
  const inner =
    body === '' ? `${headers}\n\n` : `${headers}\nContent-Length: ${Buffer.byteLength(body)}\n\n${body}`;
  return `Content-Length: ${Buffer.byteLength(inner)}\nContent-Type: text/event-plain\n\n${inner}`;
}

function json(value: unknown): string {
  const text = JSON.stringify(value);
  return `Content-Length: ${Buffer.byteLength(text)}\nContent-Type: text/event-json\n\n${text}`;
}

const SEEDS = [
  'Content-Type: auth/request\n\n',
  'Content-Type: command/reply\nReply-Text: +OK accepted\n\n',
  'Event-Name: CHANNEL_DATA\nvariable_sdp: v%3D0%0D%0A\nCaller-Caller-ID-Name: Zo%C3%AB\nvariable_a:b: c\nvariable_x: ARRAY::a|:b\n\n',
  'Content-Type: command/reply\nReply-Text: Grüße 📞 100% %41\n\n\n',
  'Content-Type: api/response\nContent-Length: 14\n\n+OK Zoë ☎',
  event('Event-Name: BACKGROUND_JOB\nJob-UUID: x', 'inner\n\nbody é'),
  event('Event-Name: CHANNEL_ANSWER\nvariable_x: ARRAY::a|:b%0a\nvariable_y: _undef_'),
  json({ 'Event-Name': 'CUSTOM', variable_x: ['a', 'b'], _body: 'x', __proto__x: { a: 1 } }),
  'Content-Type: text/disconnect-notice\nContent-Disposition: linger\nContent-Length: 0\n\n',
  'connect\n\nsendmsg\ncall-command: execute\nexecute-app-name: set\ncontent-type: text/plain\ncontent-length: 3\n\na=b',
];

export const target = defineTarget<Buffer>({
  name: 'event-socket',
  about:
    'Bytes from the Event Socket: the same messages however they are split, or one documented error; nothing held beyond the limits; every header that is listed is found; events read from them.',
  covers: ['esl/framing.ts', 'esl/header-block.ts', 'esl/event.ts', 'esl/url-decode.ts'],
  form: bytesForm([
    'Content-Length: ', 'content-length:', 'Content-Length: 5\n', 'Content-Type: ', 'text/event-plain', 'text/event-json', '\n\n',
    'Event-Name: ', 'Reply-Text: ', 'ARRAY::', '|:', '_undef_', '%C3%A9', '%F0%9F', 'variable_', ': ', '16384', '32769', '{"', '":', '"_body"', '__proto__',
  ]), // prettier-ignore
  seeds: [...SEEDS, SEEDS.join('')].map((text) => Buffer.from(text)),
  found: [
    'with a header block above the limit, which of two faults was told depended on how the stream was split (`esl/framing.ts`)',
  ],
  run(bytes) {
    for (const commands of [false, true]) {
      const whole = readIn(bytes, () => bytes.length, commands);
      mustEqual(
        readIn(bytes, (at) => 1 + ((at * 7919) % 13), commands),
        whole,
        'split into small pieces',
      );
      if (bytes.length < 300)
        mustEqual(
          readIn(bytes, () => 1, commands),
          whole,
          'byte by byte',
        );
    }
  },
});
