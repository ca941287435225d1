import type { PolicyProfile } from '../policy-profile.js';
import type { NameList } from './pattern.js';

/** Every rule by its name, with what it holds back; docs/guide/policy.md explains them in the same words. */
export const RULES = {
  application: 'The application is not among `applications`.',
  argument: 'An argument does not have the form that the application takes.',
  'data.length': 'The data is longer than 16384 characters.',
  'data.control': 'A control character (CR, LF, NUL, …), also where quotes or escapes would make one.',
  'data.backslash':
    'A backslash that FreeSWITCH reads more than once, or that would make a control character.',
  'data.scope': 'A `%[…]` before the data that cannot be read safely.',
  expansion: 'A `$` while `expansion.allow` is off.',
  'expansion.place': 'A reference where what comes of it would decide about more than text.',
  'expansion.syntax': 'A `$` that is not a plain `${variable}` or `${api(arguments)}`.',
  'expansion.variable':
    'The variable is not among `expansion.variables`, or its value has `$`, a backslash or a control character.',
  'expansion.api': 'The API command is not among `expansion.apis`.',
  'variable.name': 'Not a plain name of a variable.',
  'variable.reserved': "One of switchhook's own variables.",
  'variable.set': 'The variable is not among `variables.set`.',
  'variable.digits': 'Digits may not be stored in that variable.',
  'variable.value': 'The value is not of the kind that the variable takes.',
  'variable.length': 'The value is longer than `variables.max_length`.',
  'variable.array': 'The value would become an array.',
  caller_id: '`caller_id` names nothing that may be shown as the caller.',
  'caller_id.number': 'The number is not among `caller_id.numbers`.',
  'caller_id.name': 'The name is not among `caller_id.names`.',
  'dial.syntax': 'The dial string has something in it that cannot be accounted for.',
  'dial.legs': 'More legs than `dial.max_legs`.',
  'dial.variable': 'A variable in a prefix that is in neither `variables.dial` nor `variables.set`.',
  'dial.user': 'The user is not among `dial.users`.',
  'dial.domain': 'The domain is not among `dial.domains`.',
  'dial.group': 'The group is not among `dial.groups`.',
  'dial.gateway': 'The gateway is not among `dial.gateways`.',
  'dial.number': 'The number may not be dialled through that gateway.',
  'dial.sip_uri': 'The SIP address is not among `dial.sip_uris`.',
  'dial.loopback': 'The extension is not among `dial.loopback`, or context and dialplan are not named.',
  'dial.loopback_app': '`loopback/app=…` would run an application.',
  'dial.error': '`error/…` while `dial.errors` is off.',
  'dial.endpoint': 'A kind of endpoint that is not among `dial.endpoints`.',
  'play.name': 'Not a plain file name.',
  'play.traversal': 'An empty, hidden or parent folder in the file name.',
  'play.extension': 'The extension is not among `play.extensions`.',
  'play.root':
    'The file is outside `play.roots` and `record.roots`, or relative while `play.relative` is off.',
  'play.stream': 'The stream is not among `play.streams`, or is not plain.',
  'play.url': 'The URL is not under one of `play.urls`, or is not plain.',
  'play.tone': 'The tone script is not plain, or is too long.',
  'play.params': 'Parameters in `{}` that are not among `play.params`.',
  'record.name': 'Not a plain file name.',
  'record.traversal': 'An empty, hidden or parent folder in the file name.',
  'record.extension': 'The extension is missing or not among `record.extensions`.',
  'record.root': 'The file is outside `record.roots`.',
  'record.stream': 'Not a file but a stream, or parameters in `{}`.',
  'record.params': 'Something other than `+<seconds>` after the file name.',
  'speak.engine': 'The engine is not among `speak.engines`.',
  'speak.voice': 'Not the plain name of a voice.',
  'speak.length': 'The text is longer than `speak.max_length`.',
  'speak.params': 'The text begins with `{`, which engines read as parameters.',
  'phrase.macro': 'Not the plain name of a phrase macro.',
  'hangup.cause': 'The cause is not one of FreeSWITCH, or not among `hangup.causes`.',
  sleep: 'Not a number of milliseconds up to `sleep.max_ms`.',
  'transfer.destination': 'The destination is not among `transfer.destinations`.',
  'callcenter.queue': 'The queue is not among `callcenter.queues`.',
  'fifo.queue': 'The queue is not among `fifo.queues`, or not entered as a caller.',
  'conference.room': 'The room is not among `conference.rooms`, or has more than a profile after it.',
} as const;

export type RuleName = keyof typeof RULES;

/** Why an action may not run: the rule, and what in the data offends it. */
export interface Refusal {
  readonly rule: RuleName;
  readonly detail: string;
}

export type Checked = Refusal | undefined;

const SHOWN = 80;

/** Text from an app, for a detail: cut, and free of characters that would spoil a log line. */
export function shown(text: string): string {
  const cut = text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
  return JSON.stringify(cut).replace(
    /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

export function refuse(rule: RuleName, detail: string): Refusal {
  return { rule, detail };
}

/** The first refusal of several checks; the later ones are not run once one refuses. */
export function firstRefusal<T>(items: Iterable<T>, check: (item: T) => Checked): Checked {
  for (const item of items) {
    const refusal = check(item);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** A profile made ready: patterns compiled, names in lower case. */
export interface CompiledProfile {
  readonly source: PolicyProfile;
  readonly applications: ReadonlySet<string>;
  readonly settable: NameList;
  readonly dialVariables: NameList;
  readonly digitVariables: NameList;
  readonly expandable: NameList;
  readonly callerIdNumbers: readonly RegExp[];
  readonly callerIdNames: readonly RegExp[];
  readonly users: readonly RegExp[];
  readonly domains: readonly RegExp[];
  readonly groups: readonly RegExp[];
  readonly gateways: ReadonlyMap<string, { readonly numbers: readonly RegExp[]; readonly max?: number }>;
  readonly sipUris: readonly { readonly profile: string; readonly uri: RegExp }[];
  readonly loopback: readonly { readonly extension: RegExp; readonly context: string }[];
  readonly endpoints: readonly { readonly endpoint: string; readonly data: RegExp }[];
  readonly transfers: readonly {
    readonly extension: RegExp;
    readonly dialplan: string;
    readonly context: string;
  }[];
  readonly queues: readonly RegExp[];
  readonly fifos: readonly RegExp[];
  readonly conferences: readonly RegExp[];
}

/** What a rule may look at. */
export interface RuleContext {
  readonly profile: CompiledProfile;
  readonly call: { get(name: string): string | undefined };
}
