import { Readable } from 'node:stream';
import { FreeSwitchParser } from 'esl-lite';
import { pino } from 'pino';
import { FrameReader } from '../../src/esl/framing.js';

/** The daemon's own reading of the Event Socket, on one core; ratios are of the same run. */
export interface FramingResult {
  /** Events of 3 kB per second through FrameReader, read in chunks of 64 kB. */
  readonly messagesPerSecond: number;
  /** The same stream through esl-lite's parser. */
  readonly eslLiteMessagesPerSecond: number;
  /** `connect` blocks per second of which the runner's headers were read, framing included. */
  readonly connectsPerSecond: number;
  /** The same headers of the same blocks, with esl-lite's parser. */
  readonly eslLiteConnectsPerSecond: number;
  /** connectsPerSecond / eslLiteConnectsPerSecond. */
  readonly headerRatio: number;
  readonly messageBytes: number;
  readonly connectBytes: number;
}

const CHUNK_BYTES = 64 * 1024;
const ROUND_MS = 100;
const ROUNDS = 24;

const silent = pino({ level: 'silent' });

/** What the runner asks of a call's data. */
const RUNNER_HEADERS = [
  'Unique-ID',
  'Channel-Name',
  'Socket-Mode',
  'Control',
  'Caller-Destination-Number',
  'Caller-Caller-ID-Number',
  'Caller-Caller-ID-Name',
  'Caller-Context',
  'variable_socket_path',
  'variable_cti_curl',
  'variable_cti_state',
  'variable_sip_call_id',
];

/** A block with the headers of a SIP call's, as FreeSWITCH 1.10.12 answers `connect`: no Content-Length. */
function connectBlock(call: number): string {
  const uuid = `8c1b7d2e-5f64-4b0a-9d59-${call.toString(16).padStart(12, '0')}`;
  const caller = (prefix: string): string[] => [
    `${prefix}-Direction: inbound`,
    `${prefix}-Logical-Direction: inbound`,
    `${prefix}-Username: 1000`,
    `${prefix}-Dialplan: XML`,
    `${prefix}-Caller-ID-Name: Zo%C3%AB%20Quelle`,
    `${prefix}-Caller-ID-Number: 1000`,
    `${prefix}-Orig-Caller-ID-Name: Zo%C3%AB%20Quelle`,
    `${prefix}-Orig-Caller-ID-Number: 1000`,
    `${prefix}-Network-Addr: 192.0.2.10`,
    `${prefix}-ANI: 1000`,
    `${prefix}-Destination-Number: 5000`,
    `${prefix}-Unique-ID: ${uuid}`,
    `${prefix}-Source: mod_sofia`,
    `${prefix}-Context: public`,
    `${prefix}-Channel-Name: sofia/internal/1000%40192.0.2.20`,
    `${prefix}-Profile-Index: 1`,
    `${prefix}-Profile-Created-Time: 1732147200123456`,
    `${prefix}-Channel-Created-Time: 1732147200123456`,
    ...['Answered', 'Progress', 'Progress-Media', 'Hangup', 'Transfer', 'Resurrect', 'Bridged'].map(
      (what) => `${prefix}-Channel-${what}-Time: 0`,
    ),
    `${prefix}-Channel-Last-Hold: 0`,
    `${prefix}-Channel-Hold-Accum: 0`,
    `${prefix}-Screen-Bit: true`,
    `${prefix}-Privacy-Hide-Name: false`,
    `${prefix}-Privacy-Hide-Number: false`,
  ];
  return [
    'Event-Name: CHANNEL_DATA',
    'Core-UUID: 0b6ae37e-2d1b-4b8a-8a2c-3f2d13a5f1aa',
    'FreeSWITCH-Hostname: switch-1',
    'FreeSWITCH-IPv4: 192.0.2.20',
    'Event-Date-Local: 2024-11-21%2000%3A00%3A00',
    'Event-Date-GMT: Thu,%2021%20Nov%202024%2000%3A00%3A00%20GMT',
    'Event-Date-Timestamp: 1732147200123456',
    'Event-Calling-File: mod_event_socket.c',
    'Event-Calling-Function: parse_command',
    'Event-Calling-Line-Number: 2021',
    'Event-Sequence: 4711',
    ...caller('Channel'),
    'Channel-State: CS_EXECUTE',
    'Channel-Call-State: RINGING',
    'Channel-State-Number: 4',
    'Channel-Name: sofia/internal/1000%40192.0.2.20',
    `Unique-ID: ${uuid}`,
    'Call-Direction: inbound',
    'Presence-Call-Direction: inbound',
    'Channel-HIT-Dialplan: true',
    `Channel-Call-UUID: ${uuid}`,
    'Answer-State: ringing',
    ...caller('Caller'),
    'variable_direction: inbound',
    `variable_uuid: ${uuid}`,
    'variable_sip_from_user: 1000',
    'variable_sip_from_uri: 1000%40192.0.2.20',
    'variable_sip_from_host: 192.0.2.20',
    'variable_channel_name: sofia/internal/1000%40192.0.2.20',
    `variable_sip_call_id: 1-4242%40192.0.2.10-${call}`,
    'variable_sip_network_ip: 192.0.2.10',
    'variable_sip_network_port: 5066',
    'variable_sip_via_protocol: udp',
    'variable_sip_user_agent: Yealink%20SIP-T46U%20108.86.0.20',
    'variable_sip_contact_uri: 1000%40192.0.2.10%3A5066',
    'variable_cti_curl: http%3A//10.0.0.5/app%3Fnumber%3D%7Bdestination_number%7D',
    'variable_socket_host: 127.0.0.1',
    'variable_socket_path: curl/main',
    'variable_current_application_data: 127.0.0.1%3A8084/curl/main%20full',
    'variable_current_application: socket',
    'Content-Type: command/reply',
    'Reply-Text: %2BOK%0A',
    'Socket-Mode: static',
    'Control: full',
    '',
    '',
  ].join('\n');
}

