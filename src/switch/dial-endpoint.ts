/** One callee of a dial string: `user/10001@example.org`, `sofia/gateway/carrier/4930123456`, … */
export type DialEndpoint =
  | { readonly type: 'user'; readonly user: string; readonly domain?: string }
  | {
      readonly type: 'group';
      readonly group: string;
      readonly domain?: string;
      /** How its members are called: A at once, F one after the other, E each in a thread of its own. */
      readonly order?: string;
    }
  | { readonly type: 'gateway'; readonly gateway: string; readonly number: string }
  /** `sofia/<profile>/<uri>`: any SIP address, or a user registered on the profile when there is no `@`. */
  | { readonly type: 'sofia'; readonly profile: string; readonly uri: string }
  | {
      readonly type: 'loopback';
      readonly extension: string;
      readonly context?: string;
      readonly dialplan?: string;
    }
  /** `loopback/app=<application>:<data>`: runs an application. */
  | { readonly type: 'loopback_app'; readonly application: string; readonly data: string }
  | { readonly type: 'error'; readonly cause: string }
  | { readonly type: 'pickup'; readonly key: string }
  | { readonly type: 'verto'; readonly endpoint: string; readonly user: string }
  | { readonly type: 'other'; readonly endpoint: string; readonly data: string };

export type EndpointResult =
  { readonly ok: true; readonly endpoint: DialEndpoint } | { readonly ok: false; readonly detail: string };

/**
 * Characters of an endpoint outside brackets. Left out on purpose: `,` `|` (separators), `{}` `<>` `[]` `'` `"`
 * `\` (FreeSWITCH reads them in ways that depend on the place), `^` (splits off a To header or a delimiter), `$`
 * (expansion), blanks, and everything beyond ASCII. Brackets are accepted around an IPv6 address only.
 */
const ENDPOINT =
  /^([A-Za-z0-9_.]+)\/([A-Za-z0-9_.@:;=%+*#&?/~!()-]+|[A-Za-z0-9_.@:;=%+*#&?/~!()-]*\[[0-9A-Fa-f:.]+\][A-Za-z0-9_.:;=%+*#&?/~!()-]*)$/;

const MAX_ENDPOINT = 512;
const SHOWN = 80;

/** Of a dial string's text, as much as a detail may show. */
export function quoted(text: string): string {
  const characters = Array.from(text);
  return `"${characters.length > SHOWN ? `${characters.slice(0, SHOWN).join('')}…` : text}"`;
}

function at(text: string, separator: string): [string, string | undefined] {
  const index = text.indexOf(separator);
  return index < 0 ? [text, undefined] : [text.slice(0, index), text.slice(index + 1)];
}

/** Reads one callee. Endpoint names are told apart without regard to case, as FreeSWITCH looks them up. */
export function parseEndpoint(text: string): EndpointResult {
  const bad = (detail: string): EndpointResult => ({ ok: false, detail });
  if (text === '') return bad('an empty leg');
  if (text.length > MAX_ENDPOINT) return bad('an endpoint longer than 512 characters');
  const match = ENDPOINT.exec(text);
  if (match === null) return bad(`${quoted(text)} is not an endpoint`);
  const name = (match[1] ?? '').toLowerCase();
  const data = match[2] ?? '';
  const endpoint = read(name, data);
  return endpoint === undefined ? bad(`${quoted(text)} is not complete`) : { ok: true, endpoint };
}

function read(name: string, data: string): DialEndpoint | undefined {
  switch (name) {
    case 'user': {
      const [user, domain] = at(data, '@');
      if (user === '' || domain === '') return undefined;
      return domain === undefined ? { type: 'user', user } : { type: 'user', user, domain };
    }
    case 'group': {
      const [whole, order] = at(data, '+');
      const [group, domain] = at(whole, '@');
      if (group === '' || domain === '' || order === '') return undefined;
      return {
        type: 'group',
        group,
        ...(domain === undefined ? {} : { domain }),
        ...(order === undefined ? {} : { order }),
      };
    }
    case 'sofia': {
      const [profile, rest] = at(data, '/');
      if (profile === '' || rest === undefined || rest === '') return undefined;
      if (profile.toLowerCase() !== 'gateway') return { type: 'sofia', profile, uri: rest };
      const [gateway, number] = at(rest, '/');
      return gateway === '' || number === undefined || number === ''
        ? undefined
        : { type: 'gateway', gateway, number };
    }
    case 'loopback':
      return readLoopback(data);
    case 'error':
      return { type: 'error', cause: data };
    case 'pickup':
      return { type: 'pickup', key: data };
    case 'verto':
    case 'verto.rtc':
      return { type: 'verto', endpoint: name, user: data };
    default:
      return { type: 'other', endpoint: name, data };
  }
}

/** mod_loopback.c: `<extension>[/<context>[/<dialplan>]]`, or `app=<application>[:<data>]` in any case. */
function readLoopback(data: string): DialEndpoint | undefined {
  if (/^app=/i.test(data)) {
    const [application, rest] = at(data.slice(4), ':');
    return application === '' ? undefined : { type: 'loopback_app', application, data: rest ?? '' };
  }
  const [extension, more] = at(data, '/');
  if (extension === '') return undefined;
  if (more === undefined) return { type: 'loopback', extension };
  const [context, dialplan] = at(more, '/');
  if (context === '' || dialplan === '') return undefined;
  return {
    type: 'loopback',
    extension,
    context,
    ...(dialplan === undefined ? {} : { dialplan }),
  };
}

/** Writes one callee back. */
export function formatEndpoint(endpoint: DialEndpoint): string {
  const optional = (separator: string, part: string | undefined) =>
    part === undefined ? '' : `${separator}${part}`;
  switch (endpoint.type) {
    case 'user':
      return `user/${endpoint.user}${optional('@', endpoint.domain)}`;
    case 'group':
      return `group/${endpoint.group}${optional('@', endpoint.domain)}${optional('+', endpoint.order)}`;
    case 'gateway':
      return `sofia/gateway/${endpoint.gateway}/${endpoint.number}`;
    case 'sofia':
      return `sofia/${endpoint.profile}/${endpoint.uri}`;
    case 'loopback':
      return `loopback/${endpoint.extension}${optional('/', endpoint.context)}${optional('/', endpoint.dialplan)}`;
    case 'loopback_app':
      return `loopback/app=${endpoint.application}${endpoint.data === '' ? '' : `:${endpoint.data}`}`;
    case 'error':
      return `error/${endpoint.cause}`;
    case 'pickup':
      return `pickup/${endpoint.key}`;
    case 'verto':
      return `${endpoint.endpoint}/${endpoint.user}`;
    case 'other':
      return `${endpoint.endpoint}/${endpoint.data}`;
  }
}
