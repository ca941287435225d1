import type { Global } from '../../switch-config/preprocess.js';
import { ANY_CHAR } from '../language/char-set.js';
import { ANYTHING, charsOf, concat, star } from '../language/language.js';
import { after } from '../language/quotients.js';
import type { Language } from '../language/language.js';
import type { CallState } from './call.js';
import { constantOfValue, fixed, hole, languageOfValue, originOfValue, product, valueIn } from './value.js';
import type { Hole, Text, Value } from './value.js';

/** What expansion needs to know besides the call. */
export interface World {
  readonly globals: ReadonlyMap<string, Global>;
  /** Variables that the directory gives to users: a caller who is none does not have them. */
  readonly userVariables: ReadonlySet<string>;
}

/** What `$1` stands for in the actions of a condition. */
export type Captures = (number: number) => Value;

/** Set by FreeSWITCH from what the caller sent (mod_sofia's sofia.c, switch_caller.c). */
const FROM_CALLER =
  /^(?:destination_number|caller_id_(?:name|number)|orig_caller_id_(?:name|number)|callee_id_(?:name|number)|username|ani|aniii|rdnis|switch_r_sdp|sip_.*|verto_.*)$/;
/** Of these, what FreeSWITCH knows itself; `sip_authorized` and its kin only after a password. */
const NOT_FROM_CALLER =
  /^(?:sip_(?:authorized|acl_authed_by|acl_token|gateway|gateway_name|profile_name|network_ip|network_port|received_ip|received_port|local_network_addr|auth_\w+|looped_call|invite_stamp|use_\w+|rtp_\w+|callee_id_\w+|allow))$/;
const ONLY_AUTHENTICATED =
  /^(?:sip_authorized|sip_acl_authed_by|sip_acl_token|acl_token|sip_auth_\w+|user_context|user_name|toll_allow|accountcode)$/;

/** What may stand for a host in a SIP address. */
const HOST = star(
  charsOf([
    [0x2d, 0x2e],
    [0x30, 0x3a],
    [0x41, 0x5b],
    [0x5d, 0x5d],
    [0x61, 0x7a],
  ]),
);

/** What a variable of the channel may hold. */
export function lookUp(name: string, state: CallState, world: World): Value {
  if (name === 'destination_number') return numberValue(state);
  if (name === 'context') return fixed(state.context);
  if (name === 'dialplan') return fixed(state.dialplan);
  const own = state.variables.get(name);
  if (own !== undefined) return own;
  const global = world.globals.get(name);
  if (global !== undefined) return fixed(global.value);
  if (FROM_CALLER.test(name) && !NOT_FROM_CALLER.test(name)) {
    return hole(`\${${name}}`, 'caller', /^sip_.*_(?:host|port)$/.test(name) ? HOST : ANYTHING);
  }
  if (!state.variables.opened && (ONLY_AUTHENTICATED.test(name) || world.userVariables.has(name))) {
    return fixed('');
  }
  return hole(`\${${name}}`, 'unknown');
}

export function numberValue(state: CallState): Value {
  return valueIn(state.number.language, state.number.origin, '${destination_number}');
}

/** A field of a condition: with a `$` a text, else a field of the caller profile (switch_caller_get_field_by_name). */
export function fieldValue(field: string, state: CallState, world: World): Value {
  if (field.includes('$')) return expand(field, state, world, undefined);
  const name = field.toLowerCase();
  switch (name) {
    case 'source':
      return fixed('mod_sofia');
    case 'destination_number':
    case 'context':
    case 'dialplan':
      return lookUp(name, state, world);
    case 'username':
    case 'caller_id_name':
    case 'caller_id_number':
    case 'orig_caller_id_name':
    case 'orig_caller_id_number':
    case 'ani':
    case 'aniii':
    case 'rdnis':
      return hole(field, 'caller');
    case 'network_addr':
    case 'uuid':
    case 'chan_name':
    case 'callee_id_name':
    case 'callee_id_number':
    case 'transfer_source':
      return hole(field, 'unknown');
    default:
      // FreeSWITCH finds no such field, and compares the empty text.
      return PROFILE_FIELDS.test(name) ? hole(field, 'unknown') : fixed('');
  }
}