/** A plain event of about 3 kB, as `event plain CHANNEL_EXECUTE_COMPLETE` delivers it. */
function eventMessage(call: number): string {
  const text = connectBlock(call).replace('CHANNEL_DATA', 'CHANNEL_EXECUTE_COMPLETE');
  return `Content-Length: ${Buffer.byteLength(text)}\nContent-Type: text/event-plain\n\n${text}`;
}

interface Stream {
  readonly chunks: readonly Buffer[];
  readonly messages: number;
  readonly messageBytes: number;
}

function makeStream(message: (call: number) => string): Stream {
  const messages = 2_000;
  const bytes = Buffer.from(Array.from({ length: messages }, (_, call) => message(call)).join(''));
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) chunks.push(bytes.subarray(at, at + CHUNK_BYTES));
  return { chunks, messages, messageBytes: Math.round(bytes.length / messages) };
}

type Pass = () => number | Promise<number>;

/** Passes per second in one round. */
async function rate(pass: Pass): Promise<number> {
  const begin = performance.now();
  let messages = 0;
  let elapsedMs: number;
  do {
    messages += await pass();
    elapsedMs = performance.now() - begin;
  } while (elapsedMs < ROUND_MS);
  return (messages * 1_000) / elapsedMs;
}

/** The best round of each, in turns: what else the machine does only makes a round worse, and so hits both. */
async function bestOfEach(ours: Pass, theirs: Pass): Promise<[number, number]> {
  let best: [number, number] = [0, 0];
  for (let round = 0; round < ROUNDS; round++) {
    best = [Math.max(best[0], await rate(ours)), Math.max(best[1], await rate(theirs))];
  }
  return best;
}

function readWithSwitchhook(stream: Stream, names: readonly string[]): number {
  const reader = new FrameReader();
  let messages = 0;
  let characters = 0;
  for (const chunk of stream.chunks) {
    for (const frame of reader.push(chunk)) {
      messages++;
      for (const name of names) characters += frame.get(name)?.length ?? 0;
    }
  }
  if (messages !== stream.messages || (names.length > 0 && characters === 0)) throw misread('switchhook');
  return messages;
}

/** Its parser gives the values of `connect` still URL-encoded: decoding them is part of giving the same ones. */
async function readWithEslLite(stream: Stream, names: readonly string[]): Promise<number> {
  let messages = 0;
  let characters = 0;
  for await (const message of FreeSwitchParser(Readable.from(stream.chunks), silent)) {
    if (message instanceof Error) continue;
    messages++;
    for (const name of names) {
      const value = message.headers.get(name);
      if (value !== undefined) characters += decodeURIComponent(value).length;
    }
  }
  // It loses a message where a chunk ends between the two line feeds: nearly all is what can be asked.
  if (messages < stream.messages * 0.9 || (names.length > 0 && characters === 0)) throw misread('esl-lite');
  return messages;
}

function misread(who: string): Error {
  return new Error(`${who} misread the stream`);
}

export async function benchFraming(): Promise<FramingResult> {
  const events = makeStream(eventMessage);
  const connects = makeStream(connectBlock);
  const [messagesPerSecond, eslLiteMessagesPerSecond] = await bestOfEach(
    () => readWithSwitchhook(events, []),
    () => readWithEslLite(events, []),
  );
  const [connectsPerSecond, eslLiteConnectsPerSecond] = await bestOfEach(
    () => readWithSwitchhook(connects, RUNNER_HEADERS),
    () => readWithEslLite(connects, RUNNER_HEADERS),
  );
  return {
    messagesPerSecond: Math.round(messagesPerSecond),
    eslLiteMessagesPerSecond: Math.round(eslLiteMessagesPerSecond),
    connectsPerSecond: Math.round(connectsPerSecond),
    eslLiteConnectsPerSecond: Math.round(eslLiteConnectsPerSecond),
    headerRatio: connectsPerSecond / eslLiteConnectsPerSecond,
    messageBytes: events.messageBytes,
    connectBytes: connects.messageBytes,
  };
}
