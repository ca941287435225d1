import { both, charsOf, star } from '../language/language.js';
import type { Language } from '../language/language.js';
import { matcherOf } from '../language/match.js';
import { constantOf, hole, joinTexts } from './value.js';
import type { Text, Value } from './value.js';

/** What an application does, as far as it matters to where a call can go. */
export type Effect =
  /** The number is looked up; `leaves`: and the present extension is over. */
  | {
      readonly kind: 'go';
      readonly number: Text;
      readonly dialplan: Text;
      readonly context: Text;
      readonly leaves: boolean;
    }
  | { readonly kind: 'dial'; readonly dialString: Text }
  | { readonly kind: 'assign'; readonly name: string; readonly value: Value }
  | { readonly kind: 'run'; readonly application: string; readonly data: Text }
  | { readonly kind: 'api'; readonly command: string; readonly data: Text }
  | { readonly kind: 'menu'; readonly menu: string }
  /** Variables of a user of the directory, or of a program, are there from now on. */
  | { readonly kind: 'open' }
  /** Something that is not in the configuration decides: a script, a service. */
  | { readonly kind: 'program'; readonly what: string }
  | { readonly kind: 'command'; readonly data: Text }
  | { readonly kind: 'end' };

const PROGRAMS =
  /^(?:lua|luarun|javascript|jsrun|jsapi|python3?|perl|java|managed|basic|socket|erlang|erlang_sendmsg|httapi|curl|curl_sendfile|rayo|xml_curl|rest|nibblebill|lcr|easyroute|enum|cidlookup|callcenter|odbc_query|cdr_pg)$/;
const KEYS = star(
  charsOf([
    [0x23, 0x23],
    [0x2a, 0x2a],
    [0x30, 0x39],
    [0x41, 0x44],
  ]),
);

/** What an application does with its expanded data (mod_dptools.c, unless said otherwise). */
export function effectsOf(application: string, data: Text): Effect[] {
  const name = application.toLowerCase();
  switch (name) {
    case 'transfer': {
      const words = wordsOf(data);
      if (/^-(?:bleg|both)$/.test(constantOf(words[0] ?? []) ?? '')) words.shift();
      return [go(words, true)];
    }
    case 'execute_extension':
      return [go(wordsOf(data), false)];
    case 'sched_transfer':
      return [go(wordsOf(data).slice(1), false)];
    case 'limit': {
      const words = wordsOf(data).slice(4);
      return words.length === 0 ? [] : [go(words, false)];
    }
    case 'bridge':
    case 'att_xfer':
    case 'conference_set_auto_outcall':
      return [{ kind: 'dial', dialString: data }];
    case 'conference':
      return conference(data);
    case 'set':
    case 'export':
    case 'set_global':
    case 'push':
    case 'unshift':
      return assignment(data);
    case 'multiset':
      return multiset(data);
    case 'unset':
      return [{ kind: 'assign', name: constantOf(data)?.trim() ?? '', value: [[]] }];
    case 'multiunset':
      return multiunset(data);
    case 'set_user':
      return [{ kind: 'open' }];
    case 'read':
      return keysInto(wordsOf(data)[3], KEYS);
    case 'play_and_get_digits':
      return playAndGetDigits(wordsOf(data));
    case 'bind_meta_app':
      return bindMetaApp(wordsOf(data));
    case 'bind_digit_action':
      return bindDigitAction(data);
    case 'ivr': {
      const menu = constantOf(data);
      return menu === undefined ? [] : [{ kind: 'menu', menu: menu.trim() }];
    }
    case 'respond':
      return /^[3-6]\d\d/.test(constantOf(data)?.trim() ?? '') ? [{ kind: 'end' }] : [];
    case 'hangup':
    case 'deflect':
    case 'redirect':
      return [{ kind: 'end' }];
    case 'system':
    case 'bgsystem':
    case 'bg_system':
    case 'spawn':
    case 'bg_spawn':
      return [{ kind: 'command', data }];
    default:
      if (!PROGRAMS.test(name)) return [];
      return [{ kind: 'program', what: application }, { kind: 'open' }];
  }
}

/** Splits at blanks outside of quotes (switch_separate_string). */
export function wordsOf(data: Text): Text[] {
  return split(data, ' ').filter((word) => word.length > 0);
}

function split(data: Text, delimiter: string): Text[] {
  const words: Text[] = [];
  let current: Text = [];
  let quoted = false;
  for (const part of data) {
    if (typeof part !== 'string') {
      current = joinTexts(current, [part]);
      continue;
    }
    for (const char of part) {
      if (char === "'") quoted = !quoted;
      else if (char === delimiter && !quoted) {
        words.push(current);
        current = [];
      } else current = joinTexts(current, [char]);
    }
  }
  words.push(current);
  return words;
}

