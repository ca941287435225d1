import { randomBytes } from 'node:crypto';
import type { EslCommand, EslReply } from '../esl/connection.js';
import { detachedText } from '../esl/framing.js';
import type { EslFrame } from '../esl/framing.js';
import type { Headers } from './dump.js';
import type { ChannelData, Step } from './channel.js';

/** What both kinds of channel that come over `socket` have in common. */

/** The channel as `connect` described it. */
export class FrameData implements ChannelData {
  #frame: EslFrame | undefined;
  /** As it was described again. */
  #dump: Headers | undefined;
  readonly #asked: ReadonlyMap<string, string>;

  /** @param asked variables whose exact value is known, because it was asked for */
  constructor(frame: EslFrame, asked: ReadonlyMap<string, string>) {
    this.#frame = frame;
    this.#asked = asked;
  }

  header(name: string): string | undefined {
    return this.#dump?.get(name) ?? detached(this.#frame?.get(name));
  }

  variable(name: string): string | undefined {
    return this.#asked.get(name) ?? this.header(`variable_${name}`);
  }

  /**
   * Lets go of the channel's description: some 6 kB that nobody needs any more when the last segment of a program is
   * under way, and a call may last for hours.
   */
  forget(): void {
    this.#frame = undefined;
    this.#dump = undefined;
  }

  /** It was kept after all. */
  renew(dump: Headers): void {
    this.#dump = dump;
  }
}

/** What the dialplan says when it connects a call a second time (dialplan/switchhook.xml). */
export function comesAgain(description: EslFrame): boolean {
  return description.get('variable_current_application_data')?.endsWith(' again') === true;
}

/** Traces keep what they are told for as long as the call lasts. */
function detached(value: string | undefined): string | undefined {
  return value === undefined ? undefined : detachedText(value);
}

/** Tells the runs of this daemon from those of any other; the count tells its channels apart. */
const DAEMON = randomBytes(4).toString('hex');
let channels = 0;

function nextPrefix(): string {
  channels += 1;
  return `${DAEMON}${channels.toString(36)}`;
}

/** Names for the runs of segments on one channel, not the same as those of a daemon that had the channel before. */
export class RunNames {
  readonly #prefix = nextPrefix();
  #count = 0;

  next(): string {
    this.#count += 1;
    return `${this.#prefix}x${this.#count}`;
  }
}

export function variableCommand(name: string): EslCommand {
  return { line: `getvar ${name}`, timeoutMs: 0 };
}

/**
 * The value in the reply to `getvar`. FreeSWITCH answers a variable without a value with `-ERR command not found`
 * (mod_event_socket.c parse_command: an empty reply becomes that).
 */
export function valueOf(reply: EslReply): string | undefined {
  return reply.text === '-ERR command not found' || reply.text === '' ? undefined : reply.text;
}

/** switch_ivr_play_say.c switch_ivr_play_file: `playback_timeout_sec` below 2 is not heeded. */
const PIECE_SECONDS = 2;

/**
 * What keeps a caller for a moment. A stream, which may be endless, is cut into pieces; a file is played as it is, so
 * that it is not cut in its middle again and again.
 */
export function waitingStep(play: string | undefined): Step {
  if (play === undefined) return { application: 'sleep', data: '100' };
  const scope = { playback_terminators: 'none' };
  const stream = play.includes('://');
  const cut = { ...scope, playback_timeout_sec: String(PIECE_SECONDS) };
  return { application: 'playback', data: play, scope: stream ? cut : scope };
}
