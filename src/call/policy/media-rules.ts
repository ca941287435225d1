import { hasControl } from './data-rules.js';
import type { Checked, RuleContext } from './rule.js';
import { firstRefusal, refuse, shown } from './rule.js';

/** Blanks inside a name are usual, at its ends they are a trick; `%`, `:`, `@`, `!`, quotes and the like never occur. */
const FILE_NAME = /^[A-Za-z0-9_.+=~/-](?:[A-Za-z0-9_.+=~/ -]{0,510}[A-Za-z0-9_.+=~/-])?$/;

/** NAME_MAX of the usual file systems; names are ASCII here. */
const MAX_SEGMENT = 255;

function insideOf(path: string, roots: readonly string[]): boolean {
  return roots.some((root) => path.startsWith(`${root}/`));
}

/** The extension decides which module opens a file (switch_core_file.c), so it is one of a list. */
function checkPath(path: string, kind: 'play' | 'record', extensions: readonly string[]): Checked {
  if (!FILE_NAME.test(path)) return refuse(`${kind}.name`, `${shown(path)} is not a plain file name`);
  const segments = (path.startsWith('/') ? path.slice(1) : path).split('/');
  if (segments.some((segment) => segment === '' || segment.startsWith('.') || segment.startsWith('~'))) {
    return refuse(`${kind}.traversal`, `${shown(path)} has an empty, hidden or parent folder in it`);
  }
  if (segments.some((segment) => segment.length > MAX_SEGMENT)) {
    // FreeSWITCH hangs up when it cannot open a recording (switch_ivr_play_say.c: switch_ivr_record_file).
    return refuse(`${kind}.name`, `${shown(path)} has a name of more than ${MAX_SEGMENT} characters in it`);
  }
  const last = segments.at(-1) ?? '';
  const dot = last.lastIndexOf('.');
  // Without a dot in its last part FreeSWITCH adds the extension of the codec, unless a folder has a dot.
  if (dot < 0) {
    return path.includes('.') || kind === 'record'
      ? refuse(`${kind}.extension`, `${shown(path)} has no extension`)
      : undefined;
  }
  return extensions.includes(last.slice(dot + 1))
    ? undefined
    : refuse(`${kind}.extension`, `${shown(last.slice(dot + 1))} is not an extension that the profile names`);
}

function checkFile(path: string, context: RuleContext): Checked {
  const { play, record } = context.profile.source;
  const refusal = checkPath(path, 'play', play.extensions);
  if (refusal !== undefined) return refusal;
  if (!path.startsWith('/')) {
    return play.relative ? undefined : refuse('play.root', `${shown(path)} is not an absolute path`);
  }
  return insideOf(path, play.roots) || insideOf(path, record.roots)
    ? undefined
    : refuse('play.root', `${shown(path)} is outside the folders of play.roots and record.roots`);
}

/** Where a recording is written. FreeSWITCH creates missing folders. */
export function checkRecording(path: string, context: RuleContext): Checked {
  const { record } = context.profile.source;
  if (path.includes('://') || path.startsWith('{')) {
    return refuse('record.stream', `${shown(path)} is not a plain file`);
  }
  const refusal = checkPath(path, 'record', record.extensions);
  if (refusal !== undefined) return refusal;
  return insideOf(path, record.roots)
    ? undefined
    : refuse('record.root', `${shown(path)} is outside the folders of record.roots`);
}

const URL_SHAPE = /^https?:\/\/[a-z0-9.-]+(?::\d{1,5})?\/[A-Za-z0-9_.~/%=&?+,;-]{0,1000}$/;

/** Compared as text, because FreeSWITCH's libraries read a URL in their own ways: what is unusual is refused. */
function checkUrl(url: string, context: RuleContext): Checked {
  const { urls } = context.profile.source.play;
  if (!URL_SHAPE.test(url)) return refuse('play.url', `${shown(url)} is not a plain URL in lower-case host`);
  const [path = ''] = url.split('?');
  const unsafe =
    path
      .split('/')
      .slice(3)
      .some((segment) => segment.startsWith('.')) || /%(?:2e|2f|5c|00|25)/i.test(url);
  if (unsafe) return refuse('play.url', `${shown(url)} has a hidden or parent folder in it`);
  return urls.some((start) => url.startsWith(start))
    ? undefined
    : refuse('play.url', `${shown(url)} is not under an address of play.urls`);
}

const TONE_SHAPE = /^[0-9A-DLVa-z%(),.;=<>+*# -]{1,512}$/;
const MAX_TONE_SECONDS = 600;

/**
 * A tone script; FreeSWITCH makes all of it in memory before it plays (mod_tone_stream.c), so its length is
 * bounded: the durations in `%(on,off,…)` and `d=` or `w=`, times the loops in `l=`.
 */
export function checkTones(script: string): Checked {
  const body = script.replace(/;loops=-?\d{1,6}$/, '');
  const tones = Array.from(body.matchAll(/%\( *(\d{1,6}) *, *(\d{1,6}) *,[0-9., ]+\)/g));
  const readable =
    TONE_SHAPE.test(body) &&
    tones.length === body.split('%').length - 1 &&
    !/path *=|r *=|l *= *-/i.test(body);
  if (!readable) return refuse('play.tone', `${shown(script)} is not a plain tone script`);
  const settings = (name: RegExp) => Array.from(body.matchAll(name), (match) => Number(match[1]));
  const tonesMs = tones.reduce((sum, match) => sum + Number(match[1]) + Number(match[2]), 0);
  // Each character may be a digit to be played with the duration set.
  const digitsMs = Math.max(0, ...settings(/[dw] *= *(\d+)/gi)) * body.length;
  const loops = settings(/l *= *(\d+)/gi).reduce((product, times) => product * Math.max(1, times), 1);
  return Math.max(tonesMs, digitsMs) * loops <= MAX_TONE_SECONDS * 1000
    ? undefined
    : refuse('play.tone', `${shown(script)} is longer than ${MAX_TONE_SECONDS} seconds`);
}

const STREAM_SHAPES: Readonly<Record<string, RegExp>> = {
  silence_stream: /^-?\d{1,9}(?:,\d{1,6})?$/,
  local_stream: /^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}(?:\/[A-Za-z0-9_-]{1,16})?$/,
};