const PROFILE_FIELDS =
  /^(?:profile_index|caller_ton|caller_numplan|(?:destination_number|ani|rdnis)_(?:ton|numplan)|screen_bit|privacy_hide_(?:name|number)|\w+_time)$/;

/**
 * Every text that `text` may become when FreeSWITCH expands it: `$1` first (when the condition has a group), then
 * `${name}`, `${name:offset:length}` and `${function(arguments)}`.
 */
export function expand(
  text: string,
  state: CallState,
  world: World,
  captures: Captures | undefined,
  depth = 0,
): Value {
  if (depth > 8) return hole(text, 'unknown');
  const values: Value[] = [];
  let plain = '';
  const flush = (): void => {
    values.push(fixed(plain));
    plain = '';
  };
  for (let at = 0; at < text.length;) {
    const group = captures === undefined ? null : /^\$(?:\{(\d+)\}|(\d+))/.exec(text.slice(at, at + 8));
    if (group !== null && captures !== undefined) {
      flush();
      values.push(captures(Number(group[1] ?? group[2])));
      at += group[0].length;
      continue;
    }
    const start = /^\$\$?\{/.exec(text.slice(at, at + 3));
    const end = start === null ? -1 : closing(text, at + start[0].length);
    if (start !== null && end >= 0) {
      flush();
      const inside = text.slice(at + start[0].length, end);
      values.push(
        start[0] === '$${'
          ? fixed(world.globals.get(inside)?.value ?? text.slice(at, end + 1))
          : reference(inside, state, world, captures, depth),
      );
      at = end + 1;
      continue;
    }
    if (text[at] === '\\' && text[at + 1] === '$') at += 1;
    plain += text[at] ?? '';
    at += 1;
  }
  flush();
  return product(values);
}

/** The index of the brace that closes what began before `from`. */
function closing(text: string, from: number): number {
  let depth = 1;
  for (let i = from; i < text.length; i += 1) {
    if (text[i] === '{') depth += 1;
    else if (text[i] === '}') {
      depth -= 1;
      if (depth === 0) return i;
    }
  }
  return -1;
}

function reference(
  inside: string,
  state: CallState,
  world: World,
  captures: Captures | undefined,
  depth: number,
): Value {
  const call = /^([^\s(:]+)[ (]([\s\S]*?)\)?$/.exec(inside);
  if (call !== null) {
    const [, name = '', argument = ''] = call;
    return expand(argument, state, world, captures, depth + 1).map((found) => [
      functionHole(name.toLowerCase(), found, inside),
    ]);
  }
  const name = constantOfValue(expand(inside, state, world, captures, depth + 1));
  if (name === undefined) return hole(`\${${inside}}`, 'unknown');
  const [variable = '', offset, length] = name.split(':');
  const found = lookUp(variable.replace(/\[.*$/s, ''), state, world);
  return offset === undefined ? found : cut(found, Number(offset), Number(length ?? 0), `\${${inside}}`);
}

/** Functions whose result is made of their arguments; whatever else answers something of its own. */
const PASSES_ON =
  /^(?:regex|expr|replace|sub|cond|url_decode|url_encode|toupper|tolower|escape|eval|string|coalesce|quote_shell_arg|unescape|substr|ltrim|rtrim|trim|expand)$/;

function functionHole(name: string, argument: Text, inside: string): Hole {
  const value = [argument];
  const origin = PASSES_ON.test(name) && originOfValue(value) === 'caller' ? 'caller' : 'unknown';
  return {
    label: `\${${inside}}`,
    origin,
    language: ANYTHING,
    call: { name, argument },
  };
}

/** `${name:offset:length}`. */
function cut(value: Value, offset: number, length: number, label: string): Value {
  const constant = constantOfValue(value);
  if (constant !== undefined) {
    const start = offset < 0 && -offset > constant.length ? 0 : offset;
    const rest = constant.slice(start);
    return fixed(length > 0 ? rest.slice(0, length) : rest);
  }
  const origin = originOfValue(value);
  const language = length === 0 && offset >= 0 ? behind(languageOfValue(value), offset) : ANYTHING;
  return hole(label, origin === 'caller' ? 'caller' : 'unknown', language);
}

function behind(language: Language, characters: number): Language {
  if (characters > 32) return ANYTHING;
  const any = charsOf(ANY_CHAR);
  return after(language, concat(...Array.from({ length: characters }, () => any))) ?? ANYTHING;
}
