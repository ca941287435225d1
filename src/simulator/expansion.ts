import type { Channel } from './channel.js';
import type { Core } from './core.js';
import { isTrue, toInteger } from './text.js';

/** Where `${name}` is looked up: a channel, an event, or only the globals. */
export interface ExpansionScope {
  readonly core: Core;
  readonly channel: Channel | undefined;
  lookUp(name: string, index: number | undefined): string | undefined;
}

export function channelScope(channel: Channel): ExpansionScope {
  return { core: channel.core, channel, lookUp: (name, index) => channel.getVariable(name, index) };
}

/** Whether `text` refers to a variable at all: `${`, also with backslashes between (switch_string_var_check). */
export function refersToVariable(text: string): boolean {
  return /\$\\*\{/.test(text);
}

function hasEscapes(text: string): boolean {
  return /\\[\\nst']/.test(text);
}

/**
 * switch_channel_expand_variables_check (switch_channel.c), quirks included: `\$` gives a plain `$`, `\'`
 * vanishes, a backslash directly behind `}` protects nothing, values are expanded again, `${api(args)}` runs an
 * API command, and `${name:offset:length}` cuts.
 */
export function expandIn(scope: ExpansionScope, text: string, depth = 0): string {
  if (depth > 100 || text === '' || (!refersToVariable(text) && !hasEscapes(text))) return text;
  let out = '';
  let at = 0;
  while (at < text.length) {
    const char = text.charAt(at);
    const next = text.charAt(at + 1);
    if (char === '\\') {
      if (next === '$') {
        at += text.charAt(at + 2) === '$' ? 3 : 2;
        out += '$';
        continue;
      }
      if (next === "'") {
        at += 2;
        continue;
      }
      if (next === '\\') {
        out += '\\';
        at += 2;
        continue;
      }
    }
    if (char !== '$') {
      out += char;
      at += 1;
      continue;
    }
    const open = next === '$' ? at + 2 : at + 1;
    if (text.charAt(open) !== '{') {
      out += '$';
      at = open;
      continue;
    }
    const end = closingBrace(text, open + 1);
    out += reference(scope, text.slice(open + 1, end), depth);
    at = end + 1;
    // What follows the brace is copied as it is, so that a backslash there escapes nothing.
    if (at < text.length && text.charAt(at) !== '$') {
      out += text.charAt(at);
      at += 1;
    }
  }
  return out;
}

function closingBrace(text: string, from: number): number {
  let depth = 1;
  for (let i = from; i < text.length; i += 1) {
    const char = text.charAt(i);
    if (depth === 1 && char === '}') return i;
    if (char === '{' && i !== from) depth += 1;
    else if (char === '}') depth -= 1;
  }
  return text.length;
}

function reference(scope: ExpansionScope, inner: string, depth: number): string {
  const call = /[ (]/.exec(inner);
  return call === null
    ? variable(scope, inner, depth)
    : apiCall(scope, inner.slice(0, call.index), inner.slice(call.index), depth);
}

function variable(scope: ExpansionScope, inner: string, depth: number): string {
  let name = expandIn(scope, inner, depth + 1);
  let offset = 0;
  let length = 0;
  const colon = name.indexOf(':');
  if (colon >= 0) {
    const rest = name.slice(colon + 1);
    name = name.slice(0, colon);
    offset = toInteger(rest);
    const second = rest.indexOf(':');
    if (second >= 0) length = toInteger(rest.slice(second + 1));
  }
  let index: number | undefined;
  const bracket = name.indexOf('[');
  if (bracket >= 0 && name.includes(']', bracket)) {
    index = toInteger(name.slice(bracket + 1));
    name = name.slice(0, bracket);
  }
  const found = scope.lookUp(name, index);
  if (found === undefined) return '';
  let value = expandIn(scope, found, depth + 1);
  if (offset >= 0) value = offset > value.length ? '' : value.slice(offset);
  else if (-offset <= value.length) value = value.slice(offset);
  return length > 0 && length < value.length ? value.slice(0, length) : value;
}

function apiCall(scope: ExpansionScope, before: string, rest: string, depth: number): string {
  const parenthesis = rest.startsWith('(');
  const name = expandIn(scope, before.trimEnd(), depth + 1);
  let argument = rest.slice(1);
  let open = parenthesis ? 1 : 0;
  for (let i = 0; i < argument.length; i += 1) {
    const char = argument.charAt(i);
    if (char === '(') open += 1;
    else if (char === ')' && open > 1) open -= 1;
    else if (char === ')' && open === 1) {
      argument = argument.slice(0, i);
      break;
    }
  }
  const api = scope.core.apis.get(name);
  if (api === undefined) return '';
  const result = api(scope.core, expandIn(scope, argument, depth + 1), scope.channel);
  return typeof result === 'string' ? result : '';
}

/** Expands an application's argument unless the channel says otherwise. */
export function expandArgument(channel: Channel, data: string): string {
  if (isTrue(channel.getVariable('app_disable_expand_variables'))) return data;
  return expandIn(channelScope(channel), data);
}
