import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

import { fromBytes, toInteger } from '../text.js';

export interface MediaOptions {
  /** The speech engines that are there (`speak`). */
  readonly voices: readonly string[];
  /** How long a voice takes for one character. */
  readonly speechMsPerCharacter: number;
  /** How long a file or stream lasts that is not on this machine, or lasts differently: by its name. */
  readonly durationsMs: Readonly<Record<string, number>>;
}

/** A source of sound, as far as its length goes. */
export interface Media {
  readonly durationMs: number;
  /** Samples per second of the file itself: `playback_ms` is counted with it. Below 1000: unknown. */
  readonly nativeRate: number;
}

/** Everything of a WAV file that says how long it lasts; undefined when it is none. */
function readWav(file: string): Media | undefined {
  let handle: number;
  try {
    handle = openSync(file, 'r');
  } catch {
    return undefined;
  }
  try {
    const { size } = fstatSync(handle);
    const head = Buffer.alloc(Math.min(size, 4096));
    readSync(handle, head, 0, head.length, 0);
    if (head.toString('latin1', 0, 4) !== 'RIFF' || head.toString('latin1', 8, 12) !== 'WAVE') {
      return rawAudio(file, size);
    }
    let at = 12;
    let rate = 8000;
    let bytesPerSecond = 16_000;
    while (at + 8 <= head.length) {
      const kind = head.toString('latin1', at, at + 4);
      const length = head.readUInt32LE(at + 4);
      if (kind === 'fmt ' && at + 20 <= head.length) {
        rate = head.readUInt32LE(at + 12);
        bytesPerSecond = head.readUInt32LE(at + 16);
      } else if (kind === 'data') {
        const bytes = Math.min(length, size - at - 8);
        return { durationMs: (bytes * 1000) / Math.max(1, bytesPerSecond), nativeRate: rate };
      }
      at += 8 + length + (length % 2);
    }
    return { durationMs: 0, nativeRate: rate };
  } finally {
    closeSync(handle);
  }
}

/** Headerless audio of mod_native_file and mod_sndfile: 8,000 samples a second. */
function rawAudio(file: string, size: number): Media | undefined {
  if (/\.(?:PCMU|PCMA|ul|al)$/i.test(file)) return { durationMs: size / 8, nativeRate: 8000 };
  if (/\.(?:raw|L16|r8)$/i.test(file)) return { durationMs: size / 16, nativeRate: 8000 };
  return undefined;
}

/** Adds up the tones of a TGML script: `%(on,off,freq…)` and `L=` loops. */
function toneMs(script: string, loops: number): number {
  let total = 0;
  for (const [, on = '', off = ''] of script.matchAll(/%\(\s*(\d+)\s*,\s*(\d+)/g))
    total += Number(on) + Number(off);
  const inside = /(?:^|;)\s*[lL]=(\d+)/.exec(script);
  return total * Math.max(1, inside === null ? 1 : toInteger(inside[1])) * loops;
}

/** How long what is played lasts: from the name of a stream, a WAV header, or the simulator's options. */
export class MediaLibrary {
  private readonly durationsMs: Readonly<Record<string, number>>;
  private readonly voices: ReadonlySet<string>;
  private readonly speechMsPerCharacter: number;

  constructor(options: MediaOptions) {
    this.durationsMs = options.durationsMs;
    this.voices = new Set(options.voices);
    this.speechMsPerCharacter = options.speechMsPerCharacter;
  }

  hasVoice(engine: string): boolean {
    return this.voices.has(engine);
  }

  speechMs(text: string): number {
    return text.length * this.speechMsPerCharacter;
  }

  /** Undefined when there is nothing of that name. */
  open(path: string): Media | undefined {
    const name = path.replace(/^(?:\{[^}]*\} *)+/, '');
    const configured = this.durationsMs[fromBytes(name)];
    if (configured !== undefined) return { durationMs: configured, nativeRate: 8000 };
    const silence = /^silence_stream:\/\/(-?\d+)/.exec(name);
    if (silence !== null) {
      const durationMs = toInteger(silence[1]);
      if (durationMs === 0) return undefined;
      return { durationMs: durationMs < 0 ? Number.POSITIVE_INFINITY : durationMs, nativeRate: 8000 };
    }
    const tone = /^tone_stream:\/\/(.*)$/s.exec(name);
    if (tone !== null) return openTone(tone[1] ?? '');
    const streams = /^file_string:\/\/(.*)$/s.exec(name);
    if (streams !== null) return this.openAll((streams[1] ?? '').split('!'));
    if (name.startsWith('local_stream://')) return { durationMs: Number.POSITIVE_INFINITY, nativeRate: 8000 };
    if (/^[a-z_]+:\/\//i.test(name)) return undefined;
    return readWav(fromBytes(name));
  }

  private openAll(names: readonly string[]): Media | undefined {
    const found = names.map((name) => this.open(name)).filter((media) => media !== undefined);
    if (found.length === 0) return undefined;
    return { durationMs: found.reduce((sum, media) => sum + media.durationMs, 0), nativeRate: 8000 };
  }
}

function openTone(argument: string): Media | undefined {
  const [script = '', ...options] = argument.split(';');
  const loop = options.map((option) => /^loops=(-?\d+)$/.exec(option)).find((match) => match !== null);
  const loops = loop === undefined ? 1 : toInteger(loop[1]);
  const path = script.startsWith('path=') ? undefined : argument;
  if (path === undefined) return undefined;
  const durationMs = loops < 0 ? Number.POSITIVE_INFINITY : toneMs(argument, Math.max(1, loops));
  return { durationMs, nativeRate: 8000 };
}
