import type { Checked, RuleContext } from './rule.js';
import { refuse, shown } from './rule.js';
import { checkSetting } from './variable-rules.js';

/** `%[name=value,…]rest` as switch_core_session.c: switch_core_session_exec reads it. */
const SCOPE = /^%([^[])?\[([^[\]{}'"\\^]*)\](.*)$/;

/**
 * Variables set for the time of one application. Takes the prefix off, having checked its variables; the rest is
 * what the application gets.
 */
export function takeScope(data: string, context: RuleContext): { rest: string } | { refusal: Checked } {
  if (!/^%.?\[/u.test(data)) return { rest: data };
  const match = SCOPE.exec(data);
  const delimiter = match?.[1] ?? ',';
  const rest = match?.[3] ?? '';
  if (match === null || !/^[,;:|~!]$/.test(delimiter) || /^ *\[/.test(rest)) {
    return { refusal: refuse('data.scope', `${shown(data)} begins with a %[…] that cannot be read safely`) };
  }
  for (const piece of (match[2] ?? '').split(delimiter)) {
    const [name, ...value] = piece.split('=');
    if (name === undefined || value.length === 0) {
      return { refusal: refuse('data.scope', `${shown(piece)} in a %[…] is not name=value`) };
    }
    const refusal = checkSetting(name.trim(), value.join('=').trim(), context, 'channel');
    if (refusal !== undefined) return { refusal };
  }
  return { rest };
}
