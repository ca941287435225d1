import { ParsedTexts } from '../parsed-texts.js';

/**
 * Reads the SSML that a flow's author wrote. It is read before references are filled in, so that what a reference
 * brings can't be a tag. What is not well-formed is read as good as it goes, with a fault.
 */

export interface SsmlElement {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly SsmlNode[];
}

export type SsmlNode = string | SsmlElement;

export interface Ssml {
  readonly nodes: readonly SsmlNode[];
  /** What is not understood, each in one line; its text is spoken. */
  readonly faults: readonly string[];
}

const SUPPORTED: Readonly<Record<string, readonly string[]>> = {
  speak: ['version', 'xmlns', 'xml:lang'],
  p: ['xml:lang'],
  s: ['xml:lang'],
  break: ['time', 'strength'],
  'say-as': ['interpret-as', 'format', 'detail'],
  sub: ['alias'],
  prosody: ['rate', 'pitch', 'volume', 'contour', 'range', 'duration'],
};

/** Comments and the like without an end go to the end of the text: each would be looked for over and over. */
const TOKEN =
  /<!--[\s\S]*?(?:-->|$)|<!\[CDATA\[([\s\S]*?)(?:\]\]>|$)|<\?[\s\S]*?(?:\?>|$)|<(\/?)([A-Za-z][\w:.-]*)((?:\s+[A-Za-z_][\w:.-]*\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>/g;
const ATTRIBUTE = /\s*([A-Za-z_][\w:.-]*)\s*=\s*(?:"([^"]*)"|'([^']*)')/gy;
/** Tags that are open at the same time; more are a mistake, and could not be walked through. */
const MAX_OPEN = 64;
/** What has no name, and how it ends. */
const ENDS = [
  ['<!--', '-->'],
  ['<![CDATA[', ']]>'],
  ['<?', '?>'],
] as const;
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

const parsed = new ParsedTexts<Ssml>(parse);

export function parseSsml(source: string): Ssml {
  return parsed.get(source);
}

interface Open {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: SsmlNode[];
}

function parse(source: string): Ssml {
  const faults: string[] = [];
  const root: Open = { tag: '', attributes: {}, children: [] };
  const open: Open[] = [root];
  const top = (): Open => open.at(-1) ?? root;
  const close = (): void => {
    const element = open.pop();
    if (element !== undefined) top().children.push(element);
  };
  let at = 0;
  const say = (raw: string): void => {
    const stray = raw.includes('<');
    if (stray) faults.push(`"${(/<.{0,20}/s.exec(raw)?.[0] ?? '').trim()}" is not a tag`);
    if (raw !== '') top().children.push(decoded(raw, faults));
  };
  for (const match of source.matchAll(TOKEN)) {
    say(source.slice(at, match.index));
    at = match.index + match[0].length;
    const [whole, data, closing, tag, attributes = '', empty] = match;
    if (data !== undefined) top().children.push(data);
    if (tag === undefined) {
      const [begin = '', end = ''] = ENDS.find(([start]) => whole.startsWith(start)) ?? [];
      if (!whole.endsWith(end) || whole.length < begin.length + end.length)
        faults.push(`${begin} has no end`);
      continue;
    }
    if (closing === '/') {
      if (!open.some((element) => element.tag === tag)) faults.push(`</${tag}> closes nothing`);
      else {
        while (open.length > 1 && top().tag !== tag) {
          faults.push(`<${top().tag}> is not closed`);
          close();
        }
        close();
      }
      continue;
    }
    if (open.length > MAX_OPEN) {
      faults.push(`<${tag}> is more than ${MAX_OPEN} tags deep`);
      continue;
    }
    open.push({ tag, attributes: readAttributes(tag, attributes, faults), children: [] });
    if (empty === '/') close();
  }
  say(source.slice(at));
  while (open.length > 1) {
    faults.push(`<${top().tag}> is not closed`);
    close();
  }
  return { nodes: root.children, faults };
}

function readAttributes(tag: string, text: string, faults: string[]): Record<string, string> {
  const known = Object.hasOwn(SUPPORTED, tag) ? SUPPORTED[tag] : undefined;
  if (known === undefined) faults.push(`<${tag}> is not supported: its text is spoken`);
  const attributes: Record<string, string> = {};
  for (const [, name = '', double, single] of text.matchAll(ATTRIBUTE)) {
    attributes[name] = decoded(double ?? single ?? '', faults);
    if (known !== undefined && !known.includes(name)) faults.push(`${name} of <${tag}> is not supported`);
  }
  return attributes;
}

function decoded(text: string, faults: string[]): string {
  return text.replaceAll(
    /&(?:#(\d{1,7})|#x([0-9A-Fa-f]{1,6})|([A-Za-z]+));|&/g,
    (whole, decimal?: string, hex?: string, name?: string) => {
      const code =
        decimal !== undefined ? Number(decimal) : hex !== undefined ? Number.parseInt(hex, 16) : undefined;
      if (code !== undefined) return code <= 0x10ffff ? String.fromCodePoint(code) : '';
      const entity = name !== undefined && Object.hasOwn(ENTITIES, name) ? ENTITIES[name] : undefined;
      if (entity === undefined) faults.push(`${whole} is not an entity; write &amp;`);
      return entity ?? whole;
    },
  );
}
