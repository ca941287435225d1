import { ANYTHING, charsOf, concat, either } from '../language/language.js';
import type { Language } from '../language/language.js';
import { meets } from '../language/questions.js';
import { single } from '../language/char-set.js';
import { constantOf, joinTexts, originOf } from './value.js';
import type { Hole, Text } from './value.js';

/** What one leg of a dial string leads to. */
export type Target =
  /** A line to the outside: a gateway, a SIP address, a hardware channel. */
  | { readonly kind: 'outside'; readonly through: string; readonly number: Text; readonly host: Text }
  /** The caller writes the dial string, or a part of it that begins another leg. */
  | { readonly kind: 'arbitrary'; readonly why: string }
  | { readonly kind: 'user'; readonly user: Text }
  | { readonly kind: 'group'; readonly group: Text }
  | { readonly kind: 'loopback'; readonly number: Text; readonly context: Text; readonly dialplan: string }
  | { readonly kind: 'application'; readonly application: string; readonly data: Text }
  /** Somebody who is registered here, an error, a parked call. */
  | { readonly kind: 'local' }
  | { readonly kind: 'unknown'; readonly text: Text };

/** Endpoints behind which there is a line that costs money, or a host of somebody else. */
const OUTSIDE =
  /^(?:freetdm|openzap|dahdi|khomp|gsmopen|skypopen|h323|opal|unicall|woomera|lcr|dingaling|iax2?|telnyx|signalwire)$/;
const LOCAL =
  /^(?:error|null|pickup|verto|verto\.rtc|rtc|skinny|portaudio|alsa|rtmp|conference|valet_park|user_not_registered|sofia_contact|verto_contact)$/;
