import type { Scope } from '../references.js';
import { fill } from '../references.js';
import type { OnePrompt } from './prompt.js';
import { inWords, isInterpretation, sayArguments } from './say-as.js';
import type { SpeechSettings } from './settings.js';
import { voiceFor } from './settings.js';
import type { SsmlElement, SsmlNode } from './ssml.js';
import { parseSsml } from './ssml.js';
import { escapedXml, spoken } from './text.js';

/** What a prompt becomes: pieces of sound, references filled in. */
export type Segment =
  | { readonly kind: 'speech'; readonly text: string; readonly language: string; readonly markup?: true }
  /** With the sounds of a `say` module; `text` is the same in words. */
  | { readonly kind: 'say'; readonly data: string; readonly text: string; readonly language: string }
  | { readonly kind: 'silence'; readonly ms: number }
  /** A file or stream. */
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'phrase'; readonly macro: string; readonly data: string; readonly language: string }
  /** A value that would not be what the flow's author meant it to be. */
  | { readonly kind: 'unsafe'; readonly detail: string };

export interface SpeechScope {
  readonly scope: Scope;
  readonly speech: SpeechSettings;
  /** Sounds of `say` modules may be used. */
  readonly say: boolean;
}

export function segmentsOf(prompt: OnePrompt, { scope, speech, say }: SpeechScope): Segment[] {
  if (typeof prompt === 'string') return textSegments(prompt, scope);
  if ('text' in prompt) return textSegments(prompt.text, inLanguage(scope, prompt.language));
  if ('ssml' in prompt) {
    const within = inLanguage(scope, prompt.language);
    return ssmlSegments(prompt.ssml, within, speech, say);
  }
  if ('file' in prompt) return [fileSegment(prompt.file, scope)];
  if ('tone' in prompt)
    return [{ kind: 'file', file: `tone_stream://${fill(prompt.tone, scope, toneValue)}` }];
  if ('silence_ms' in prompt) return [{ kind: 'silence', ms: prompt.silence_ms }];
  const { language } = inLanguage(scope, prompt.language);
  const data = fill(prompt.data ?? '', scope, (value) => spoken(value, language).replaceAll(/[,:]/g, ' '));
  return [{ kind: 'phrase', macro: prompt.phrase, data: spoken(data, language), language }];
}

function inLanguage(scope: Scope, language: string | undefined): Scope {
  const filled = language === undefined ? '' : fill(language, scope);
  return filled === '' ? scope : { ...scope, language: filled };
}

function textSegments(text: string, scope: Scope): Segment[] {
  const said = spoken(fill(text, scope), scope.language);
  return said === '' ? [] : [{ kind: 'speech', text: said, language: scope.language }];
}

/** A value may be part of a file's name, not lead into another folder, unless it is all of the name. */
function fileSegment(file: string, scope: Scope): Segment {
  let unsafe: string | undefined;
  const whole = file.startsWith('$.') && !/\s/.test(file);
  const allowed = whole ? /^[A-Za-z0-9_+=~ ./-]*$/ : /^[A-Za-z0-9_+=~ .-]*$/;
  const filled = fill(file, scope, (value) => {
    if (!allowed.test(value) || value.includes('..')) unsafe ??= value;
    return value;
  });
  if (unsafe !== undefined) return { kind: 'unsafe', detail: 'a value that is no part of a file name' };
  return { kind: 'file', file: filled };
}

