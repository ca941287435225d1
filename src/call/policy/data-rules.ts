import type { Checked, RuleContext } from './rule.js';
import { firstRefusal, refuse, shown } from './rule.js';

/** An action may be no longer than this, in characters. */
const MAX_DATA = 16_384;

// eslint-disable-next-line no-control-regex -- they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** Whether a text has a character that could end a line, a header or a string somewhere on its way. */
export function hasControl(text: string): boolean {
  return CONTROL.test(text) || LONE_SURROGATE.test(text);
}

/**
 * Backslashes that are read more than once on the way: FreeSWITCH's expansion takes `\\`, `\'` and `\$` apart
 * (switch_channel.c: switch_channel_expand_variables_check), its splitting of arguments `\"` and makes line breaks
 * and blanks of `\n` `\r` `\t` `\s` (switch_utils.c: cleanup_separated_string), and after a last one it reads
 * beyond the end. What a rule saw would not be what the application gets.
 */
const AMBIGUOUS_BACKSLASH = /\\(?:[\\'"$nrts]|$)/;

/** Holds for the data of every application. */
export function checkData(data: string): Checked {
  if (data.length > MAX_DATA)
    return refuse('data.length', `${data.length} characters, allowed are ${MAX_DATA}`);
  if (hasControl(data)) return refuse('data.control', `a control character in ${shown(data)}`);
  const backslash = AMBIGUOUS_BACKSLASH.exec(data);
  if (backslash !== null) return refuse('data.backslash', `${shown(backslash[0])} in ${shown(data)}`);
  return undefined;
}

/**
 * Where references may stand: in text that is only said, shown or stored. Not in multiset, which is expanded before
 * it is split: a value would bring further variables along (mod_dptools.c: multiset_function).
 */
const EXPANDING_APPLICATIONS: ReadonlySet<string> = new Set([
  'speak',
  'say',
  'phrase',
  'set',
  'export',
  'log',
  'send_display',
  'eval',
  'event',
  'send_info',
]);

const REFERENCE = /\$\$?\{([^{}$]*)\}/g;
const VARIABLE_REFERENCE = /^([A-Za-z_][A-Za-z0-9_.-]*)(?:\[\d{1,4}\])?(?::-?\d{1,5}){0,2}$/;
/** What a value may not have: FreeSWITCH expands it again, together with what stands around it by then. */
const UNSAFE_VALUE = /[$\\]|^ARRAY::/i;
const API_REFERENCE = /^([A-Za-z_][A-Za-z0-9_]*) ?\(([^()]*)\)$/;

/**
 * `$` in data. Off by default. When the profile allows it: `${variable}` and `${api(arguments)}` from its lists,
 * not nested, and only in the applications above, because what comes of a reference cannot be checked here.
 */
export function checkExpansion(application: string, data: string, context: RuleContext): Checked {
  if (!data.includes('$')) return undefined;
  const { expansion } = context.profile.source;
  if (!expansion.allow) return refuse('expansion', `$ in ${shown(data)}`);
  if (!EXPANDING_APPLICATIONS.has(application)) {
    return refuse('expansion.place', `$ may not stand in the data of ${application}`);
  }
  if (data.replace(REFERENCE, '').includes('$')) {
    return refuse('expansion.syntax', `a $ that is not a plain reference in ${shown(data)}`);
  }
  if (data.startsWith('$')) return refuse('expansion.place', `${shown(data)} begins with a reference`);
  for (const match of data.matchAll(REFERENCE)) {
    const refusal = checkReference(match[1] ?? '', match[0].startsWith('$$'), context);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function checkReference(reference: string, isGlobal: boolean, context: RuleContext): Checked {
  const api = API_REFERENCE.exec(reference)?.[1];
  if (api !== undefined && !isGlobal) {
    return context.profile.source.expansion.apis.includes(api)
      ? undefined
      : refuse('expansion.api', `the API command ${shown(api)} may not be called`);
  }
  const name = VARIABLE_REFERENCE.exec(reference)?.[1];
  if (name === undefined) return refuse('expansion.syntax', `${shown(reference)} is not a plain reference`);
  const lower = name.toLowerCase();
  const { exact, prefixes } = context.profile.expandable;
  if (!exact.has(lower) && !prefixes.some((prefix) => lower.startsWith(prefix))) {
    return refuse('expansion.variable', `the variable ${shown(name)} may not be expanded`);
  }
  // To FreeSWITCH upper and lower case are the same; a call is known by the names as FreeSWITCH tells them.
  const named = context.profile.source.expansion.variables.filter((one) => one.toLowerCase() === lower);
  return firstRefusal([name, lower, ...named], (spelling) => {
    const value = context.call.get(spelling);
    return value !== undefined && (UNSAFE_VALUE.test(value) || hasControl(value))
      ? refuse(
          'expansion.variable',
          `the value of ${shown(name)} has $, a backslash or a control character in it`,
        )
      : undefined;
  });
}
