import { randomBytes } from 'node:crypto';
import type { EslCommand, EslReply } from '../esl/connection.js';
import type { EslFrame } from '../esl/framing.js';
import type { ChannelData, Step } from './channel.js';

/** What both kinds of channel that come over `socket` have in common. */

/** The channel as `connect` described it. */
export class FrameData implements ChannelData {
  readonly #frame: EslFrame;

  constructor(frame: EslFrame) {
    this.#frame = frame;
  }

  header(name: string): string | undefined {
    return this.#frame.get(name);
  }

  variable(name: string): string | undefined {
    return this.#frame.get(`variable_${name}`);
  }
}

/** Names for the runs of segments on one channel, not the same as those of a daemon that had the channel before. */
export class RunNames {
  readonly #prefix = randomBytes(4).toString('hex');
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

/**
 * What keeps a caller for a moment. A stream is cut into seconds; a file is played as it is, so that it is not cut
 * in its middle again and again.
 */
export function waitingStep(play: string | undefined): Step {
  if (play === undefined) return { application: 'sleep', data: '100' };
  const scope = { playback_terminators: 'none' };
  const endless = /^(tone_stream|local_stream|silence_stream):/.test(play);
  return {
    application: 'playback',
    data: play,
    scope: endless ? { ...scope, playback_timeout_sec: '1' } : scope,
  };
}
