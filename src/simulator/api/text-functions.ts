import { createHash } from 'node:crypto';

import { expandIn, type ExpansionScope } from '../expansion.js';
import { matchRegex } from '../regex.js';
import { separate, toInteger, urlDecode, urlEncode } from '../text.js';
import type { Channel } from '../channel.js';
import type { Core } from '../core.js';
import type { Api } from './api.js';

/** `eval` and `expand` look names up in the channel's event data: `variable_x`, `Unique-ID`, plain names. */
function scopeOf(core: Core, channel: Channel | undefined): ExpansionScope {
  return {
    core,
    channel,
    lookUp: (name, index) =>
      channel?.getVariable(name.replace(/^variable_/i, ''), index) ??
      (name.toLowerCase() === 'unique-id' ? channel?.uuid : undefined) ??
      core.globals.get(name),
  };
}

/** Takes `uuid:<uuid> ` off. */
function withChannel(
  core: Core,
  args: string,
  channel: Channel | undefined,
): { text: string; scope: ExpansionScope } {
  const match = /^uuid:(\S+) (.*)$/is.exec(args);
  if (match === null) return { text: args, scope: scopeOf(core, channel) };
  return { text: match[2] ?? '', scope: scopeOf(core, core.locate(match[1] ?? '')) };
}

async function expandCommand(core: Core, args: string, channel: Channel | undefined): Promise<string> {
  const { text, scope } = withChannel(core, args, channel);
  if (text === '') return '-ERR No input\n';
  const space = text.indexOf(' ');
  const name = space < 0 ? text : text.slice(0, space);
  const api = core.apis.get(name);
  if (api === undefined) return '-ERR Cannot execute command\n';
  return api(core, space < 0 ? '' : expandIn(scope, text.slice(space + 1)), channel);
}

/** `regex <text>|<expression>[|<substitution>]`. */
function regex(_core: Core, args: string): string {
  const [text = '', expression = '', substitution] = args.split('|');
  const groups = matchRegex(text, expression);
  if (substitution === undefined) return String(groups !== undefined);
  if (groups === undefined) return text;
  return substitution.replace(/[%$](?:\{(\d+)\}|(\d+))/g, (_, braced?: string, bare?: string) => {
    return groups[Number(braced ?? bare)] ?? '';
  });
}

/** `cond <a> <op> <b> ? <yes> : <no>`. */
function cond(_core: Core, args: string): string {
  const found = /==|!=|>=|<=|>|</.exec(args);
  const question = args.indexOf('?', found?.index);
  if (found === null || question < 0) return '-ERR';
  const [operator] = found;
  const left = args.slice(0, found.index).trim();
  const right = args.slice(found.index + operator.length, question).trim();
  const [yes = '', ...rest] = args.slice(question + 1).split(':');
  const no = rest.join(':').trim();
  const numbers = /^-?[\d.]+$/.test(left) && /^-?[\d.]+$/.test(right);
  const a = numbers ? Number(left) : left.length;
  const b = numbers ? Number(right) : right.length;
  const equal = numbers ? a === b : left.replace(/^'(.*)'$/s, '$1') === right.replace(/^'(.*)'$/s, '$1');
  const results: Readonly<Record<string, boolean>> = {
    '==': equal,
    '!=': !equal,
    '>': a > b,
    '<': a < b,
    '>=': a >= b,
    '<=': a <= b,
  };
  return results[operator] === true ? yes.trim() : no;
}

function strftime(core: Core, args: string): string {
  const now = new Date(core.clock.now());
  const two = (value: number): string => String(value).padStart(2, '0');
  const values: Readonly<Record<string, string>> = {
    Y: String(now.getFullYear()),
    m: two(now.getMonth() + 1),
    d: two(now.getDate()),
    H: two(now.getHours()),
    M: two(now.getMinutes()),
    S: two(now.getSeconds()),
    s: String(Math.floor(now.getTime() / 1000)),
    '%': '%',
  };
  const format = args === '' ? '%Y-%m-%d %H:%M:%S' : args.replace('%T', '%H:%M:%S').replace('%F', '%Y-%m-%d');
  return format.replace(/%([YmdHMSs%])/g, (_, letter: string) => values[letter] ?? '');
}

/** Commands that only make text of text; also what `${api(args)}` uses. */
export const textApis: Readonly<Record<string, Api>> = {
  eval: (core, args, channel) => {
    const { text, scope } = withChannel(core, args, channel);
    return expandIn(scope, text);
  },
  expand: expandCommand,
  echo: (_core, args) => args,
  strepoch: (core, args) => String(args === '' ? core.clock.seconds() : Math.floor(Date.parse(args) / 1000)),
  strmicroepoch: (core, args) => String(args === '' ? core.clock.microseconds() : Date.parse(args) * 1000),
  strftime,
  url_encode: (_core, args) => urlEncode(args),
  url_decode: (_core, args) => urlDecode(args),
  toupper: (_core, args) => args.toUpperCase(),
  tolower: (_core, args) => args.toLowerCase(),
  md5: (_core, args) => createHash('md5').update(args, 'latin1').digest('hex'),
  regex,
  cond,
  expr: (_core, args) => (/^[\d\s+\-*/().]+$/.test(args) ? String(toInteger(args)) : ''),
  replace: (_core, args) => {
    const [text = '', from = '', to = ''] = separate(args, '|', 3);
    return from === '' ? text : text.replaceAll(from, to);
  },
  // Nothing of this machine is run: the simulator says so by its silence.
  system: () => '',
  bg_system: () => '+OK\n',
};
