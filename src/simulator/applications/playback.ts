import type { Channel } from '../channel.js';
import { runLoop } from '../media/loop.js';
import { playFile, terminatorHandler, type PlayResult } from '../media/play.js';
import { fromBytes, separate, toInteger } from '../text.js';
import { application, type Application } from './application.js';

const RESPONSES: Readonly<Record<PlayResult, string>> = {
  success: 'FILE PLAYED',
  break: 'FILE PLAYED',
  not_found: 'FILE NOT FOUND',
  timeout: 'PLAYBACK ERROR',
  failed: 'PLAYBACK ERROR',
};

async function playback(channel: Channel, data: string): Promise<void> {
  // `file@@samples` starts inside the file.
  const at = data.indexOf('@@');
  const file = at >= 0 && data.indexOf('@') === at ? data.slice(0, at) : data;
  channel.setVariable('playback_terminator_used', undefined);
  const result = await playFile(channel, file, { onDigit: terminatorHandler(channel) });
  channel.setVariable('current_application_response', RESPONSES[result]);
}

async function endlessPlayback(channel: Channel, data: string): Promise<void> {
  while (channel.ready) {
    const result = await playFile(channel, data, { onDigit: terminatorHandler(channel) });
    if (result !== 'success') return;
  }
}

async function loopPlayback(channel: Channel, data: string): Promise<void> {
  const [first = '', second] = separate(data, ' ', 2);
  const counted = first.startsWith('+') && second !== undefined;
  const loops = counted ? toInteger(first.slice(1)) : -1;
  const file = counted ? second : data;
  let result: PlayResult = 'success';
  for (let i = 0; (loops < 0 || i < loops) && channel.ready && result === 'success'; i += 1) {
    result = await playFile(channel, file, { onDigit: terminatorHandler(channel) });
  }
  channel.setVariable('current_application_response', RESPONSES[result]);
}

/** Something like speech for as long as a voice would take. */
async function talk(channel: Channel, text: string): Promise<'done' | 'stopped'> {
  channel.setVariable('playback_terminator_used', undefined);
  const { end } = await runLoop(channel, {
    durationMs: channel.core.media.speechMs(fromBytes(text)),
    pausesForMessages: true,
    onDigit: terminatorHandler(channel),
  });
  return end === 'elapsed' ? 'done' : 'stopped';
}

/** `engine|voice|text`; without engine, voice and text, here or in tts_engine and tts_voice, it hangs up. */
async function speak(channel: Channel, data: string): Promise<void> {
  const parts = separate(data, '|', 3);
  if (parts.length === 0) return;
  const text = parts.at(-1);
  const engine = (parts.length === 3 ? parts[0] : undefined) ?? channel.getVariable('tts_engine');
  const voice =
    (parts.length === 3 ? parts[1] : parts.length === 2 ? parts[0] : undefined) ??
    channel.getVariable('tts_voice');
  if (engine === undefined || voice === undefined || text === undefined) {
    channel.hangup('DESTINATION_OUT_OF_ORDER');
    return;
  }
  if (!channel.core.media.hasVoice(fromBytes(engine))) {
    // switch_ivr_speak_text cannot open the engine: it resets the session and returns.
    channel.flushDigits();
    return;
  }
  await talk(channel, text);
}

async function say(channel: Channel, data: string): Promise<void> {
  const parts = separate(data, ' ', 5);
  if (parts.length < 4) return;
  await talk(channel, parts.at(-1) ?? '');
}

async function phrase(channel: Channel, data: string): Promise<void> {
  const respond = (text: string): void => channel.setVariable('current_application_response', text);
  if (data === '') {
    respond('NOTHING');
    return;
  }
  const comma = data.indexOf(',');
  const macro = comma < 0 ? data : data.slice(0, comma);
  if (!channel.core.configuration.phrases.has(macro)) {
    respond('UNKNOWN ERROR');
    return;
  }
  await talk(channel, macro);
  respond(channel.ready ? 'PHRASE PLAYED' : 'UNKNOWN ERROR');
}

async function gentones(channel: Channel, data: string): Promise<void> {
  if (data === '') return;
  const [script = '', loopText] = data.split('|');
  const loops = toInteger(loopText);
  channel.setVariable('playback_terminator_used', undefined);
  const once = channel.core.media.open(`tone_stream://${script}`)?.durationMs ?? 0;
  await runLoop(channel, {
    durationMs: loops < 0 ? Number.POSITIVE_INFINITY : once * Math.max(1, loops),
    pausesForMessages: true,
    onDigit: terminatorHandler(channel),
  });
}

export const playbackApplications: readonly Application[] = [
  application('playback', {}, playback),
  application('play_fsv', {}, playback),
  application('endless_playback', {}, endlessPlayback),
  application('loop_playback', {}, loopPlayback),
  application('speak', {}, speak),
  application('say', {}, say),
  application('phrase', {}, phrase),
  application('gentones', {}, gentones),
];
