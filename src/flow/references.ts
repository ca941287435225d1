import type { FlowCall, Json } from './port.js';
import { ParsedTexts } from './parsed-texts.js';
import type { FlowState } from './state.js';
import { TextRoom } from './text-room.js';

/**
 * References to what is known of a call, alone or inside a text: `$.Attributes.name`, `$.External.address.city`,
 * `{$.StoredInput}.wav` where a letter follows, `$.Attributes['given name']`, and `${start.caller}` as Alibaba Cloud
 * writes it. `$$.` is a plain `$.`. What a reference brings is data: it is never looked into for further references.
 */

export interface Reference {
  /** As it is written. */
  readonly text: string;
  readonly space: Space;
  /** The names behind the space. */
  readonly path: readonly string[];
  /** `${block.name}`: the block that is to have set the attribute. */
  readonly block?: string;
}

/** A text with references in it. */
export interface Template {
  readonly parts: readonly (string | Reference)[];
  /** References that mean nothing, each with the reason; they stay empty. */
  readonly faults: readonly string[];
}

const SPACES = {
  Attributes: { names: 1, hint: '$.Attributes.<name>' },
  FlowAttributes: { names: 1, hint: '$.FlowAttributes.<name>' },
  External: { names: Infinity, hint: '$.External.<name>' },
  Channel: { names: 1, hint: '$.Channel.<variable>' },
  CustomerEndpoint: { names: 1, hint: '$.CustomerEndpoint.Address or .Type' },
  SystemEndpoint: { names: 1, hint: '$.SystemEndpoint.Address or .Type' },
  Queue: { names: 1, hint: '$.Queue.Name' },
  Error: { names: 1, hint: '$.Error.Code' },
  StoredInput: { names: 0, hint: '$.StoredInput' },
  ContactId: { names: 0, hint: '$.ContactId' },
  LanguageCode: { names: 0, hint: '$.LanguageCode' },
} as const;

export type Space = keyof typeof SPACES;

const FIXED: Partial<Record<Space, readonly string[]>> = {
  CustomerEndpoint: ['Address', 'Type'],
  SystemEndpoint: ['Address', 'Type'],
  Queue: ['Name'],
  Error: ['Code'],
};

/** Alibaba Cloud's `${start.…}`. */
const START: Readonly<Record<string, readonly [Space, ...string[]]>> = {
  caller: ['CustomerEndpoint', 'Address'],
  callee: ['SystemEndpoint', 'Address'],
  contactId: ['ContactId'],
  callId: ['ContactId'],
};

const REFERENCE =
  /\$\$\.|\{\$\.([A-Za-z]+)((?:\.[\w-]+|\['[^'\]]*'\])*)\}|\$\.([A-Za-z]+)((?:\.[\w-]+|\['[^'\]]*'\])*)|\$\{([\w-]+)\.([\w-]+)\}/g;
const NAME = /\.([\w-]+)|\['([^'\]]*)'\]/g;

function isSpace(text: string): text is Space {
  return Object.hasOwn(SPACES, text);
}

/** The texts of the flows themselves are parsed once; there are as many as the flows have. */
const parsed = new ParsedTexts<Template>(parse);

export function template(text: string): Template {
  return parsed.get(text);
}

function parse(text: string): Template {
  const parts: (string | Reference)[] = [];
  const faults: string[] = [];
  const say = (plain: string): void => {
    const last = parts.at(-1);
    if (plain === '') return;
    if (typeof last === 'string') parts[parts.length - 1] = last + plain;
    else parts.push(plain);
  };
  const references = new RegExp(REFERENCE);
  let at = 0;
  for (let match = references.exec(text); match !== null; match = references.exec(text)) {
    say(text.slice(at, match.index));
    at = references.lastIndex;
    const [whole, braced, bracedPath, open, openPath, owner, name] = match;
    if (whole === '$$.') say('$.');
    else if (owner !== undefined && name !== undefined) addForeign(whole, owner, name, parts, faults);
    else {
      const names = Array.from((bracedPath ?? openPath ?? '').matchAll(NAME), ([text, plain, quoted]) => ({
        text,
        name: plain ?? quoted ?? '',
      }));
      const { reference, fault } = own(whole, braced ?? open ?? '', names, braced !== undefined);
      if (fault !== undefined) faults.push(fault);
      parts.push(reference);
      // What is behind it is text again, and may hold references: `$.StoredInput['$.Queue.Name']`.
      at = references.lastIndex = match.index + reference.text.length;
    }
  }
  say(text.slice(at));
  return { parts, faults };
}

/** A leaf takes no names: in `$.StoredInput.wav` the reference ends before them. */
function own(
  whole: string,
  space: string,
  names: readonly { readonly text: string; readonly name: string }[],
  braced: boolean,
): { reference: Reference; fault?: string } {
  if (!isSpace(space)) {
    const fault = `${whole}: there is no $.${space}; known are ${Object.keys(SPACES).join(', ')}`;
    return { reference: { text: whole, space: 'Attributes', path: [] }, fault };
  }
  const { names: most, hint } = SPACES[space];
  const path = names.slice(0, most).map(({ name }) => name);
  const extra = names.slice(most);
  const rest = braced ? 0 : extra.reduce((length, { text }) => length + text.length, 0);
  const text = whole.slice(0, whole.length - rest);
  const fixed = FIXED[space];
  const wrong =
    (most > 0 && path.length === 0 && space !== 'External') ||
    (braced && extra.length > 0) ||
    (fixed !== undefined && !fixed.includes(path[0] ?? ''));
  return {
    reference: { text, space, path },
    ...(wrong ? { fault: `${whole}: expected ${hint}` } : {}),
  };
}