/** What playback and its kin take: a file, a stream, a URL, `say:`, `phrase:`, `file_string://a!b`. */
export function checkMedia(media: string, context: RuleContext): Checked {
  const delimiter = context.call.get('playback_delimiter')?.charAt(0) ?? '';
  if (delimiter !== '' && media.includes(delimiter)) {
    // The dialplan made FreeSWITCH read this as a list of files (switch_ivr_play_say.c).
    return firstRefusal(media.split(delimiter), (part) => checkOneMedia(part, context, false));
  }
  return checkOneMedia(media, context, false);
}

function checkOneMedia(media: string, context: RuleContext, inString: boolean): Checked {
  const { streams, params } = context.profile.source.play;
  const allowed = (stream: string) => (streams as readonly string[]).includes(stream);
  if (media.startsWith('{')) {
    const match = /^\{([a-z_]+=[A-Za-z0-9_.-]+(?:,[a-z_]+=[A-Za-z0-9_.-]+)*)\}([^{].*)$/.exec(media);
    const names = match?.[1]?.split(',').map((piece) => piece.split('=')[0] ?? '') ?? [];
    if (match === null || !names.every((name) => params.includes(name))) {
      return refuse('play.params', `the parameters before ${shown(media)} are not among play.params`);
    }
    return checkOneMedia(match[2] ?? '', context, inString);
  }
  if (/^say:/i.test(media) && !media.includes('://')) {
    if (!allowed('say') || inString) return refuse('play.stream', 'say: may not be played here');
    return checkSpeech(media.slice(4), context);
  }
  if (/^phrase:/i.test(media) && !media.includes('://')) {
    if (!allowed('phrase') || inString) return refuse('play.stream', 'phrase: may not be played here');
    return checkPhrase(media.slice(7).replace(':', ','));
  }
  const separator = media.indexOf('://');
  if (separator < 0) return checkFile(media, context);
  const stream = media.slice(0, separator);
  const rest = media.slice(separator + 3);
  if (stream === 'http' || stream === 'https') return checkUrl(media, context);
  if (!allowed(stream)) return refuse('play.stream', `${shown(stream)}:// is not among play.streams`);
  if (stream === 'tone_stream') return checkTones(rest);
  if (stream === 'http_cache') return checkUrl(rest, context);
  if (stream === 'file_string') {
    if (inString) return refuse('play.stream', 'a file_string:// inside another');
    return firstRefusal(rest.split('!'), (part) => checkOneMedia(part, context, true));
  }
  return STREAM_SHAPES[stream]?.test(rest) === true
    ? undefined
    : refuse('play.stream', `${shown(media)} is not a plain ${stream}`);
}

/** `ringback` and `transfer_ringback` may also be a tone script or `silence`. */
export function checkRingback(value: string, context: RuleContext): Checked {
  if (/^silence(?::\d{1,6})?$/i.test(value)) return undefined;
  if (/^(?:%\(|[a-zL] *= *-?[\d.]+;)/.test(value)) return checkTones(value);
  return checkMedia(value, context);
}

/** `<macro>[,<data>]`; what the macro does is the operator's. */
export function checkPhrase(data: string): Checked {
  const [macro = ''] = data.split(',', 1);
  return /^[A-Za-z0-9_][A-Za-z0-9_.@ -]{0,63}$/.test(macro)
    ? undefined
    : refuse('phrase.macro', `${shown(macro)} is not the name of a phrase macro`);
}

/** Text to be spoken: a leading `{` would be read as parameters of the engine. */
export function checkSpeech(text: string, context: RuleContext): Checked {
  const max = context.profile.source.speak.max_length;
  if (text.length > max) return refuse('speak.length', `${text.length} characters, allowed are ${max}`);
  if (hasControl(text)) return refuse('data.control', 'a control character in the text to speak');
  return /^\s*\{/.test(text) ? refuse('speak.params', 'the text begins with {') : undefined;
}

/** `''` stands for the engine that FreeSWITCH would take by itself. */
export function checkEngine(engine: string, context: RuleContext): Checked {
  return engine === '' || context.profile.source.speak.engines.includes(engine)
    ? undefined
    : refuse('speak.engine', `${shown(engine)} is not among speak.engines`);
}

export function checkVoice(voice: string): Checked {
  return voice === '' || /^[A-Za-z0-9_.-]{1,64}$/.test(voice)
    ? undefined
    : refuse('speak.voice', `${shown(voice)} is not the name of a voice`);
}