const LOCAL_FUNCTIONS = /^(?:sofia_contact|verto_contact|rtmp_contact|skinny_contact|user_exists)$/;
const ROUTED =
  /^\$\{(?:enum_auto_route|lcr_auto_route|osp_auto_route|easyroute\w*|lcr_route_\d+|enum_route_\d+)/;

const SEPARATORS = either(...Array.from(',|', (char) => withChar(char)));

function withChar(char: string): Language {
  return concat(ANYTHING, charsOf(single(char.charCodeAt(0))), ANYTHING);
}

/** A text whose holes are single characters of the private use area, so that it can be taken apart. */
class Marked {
  readonly text: string;
  readonly #holes: readonly Hole[];

  constructor(text: Text) {
    const holes: Hole[] = [];
    this.text = text
      .map((part) => {
        if (typeof part === 'string') return part.replaceAll(/[\uE000-\uF8FF]/g, '?');
        holes.push(part);
        return String.fromCharCode(0xe000 + Math.min(holes.length - 1, 0x18ff));
      })
      .join('');
    this.#holes = holes;
  }

  back(marked: string): Text {
    return joinTexts(
      ...Array.from(marked, (char): Text => {
        const found = this.#holes[char.charCodeAt(0) - 0xe000];
        return [found ?? char];
      }),
    );
  }
}

/** Takes a dial string apart (switch_ivr_originate.c), as far as that can be done before a call. */
export function targetsOf(dialString: Text): Target[] {
  const marked = new Marked(dialString);
  const targets: Target[] = [];
  const { rest, prefixes } = takePrefixes(marked.text);
  for (const prefix of prefixes) targets.push(...injected(marked.back(prefix.content), prefix.close));
  for (const leg of rest.split(/:_:|[,|]/)) {
    const own = takePrefixes(leg.trim());
    for (const prefix of own.prefixes) targets.push(...injected(marked.back(prefix.content), prefix.close));
    if (own.rest.trim() !== '') targets.push(...legTargets(marked.back(own.rest.trim())));
  }
  return targets;
}

interface Prefix {
  readonly content: string;
  readonly close: string;
}

const BRACKETS: Readonly<Record<string, string>> = { '{': '}', '[': ']', '<': '>' };

function takePrefixes(text: string): { rest: string; prefixes: Prefix[] } {
  const prefixes: Prefix[] = [];
  let rest = text.trimStart();
  for (;;) {
    const close = BRACKETS[rest[0] ?? ''];
    const end = close === undefined ? -1 : closing(rest, rest[0] ?? '', close);
    if (close === undefined || end < 0) return { rest, prefixes };
    prefixes.push({ content: rest.slice(1, end), close });
    rest = rest.slice(end + 1).trimStart();
  }
}

function closing(text: string, open: string, close: string): number {
  let depth = 0;
  for (let i = 0; i < text.length; i += 1) {
    if (text[i] === open) depth += 1;
    else if (text[i] === close) {
      depth -= 1;
      if (depth === 0) return i;
    }
  }
  return -1;
}

/** What the caller can write into `{…}` to get out of it. */
function injected(content: Text, close: string): Target[] {
  for (const part of content) {
    if (typeof part === 'string' || part.origin !== 'caller') continue;
    if (meets(part.language, withChar(close))) {
      return [
        {
          kind: 'arbitrary',
          why: `${part.label} may hold a "${close}", which ends the variables of the dial string, and what follows is dialled`,
        },
      ];
    }
  }
  return [];
}

function legTargets(leg: Text): Target[] {
  const marked = new Marked(leg);
  const [first] = leg;
  if (leg.length === 1 && first !== undefined && typeof first !== 'string') return [loneHole(first)];
  const slash = marked.text.indexOf('/');
  if (slash < 0) return [{ kind: 'unknown', text: leg }];
  const endpoint = constantOf(marked.back(marked.text.slice(0, slash)));
  if (endpoint === undefined) {
    const origin = originOf(marked.back(marked.text.slice(0, slash)));
    if (origin === 'caller') return [{ kind: 'arbitrary', why: 'the caller chooses the endpoint' }];
    return [{ kind: 'unknown', text: leg }];
  }
  const rest = marked.text.slice(slash + 1);
  return [...more(leg), read(endpoint.toLowerCase(), rest, marked, leg)];
}

/** A leg that is nothing but a variable or a function. */
function loneHole(part: Hole): Target {
  if (part.call !== undefined) {
    const { name, argument } = part.call;
    if (LOCAL_FUNCTIONS.test(name)) return { kind: 'local' };
    if (name === 'group_call') return { kind: 'group', group: beforeChar(argument, /[@+]/) };
    if (name === 'group') return { kind: 'local' };
  }
  if (ROUTED.test(part.label)) {
    return { kind: 'outside', through: part.label, number: [{ ...part, origin: 'caller' }], host: [] };
  }
  if (part.origin === 'caller') {
    return { kind: 'arbitrary', why: `${part.label} is the whole dial string` };
  }
  return { kind: 'unknown', text: [part] };
}

/** Legs that the caller can add. */
function more(leg: Text): Target[] {
  for (const part of leg) {
    if (typeof part === 'string' || part.origin !== 'caller') continue;
    if (meets(part.language, SEPARATORS)) {
      const why = `${part.label} may hold a "," or "|", behind which another leg of the dial string begins`;
      return [{ kind: 'arbitrary', why }];
    }
  }
  return [];
}

function beforeChar(text: Text, char: RegExp): Text {
  const marked = new Marked(text);
  return marked.back(marked.text.split(char, 1)[0] ?? '');
}

function read(endpoint: string, rest: string, marked: Marked, leg: Text): Target {
  switch (endpoint) {
    case 'sofia':
      return readSofia(rest, marked);
    case 'user':
      return { kind: 'user', user: marked.back(rest.split('@', 1)[0] ?? '') };
    case 'group':
      return { kind: 'group', group: marked.back(rest.split(/[@+]/, 1)[0] ?? '') };
    case 'loopback': {
      const app = /^app=([^:]*):?(.*)$/is.exec(rest);
      const name = app === null ? undefined : constantOf(marked.back(app[1] ?? ''));
      if (app !== null && name !== undefined) {
        return { kind: 'application', application: name, data: marked.back(app[2] ?? '') };
      }
      const [number = '', context = '', dialplan = ''] = rest.split('/');
      return {
        kind: 'loopback',
        number: marked.back(number),
        context: marked.back(context),
        dialplan: constantOf(marked.back(dialplan)) ?? '',
      };
    }
    default:
      if (LOCAL.test(endpoint)) return { kind: 'local' };
      if (OUTSIDE.test(endpoint)) {
        return { kind: 'outside', through: endpoint, number: marked.back(rest), host: [] };
      }
      return { kind: 'unknown', text: leg };
  }
}

/** mod_sofia.c sofia_outgoing_channel(). */
function readSofia(rest: string, marked: Marked): Target {
  const slash = rest.indexOf('/');
  if (slash < 0) return { kind: 'local' };
  const profile = rest.slice(0, slash);
  const address = rest.slice(slash + 1);
  if (profile.toLowerCase() === 'gateway') {
    const end = address.indexOf('/');
    if (end < 0) return { kind: 'local' };
    return {
      kind: 'outside',
      through: `gateway ${show(marked.back(address.slice(0, end)))}`,
      number: marked.back(address.slice(end + 1)),
      host: [],
    };
  }
  const at = address.lastIndexOf('@');
  if (at < 0) {
    const whole = marked.back(address);
    const escapes = whole.find(
      (part) => typeof part !== 'string' && part.origin === 'caller' && meets(part.language, withChar('@')),
    );
    if (escapes !== undefined && !address.includes('%')) {
      return {
        kind: 'outside',
        through: `SIP profile ${show(marked.back(profile))}`,
        number: whole,
        host: whole,
      };
    }
    // A registered user of the profile.
    return { kind: 'local' };
  }
  return {
    kind: 'outside',
    through: `SIP profile ${show(marked.back(profile))}`,
    number: marked.back(address.slice(0, at)),
    host: marked.back(address.slice(at + 1).replace(/[;?].*$/s, '')),
  };
}

function show(text: Text): string {
  return text.map((part) => (typeof part === 'string' ? part : part.label)).join('');
}
