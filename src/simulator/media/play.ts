import type { Channel } from '../channel.js';
import { preAnswer } from '../session/answering.js';
import { closingBracket, fromBytes, isTrue, separate, toInteger } from '../text.js';
import type { Media } from './library.js';
import { runLoop } from './loop.js';

/** What switch_ivr_play_file returns. */
export type PlayResult = 'success' | 'break' | 'not_found' | 'timeout' | 'failed';

export interface PlayOptions {
  /** Takes the digits; true stops. Without it digits stay queued. */
  readonly onDigit?: (digit: string) => boolean;
}

/** The `on_dtmf` of mod_dptools: a terminator ends what plays and is kept. */
export function terminatorHandler(channel: Channel): (digit: string) => boolean {
  return (digit) => {
    let terminators = channel.getVariable('playback_terminators') ?? '*';
    if (/^any$/i.test(terminators)) terminators = '1234567890*#';
    if (/^none$/i.test(terminators) || !terminators.includes(digit)) return false;
    channel.setVariable('playback_terminator_used', digit);
    return true;
  };
}

function playTimeoutMs(channel: Channel): number {
  const text =
    channel.getVariable('playback_timeout_sec_cumulative') ?? channel.getVariable('playback_timeout_sec');
  const seconds = toInteger(text);
  return seconds > 1 ? seconds * 1000 : Number.POSITIVE_INFINITY;
}

/** Puts the sound folder before a plain name and the extension behind one that has none. */
function candidates(channel: Channel, file: string): string[] {
  if (file.includes('://')) return [file];
  const prefix = channel.getVariable('sound_prefix') ?? channel.getVariable('base_dir') ?? '';
  const options = file.startsWith('{') ? file.slice(0, closingBracket(file, '{', '}') + 1) : '';
  const name = file.slice(options.length).trimStart();
  const path = name.startsWith('/') || /^[A-Za-z]:/.test(name) ? name : `${prefix}/${name}`;
  if (path.includes('.')) return [options + path];
  const extension = channel.endpoint.codec;
  return [
    `${options}${path}.${extension}`,
    `${options}${path}.${channel.getVariable('native_backup_extension') ?? 'wav'}`,
  ];
}

/** How much of several files one after the other was heard. */
interface Heard {
  samples: number;
}

/** switch_ivr_play_file: plays one file, or several between which `playback_delimiter` stands. */
export async function playFile(
  channel: Channel,
  file: string,
  options: PlayOptions = {},
): Promise<PlayResult> {
  if (!preAnswer(channel)) return 'failed';
  const timeoutMs = playTimeoutMs(channel);
  const delimiter = channel.getVariable('playback_delimiter');
  if (file === '' || !channel.mediaUp) return 'failed';
  const names = delimiter === undefined ? [file] : separate(file, delimiter.charAt(0), 128);
  let result: PlayResult = 'success';
  const heard: Heard = { samples: 0 };
  for (const [index, name] of names.entries()) {
    if (!channel.ready) break;
    if (index > 0 && !(await pauseBetween(channel, options))) return 'break';
    result = await playOne(channel, name, timeoutMs, options, heard);
    if (result === 'timeout' || result === 'failed') break;
    if (result === 'break' && channel.getVariable('playback_terminator_used') !== undefined) break;
  }
  return result;
}

async function pauseBetween(channel: Channel, options: PlayOptions): Promise<boolean> {
  const ms = channel.getVariable('playback_sleep_val');
  const { end } = await runLoop(channel, {
    durationMs: ms === undefined ? 250 : Math.max(0, toInteger(ms)),
    pausesForMessages: false,
    ...options,
  });
  return end === 'elapsed';
}

