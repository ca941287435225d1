/** Compiled expressions; a dialplan uses the same few again and again. */
const cache = new Map<string, RegExp | undefined>();

function compile(expression: string): RegExp | undefined {
  let pattern = expression;
  let flags = '';
  if (pattern.startsWith('/')) {
    const end = pattern.lastIndexOf('/');
    if (end === 0) return undefined;
    const options = pattern.slice(end + 1);
    if (options.includes('i')) flags += 'i';
    if (options.includes('s')) flags += 's';
    pattern = pattern.slice(1, end);
  }
  const inline = /^\(\?([is]+)\)/.exec(pattern);
  if (inline?.[1] !== undefined) {
    flags += inline[1];
    pattern = pattern.slice(inline[0].length);
  }
  try {
    return new RegExp(pattern, [...new Set(flags)].join(''));
  } catch {
    // PCRE would have refused it too, or knows something that JavaScript does not: no match, as there.
    return undefined;
  }
}

/**
 * switch_regex_perform: a PCRE expression, plain or as `/…/is`. What matched and its groups, or undefined. The
 * dialects differ little in what dialplans use; an expression that JavaScript cannot compile matches nothing.
 */
export function matchRegex(value: string, expression: string): readonly string[] | undefined {
  let regex = cache.get(expression);
  if (regex === undefined && !cache.has(expression)) {
    regex = compile(expression);
    if (cache.size > 1000) cache.clear();
    cache.set(expression, regex);
  }
  const match = regex?.exec(value);
  if (match === null || match === undefined) return undefined;
  return Array.from(match, (group: string | undefined) => group ?? '');
}