function toneValue(value: string): string {
  return value.replaceAll(/[^0-9A-Da-d.*#]/g, '');
}

/** Without `time`; the specification leaves the lengths to the engine. */
const STRENGTHS_MS: Readonly<Record<string, number>> = {
  none: 0,
  'x-weak': 100,
  weak: 250,
  medium: 500,
  strong: 800,
  'x-strong': 1200,
};
const PARAGRAPH_MS = 400;
const MAX_BREAK_MS = 10_000;

export function breakMs(attributes: Readonly<Record<string, string>>): number {
  const [, amount, unit] = /^\s*(\d{1,7}(?:\.\d{1,3})?)(ms|s)\s*$/.exec(attributes['time'] ?? '') ?? [];
  if (amount !== undefined)
    return Math.min(MAX_BREAK_MS, Math.round(Number(amount) * (unit === 's' ? 1000 : 1)));
  const strength = attributes['strength'] ?? 'medium';
  return (Object.hasOwn(STRENGTHS_MS, strength) ? STRENGTHS_MS[strength] : undefined) ?? 500;
}

function ssmlSegments(source: string, scope: Scope, speech: SpeechSettings, say: boolean): Segment[] {
  const { nodes } = parseSsml(source);
  const voice = voiceFor(speech, scope.language);
  if (voice?.ssml === true) {
    const inner = nodes.map((node) => markup(node, scope)).join('');
    const xml = `<speak version="1.0" xml:lang="${escapedXml(scope.language, '')}">${inner}</speak>`;
    return [{ kind: 'speech', text: xml, language: scope.language, markup: true }];
  }
  const speaker = new Speaker(say ? voice?.say : undefined);
  for (const node of nodes) speaker.add(node, scope);
  const last = speaker.segments.at(-1);
  return last?.kind === 'silence' && last.ms === PARAGRAPH_MS
    ? speaker.segments.slice(0, -1)
    : speaker.segments;
}

/** Puts the tree into a row of texts and silences. */
class Speaker {
  readonly segments: Segment[] = [];
  readonly #say: string | undefined;
  /** The last character of what was spoken last: to look for it in a text that is growing takes its whole length. */
  #ending = '';

  constructor(say: string | undefined) {
    this.#say = say;
  }

  add(node: SsmlNode, scope: Scope): void {
    if (typeof node === 'string') {
      this.#speak(fill(node, scope), scope.language);
      return;
    }
    const within = inLanguage(scope, node.attributes['xml:lang']);
    switch (node.tag) {
      case 'break': {
        this.#pause(breakMs(node.attributes));
        return;
      }
      case 'sub': {
        this.#speak(fill(node.attributes['alias'] ?? plainText(node, scope), within), within.language);
        return;
      }
      case 'say-as': {
        this.#sayAs(node, within);
        return;
      }
      case 'p': {
        this.#pause(PARAGRAPH_MS);
        for (const child of node.children) this.add(child, within);
        this.#pause(PARAGRAPH_MS);
        return;
      }
      case 's': {
        for (const child of node.children) this.add(child, within);
        this.#endSentence();
        return;
      }
      default:
        for (const child of node.children) this.add(child, within);
    }
  }

  #sayAs(node: SsmlElement, scope: Scope): void {
    const how = node.attributes['interpret-as'] ?? '';
    const text = plainText(node, scope);
    if (!isInterpretation(how)) {
      this.#speak(text, scope.language);
      return;
    }
    const words = spoken(inWords(how, text, node.attributes['format'] ?? '', scope.language), scope.language);
    const data = this.#say === undefined ? undefined : sayArguments(how, text);
    if (data === undefined) this.#speak(words, scope.language);
    else
      this.segments.push({
        kind: 'say',
        data: `${this.#say} ${data}`,
        text: words,
        language: scope.language,
      });
  }

  #speak(text: string, language: string): void {
    const said = spoken(text, language);
    if (said === '') return;
    this.#ending = said.charAt(said.length - 1);
    const last = this.segments.at(-1);
    if (last?.kind !== 'speech' || last.language !== language) {
      this.segments.push({ kind: 'speech', text: said, language });
      return;
    }
    const glue = /^[.,!?;:]/.test(said) ? '' : ' ';
    this.segments[this.segments.length - 1] = { ...last, text: `${last.text}${glue}${said}` };
  }

  #endSentence(): void {
    const last = this.segments.at(-1);
    if (last?.kind === 'speech' && !'.!?。！？'.includes(this.#ending)) {
      this.#ending = '.';
      this.segments[this.segments.length - 1] = { ...last, text: `${last.text}.` };
    }
  }

  #pause(ms: number): void {
    const last = this.segments.at(-1);
    if (ms === 0) return;
    if (last?.kind === 'silence')
      this.segments[this.segments.length - 1] = { kind: 'silence', ms: Math.max(last.ms, ms) };
    else if (last !== undefined || ms !== PARAGRAPH_MS) this.segments.push({ kind: 'silence', ms });
  }
}

function plainText(element: SsmlElement, scope: Scope): string {
  return element.children
    .map((child) => (typeof child === 'string' ? fill(child, scope) : plainText(child, scope)))
    .join('');
}

function markup(node: SsmlNode, scope: Scope): string {
  if (typeof node === 'string') {
    // Blanks at the ends keep words apart; what is between is made harmless.
    const text = fill(node, scope);
    return `${/^\s/.test(text) ? ' ' : ''}${escapedXml(text, scope.language)}${/\s$/.test(text) ? ' ' : ''}`;
  }
  const inner = node.children.map((child) => markup(child, scope)).join('');
  if (node.tag === 'speak') return inner;
  const attributes = Object.entries(node.attributes)
    .map(([name, value]) => ` ${name}="${escapedXml(fill(value, scope), scope.language)}"`)
    .join('');
  return inner === '' ? `<${node.tag}${attributes}/>` : `<${node.tag}${attributes}>${inner}</${node.tag}>`;
}