async function playOne(
  channel: Channel,
  name: string,
  timeoutMs: number,
  options: PlayOptions,
  heard: Heard,
): Promise<PlayResult> {
  const { core } = channel;
  const speech = await playSpeech(channel, name, options);
  if (speech !== undefined) return speech;
  let path = name;
  let media;
  for (const candidate of candidates(channel, name)) {
    path = candidate;
    media = core.media.open(candidate);
    if (media !== undefined) break;
  }
  if (media === undefined) {
    channel.flushDigits();
    return 'not_found';
  }
  const type = /^(local_stream|tone_stream):/i.exec(path)?.[1]?.toLowerCase();
  core.fire('PLAYBACK_START', channel, (event) => {
    event.add('Playback-File-Type', type);
    event.add('Playback-File-Path', path);
  });
  const limited = timeoutMs < media.durationMs;
  const { end, elapsedMs } = await runLoop(channel, {
    durationMs: limited ? timeoutMs : media.durationMs,
    pausesForMessages: true,
    ...options,
  });
  const result = toResult(end, limited && !isTrue(channel.getVariable('playback_timeout_as_success')));
  tellPlayed(channel, media, end === 'elapsed' ? elapsedMs : Math.ceil(elapsedMs / 20) * 20, heard);
  core.fire('PLAYBACK_STOP', channel, (event) => {
    event.add('Playback-File-Type', type);
    event.add('Playback-File-Path', path);
    event.add('Playback-Status', result === 'break' ? 'break' : 'done');
  });
  return result;
}

/**
 * `say:<text>` with the engine and voice of tts_engine and tts_voice, and `phrase:<macro>[:<data>]`; undefined for
 * what is neither.
 */
async function playSpeech(
  channel: Channel,
  name: string,
  options: PlayOptions,
): Promise<PlayResult | undefined> {
  const [, kind = '', text = ''] = /^(say|phrase):(.*)$/is.exec(name) ?? [];
  if (kind === '') return undefined;
  const { media, configuration } = channel.core;
  const isSay = kind.toLowerCase() === 'say';
  if (isSay) {
    const engine = channel.getVariable('tts_engine');
    // It is logged and passed over.
    if (engine === undefined) return 'success';
    if (!media.hasVoice(fromBytes(engine))) {
      channel.flushDigits();
      return 'failed';
    }
  } else if (!configuration.phrases.has(text.split(':')[0] ?? '')) return 'failed';
  const { end } = await runLoop(channel, {
    durationMs: media.speechMs(fromBytes(text)),
    pausesForMessages: true,
    ...options,
  });
  return toResult(end, false);
}

/** Samples are read ahead in blocks of this many; `playback_ms` counts what was read, not what was heard. */
const BLOCK_SAMPLES = 16_384;
const PACKET_SAMPLES = 160;

function tellPlayed(channel: Channel, media: Media, heardMs: number, heard: Heard): void {
  const perMs = media.nativeRate / 1000;
  const samples = Math.round(heardMs * 8);
  heard.samples += samples;
  const blocks = Math.floor((samples + PACKET_SAMPLES) / BLOCK_SAMPLES) + 1;
  const total =
    media.durationMs === Number.POSITIVE_INFINITY
      ? Number.MAX_SAFE_INTEGER
      : Math.round(media.durationMs * perMs);
  const read = Math.min(total, Math.round((blocks * BLOCK_SAMPLES * perMs) / 8));
  channel.setVariable('playback_last_offset_pos', String(heard.samples));
  if (media.nativeRate >= 1000) {
    channel.setVariable('playback_seconds', String(Math.floor(read / media.nativeRate)));
    channel.setVariable('playback_ms', String(Math.floor(read / perMs)));
  }
  channel.setVariable('playback_samples', String(read));
}

function toResult(end: Awaited<ReturnType<typeof runLoop>>['end'], timesOut: boolean): PlayResult {
  switch (end) {
    case 'elapsed':
      return timesOut ? 'timeout' : 'success';
    case 'not_ready':
      return 'failed';
    case 'break':
    case 'break_all':
    case 'stopped':
      return 'break';
  }
}