/** Cuts at the first `separator` that is not in a hole. */
export function cutAt(data: Text, separator: string): [Text, Text] | undefined {
  for (const [i, part] of data.entries()) {
    if (typeof part !== 'string') continue;
    const at = part.indexOf(separator);
    if (at < 0) continue;
    return [
      joinTexts(data.slice(0, i), [part.slice(0, at)]),
      joinTexts([part.slice(at + separator.length)], data.slice(i + 1)),
    ];
  }
  return undefined;
}

/** `number [dialplan [context]]`. */
function go(words: readonly Text[], leaves: boolean): Effect {
  const [number = [], dialplan = [], context = []] = words;
  return { kind: 'go', number, dialplan, context, leaves };
}

function assignment(data: Text): Effect[] {
  const parts = cutAt(data, '=');
  const name = parts === undefined ? undefined : constantOf(parts[0]);
  if (parts === undefined || name === undefined) return [];
  const variable = name.trim().replace(/^(?:_?nolocal:|_undef_:)/, '');
  return [{ kind: 'assign', name: variable, value: [parts[1]] }, ...hooks(variable, parts[1])];
}

/** Variables whose value runs: `execute_on_answer`, `api_hangup_hook`, `transfer_after_bridge`. */
function hooks(name: string, value: Text): Effect[] {
  if (/^(?:execute_on_|bridge_pre_execute_)/.test(name)) return [ran(value)];
  if (/^api_(?:on_|(?:hangup|reporting)_hook$|(?:before|after)_bridge$)/.test(name)) {
    const { application, data } = ran(value);
    return [{ kind: 'api', command: application.toLowerCase(), data }];
  }
  if (name === 'transfer_after_bridge') {
    const [number = [], dialplan = [], context = []] = split(value, ':');
    return [{ kind: 'go', number, dialplan, context, leaves: false }];
  }
  return [];
}

/** `application data` or `application::data`. */
function ran(text: Text): Extract<Effect, { kind: 'run' }> {
  const parts = cutAt(text, '::') ?? cutAt(text, ' ') ?? [text, []];
  return { kind: 'run', application: constantOf(parts[0])?.trim() ?? '', data: parts[1] };
}

function multiset(data: Text): Effect[] {
  const [list, delimiter] = delimited(data);
  return split(list, delimiter).flatMap(assignment);
}

function multiunset(data: Text): Effect[] {
  const [list, delimiter] = delimited(data);
  return split(list, delimiter).map((name): Effect => ({
    kind: 'assign',
    name: constantOf(name)?.trim() ?? '',
    value: [[]],
  }));
}

/** `^^;a=1;b=2` chooses its delimiter. */
function delimited(data: Text): [Text, string] {
  const [first, ...others] = data;
  if (typeof first !== 'string' || !first.startsWith('^^')) return [data, ' '];
  return [joinTexts([first.slice(3)], others), first.charAt(2)];
}

/** What the caller's keys put into a variable. */
function keysInto(variable: Text | undefined, language: Language): Effect[] {
  const name = constantOf(variable ?? []) ?? '';
  return name === '' ? [] : [{ kind: 'assign', name, value: hole(`\${${name}}`, 'caller', language) }];
}

/** `min max tries timeout terminators file invalid_file variable regexp digit_timeout transfer_on_failure`. */
function playAndGetDigits(words: readonly Text[]): Effect[] {
  const pattern = constantOf(words[8] ?? []);
  const failure = words.slice(10);
  return [
    ...keysInto(
      words[7],
      pattern === undefined || pattern === '' ? KEYS : both(KEYS, matcherOf(pattern).matches),
    ),
    ...(failure.length === 0 ? [] : [go(failure, false)]),
  ];
}

/** `key legs flags app[::data]`: what the caller's own keys run; those of the callee are not the caller's. */
function bindMetaApp(words: readonly Text[]): Effect[] {
  const legs = constantOf(words[1] ?? []) ?? 'a';
  if (!/a/i.test(legs)) return [];
  const rest = words.slice(3).reduce<Text>((all, word, i) => joinTexts(all, i === 0 ? [] : [' '], word), []);
  return [ran(rest)];
}

/** `realm,digits,exec:app,data`. */
function bindDigitAction(data: Text): Effect[] {
  const [, , action = [], ...others] = split(data, ',');
  const parts = cutAt(action, ':');
  if (parts === undefined || !/^exec/.test(constantOf(parts[0]) ?? '')) return [];
  const application = constantOf(parts[1]) ?? '';
  return [{ kind: 'run', application, data: others[0] ?? [] }];
}

/** `bridge:name:dialstring` calls somebody into the room. */
function conference(data: Text): Effect[] {
  const bridge = cutAt(data, 'bridge:');
  const dial = bridge === undefined ? undefined : cutAt(bridge[1], ':');
  return dial === undefined ? [] : [{ kind: 'dial', dialString: dial[1] }];
}