function addForeign(
  text: string,
  owner: string,
  name: string,
  parts: (string | Reference)[],
  faults: string[],
): void {
  if (owner !== 'start') {
    parts.push({ text, space: 'Attributes', path: [name], block: owner });
    return;
  }
  const known = Object.hasOwn(START, name) ? START[name] : undefined;
  if (known === undefined) {
    faults.push(`${text}: of start there are ${Object.keys(START).join(', ')}`);
    parts.push({ text, space: 'Attributes', path: [] });
    return;
  }
  const [space, ...path] = known;
  parts.push({ text, space, path });
}

/** The references of a text, in order. */
export function referencesIn(text: string): readonly Reference[] {
  return template(text).parts.filter((part) => typeof part !== 'string');
}

/** The text is one reference and nothing else. */
export function soleReference(text: string): Reference | undefined {
  const { parts } = template(text);
  const [only] = parts;
  return parts.length === 1 && typeof only === 'object' ? only : undefined;
}

/** Where references look. */
export interface Scope {
  readonly state: FlowState;
  readonly call: FlowCall;
  readonly language: string;
  /** For all texts of a turn; without it, each has as much. */
  readonly room?: TextRoom;
}

/** What a reference stands for; `undefined` when it is not set. An empty text is set. */
export function lookUp({ space, path }: Reference, { state, call, language }: Scope): Json | undefined {
  const [name = ''] = path;
  switch (space) {
    case 'Attributes':
      return own1(state.attributes, name);
    case 'FlowAttributes':
      return own1(state.flowAttributes, name);
    case 'External':
      return dig(state.external, path);
    case 'Channel':
      return call.get(name);
    case 'CustomerEndpoint':
      return endpoint(call, name, 'customer');
    case 'SystemEndpoint':
      return endpoint(call, name, 'system');
    case 'Queue':
      return filled(state.queue);
    case 'Error':
      return filled(state.error);
    case 'StoredInput':
      return filled(state.storedInput);
    case 'ContactId':
      return call.uuid;
    case 'LanguageCode':
      return filled(language);
  }
}

function own1(values: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

function filled(text: string): string | undefined {
  return text === '' ? undefined : text;
}

/** A list is no place to look for names: it can be passed on, not looked into. */
function dig(value: Json, path: readonly string[]): Json | undefined {
  let at: Json | undefined = value;
  for (const name of path) {
    if (at === null || typeof at !== 'object' || Array.isArray(at)) return undefined;
    at = Object.hasOwn(at, name) ? (at as Readonly<Record<string, Json>>)[name] : undefined;
    if (at === undefined) return undefined;
  }
  return at === null ? undefined : at;
}

/** The one who calls is the customer, unless FreeSWITCH placed the call. */
function endpoint(call: FlowCall, name: string, who: 'customer' | 'system'): string | undefined {
  const outbound = call.get('direction') === 'outbound';
  const isCaller = (who === 'customer') !== outbound;
  const address = call.get(isCaller ? 'caller_id_number' : 'destination_number');
  if (name === 'Type') return address === undefined ? undefined : 'TELEPHONE_NUMBER';
  return address;
}

/** What stands in a text for a value: lists and objects have no text. */
export function textOf(value: Json | undefined): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

/**
 * The text with its references filled in.
 * @param encode makes each value fit for where the text goes; what the flow itself wrote is left as it is
 * @throws FlowTextTooLarge
 */
export function fill(text: string, scope: Scope, encode: (value: string) => string = same): string {
  const { parts } = template(text);
  const [first] = parts;
  if (parts.length === 1 && typeof first === 'string') return first;
  return joined(parts, scope, (part) => encode(textOf(lookUp(part, scope))));
}

function joined(parts: Template['parts'], scope: Scope, worth: (part: Reference) => string): string {
  const { room = new TextRoom() } = scope;
  let text = '';
  for (const part of parts) {
    const piece = typeof part === 'string' ? part : worth(part);
    room.take(piece.length);
    text += piece;
  }
  return text;
}

/** What stands where a value is nobody's business. */
const HIDDEN = '***';

/** As `fill`, with stars for what is masked; undefined when nothing of it is. */
export function fillShown(
  text: string,
  scope: Scope,
  encode: (value: string) => string = same,
): string | undefined {
  if (!isMasked(text, scope)) return undefined;
  return joined(template(text).parts, scope, (part) =>
    isHidden(part, scope) ? HIDDEN : encode(textOf(lookUp(part, scope))),
  );
}

function isHidden({ space, path }: Reference, { state }: Scope): boolean {
  return state.masked.includes([space, ...path].join('.'));
}

function same(value: string): string {
  return value;
}

/** A lone reference keeps the kind of its value; in a text it becomes text. `undefined`: a lone one that is not set. */
export function valueOf(text: string, scope: Scope): Json | undefined {
  const sole = soleReference(text);
  return sole === undefined ? fill(text, scope) : lookUp(sole, scope);
}

/** Whether a masked value goes into the text. */
export function isMasked(text: string, scope: Scope): boolean {
  return scope.state.masked.length > 0 && referencesIn(text).some((one) => isHidden(one, scope));
}

/** All texts in a parameter, with the way to each. */
export function textsIn(
  value: unknown,
  path: readonly (string | number)[] = [],
): { readonly path: readonly (string | number)[]; readonly text: string }[] {
  if (typeof value === 'string') return [{ path, text: value }];
  if (Array.isArray(value)) return value.flatMap((item, index) => textsIn(item, [...path, index]));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => textsIn(item, [...path, name]));
}
