import type { Turn, Values } from '../block.js';
import { action } from '../block.js';
import type { FlowAction, FlowEvent } from '../port.js';
import { fill } from '../references.js';
import type { Prompt } from './prompt.js';
import { promptList } from './prompt.js';
import type { Segment } from './segments.js';
import { segmentsOf } from './segments.js';
import { voiceFor } from './settings.js';
import { baseOf } from './text.js';

/**
 * A piece of a prompt as FreeSWITCH plays it. Text is spoken with `playback say:<text>` rather than with `speak`:
 * the engine is the same, but it tells whether it was heard and which key ended it, and a missing engine does not
 * hang up the call (mod_dptools.c speak_function, switch_ivr_play_say.c switch_ivr_play_file).
 */
export interface Sound {
  /** What `playback`, `read` and their kin take; undefined where only an application of its own can play it. */
  readonly media?: string;
  readonly application: 'playback' | 'say' | 'phrase';
  readonly data: string;
  /** Channel variables that it needs. */
  readonly needs: Values;
  readonly heard: string;
}

export type Sounds = { readonly sounds: readonly Sound[] } | { readonly error: string };

/** The language in which a block speaks: its own, else the flow's, else the default of the configuration. */
export function languageOf(turn: Turn, own: string | undefined): string {
  for (const language of [own, turn.language]) {
    const filled = language === undefined ? '' : fill(language, turn.scope);
    if (filled !== '' && voiceFor(turn.speech, filled) !== undefined) return filled;
  }
  return turn.speech.defaultLanguage;
}

/** @param interruptible a key ends it, and counts: what can't tell of keys is played in another way */
export function soundsOf(
  turn: Turn,
  prompts: readonly (Prompt | undefined)[],
  language: string,
  interruptible: boolean,
): Sounds {
  const scope = { ...turn.scope, language };
  const speech = { scope, speech: turn.speech, say: !interruptible };
  const segments = prompts.flatMap(promptList).flatMap((prompt) => segmentsOf(prompt, speech));
  const sounds: Sound[] = [];
  for (const segment of interruptible ? joined(segments) : segments) {
    const sound = soundOf(turn, segment, interruptible);
    if ('error' in sound) return sound;
    sounds.push(sound);
  }
  return { sounds };
}

function soundOf(turn: Turn, segment: Segment, interruptible: boolean): Sound | { readonly error: string } {
  switch (segment.kind) {
    case 'speech': {
      const needs = voiceNeeds(turn, segment.language);
      if (needs === undefined) return { error: 'speech_not_configured' };
      return playback(`say:${segment.text}`, segment.text, needs);
    }
    case 'say':
      return { application: 'say', data: segment.data, needs: {}, heard: segment.text };
    case 'silence':
      return playback(`silence_stream://${segment.ms}`, `(${segment.ms} ms)`);
    case 'file':
      return playback(segment.file, segment.file);
    case 'phrase': {
      const needs = { default_language: baseOf(segment.language) };
      const heard = segment.data === '' ? segment.macro : `${segment.macro} ${segment.data}`;
      const media = `phrase:${segment.macro}${segment.data === '' ? '' : `:${segment.data}`}`;
      if (interruptible) return playback(media, heard, needs);
      return { media, application: 'phrase', data: media.slice(7).replace(':', ','), needs, heard };
    }
    case 'unsafe':
      return { error: 'unsafe_value' };
  }
}

function playback(media: string, heard: string, needs: Values = {}): Sound {
  return { media, application: 'playback', data: media, needs, heard };
}

/** Without a voice of our own the dialplan's is good, where it has set one. */
function voiceNeeds(turn: Turn, language: string): Values | undefined {
  const voice = voiceFor(turn.speech, language);
  if (voice !== undefined) return { tts_engine: voice.engine, tts_voice: voice.voice };
  return turn.call.get('tts_engine') === undefined ? undefined : {};
}

/** Fewer pieces, so that fewer of them need the engine in between: texts become one text, files a `file_string`. */
function joined(segments: readonly Segment[]): Segment[] {
  const out: Segment[] = [];
  segments.forEach((segment, index) => {
    const last = out.at(-1);
    const next = segments[index + 1];
    if (segment.kind === 'silence' && isText(last) && isText(next) && last.language === next.language) {
      out[out.length - 1] = {
        ...last,
        text: /[.,!?;:。，！？]$/.test(last.text) ? last.text : `${last.text}.`,
      };
    } else if (isText(segment) && isText(last) && last.language === segment.language) {
      out[out.length - 1] = { ...last, text: `${last.text} ${segment.text}` };
    } else if (isFile(segment) && isFile(last)) {
      const before = fileOf(last);
      const start = before.startsWith('file_string://') ? before : `file_string://${before}`;
      out[out.length - 1] = {
        kind: 'file',
        file: `${start}!${fileOf(segment).replace('file_string://', '')}`,
      };
    } else out.push(segment);
  });
  return out;
}

type TextSegment = Segment & { kind: 'speech' };

function isText(segment: Segment | undefined): segment is TextSegment {
  return segment?.kind === 'speech' && segment.markup !== true;
}

function isFile(segment: Segment | undefined): segment is Segment & { kind: 'file' | 'silence' } {
  return segment?.kind === 'silence' || (segment?.kind === 'file' && !segment.file.startsWith('{'));
}

function fileOf(segment: Segment & { kind: 'file' | 'silence' }): string {
  return segment.kind === 'file' ? segment.file : `silence_stream://${segment.ms}`;
}

/** `set` actions for the channel variables that are not yet as they are needed. */
export function needed(turn: Turn, values: Values): FlowAction[] {
  const { voice } = turn.state;
  const missing = Object.entries(values).filter(([name, value]) => voice[name] !== value);
  if (missing.length === 0) return [];
  turn.update({ voice: { ...voice, ...Object.fromEntries(missing) } });
  return missing.map(([name, value]) => action('set', `${name}=${value}`));
}

/** The actions that play sounds one after the other; the ids are `prompt`. */
export function playing(turn: Turn, sounds: readonly Sound[], interruptible: boolean): FlowAction[] {
  // Without this FreeSWITCH lets `*` end a prompt (mod_dptools.c on_dtmf).
  const terminators = { playback_terminators: interruptible ? 'any' : 'none' };
  return sounds.flatMap(({ application, data, needs, heard }) => [
    ...needed(turn, { ...needs, ...terminators }),
    action(application, data, { id: 'prompt', heard }),
  ]);
}

/** The key that ended a prompt, or `''`. */
export function keyIn(event: FlowEvent): string {
  if (event.kind !== 'outcomes') return '';
  const prompt = event.outcomes.findLast(({ id }) => id === 'prompt');
  const key = prompt?.variables['playback_terminator_used'] ?? '';
  return /^[0-9*#A-D]$/.test(key) ? key : '';
}
