/**
 * How FreeSWITCH 1.10.12 treats strings, restated for tests: what the project writes must come through all of it.
 * Checked against the real one by test/contract/data.test.ts.
 */

/** switch_channel.c switch_channel_expand_variables_check, for variables alone. */
export function expandOnce(text: string, variables: ReadonlyMap<string, string>): string {
  if (!/\$\\*\{/.test(text) && !/\\[\\nst']/.test(text)) return text;
  let out = '';
  for (let at = 0; at < text.length; at += 1) {
    const next = text[at + 1];
    if (text[at] === '\\' && next === '$') {
      out += '$';
      at += 1;
    } else if (text[at] === '\\' && next === "'") {
      at += 1;
    } else if (text[at] === '\\' && next === '\\') {
      out += '\\';
      at += 1;
    } else if (text[at] === '$' && next === '{') {
      const end = text.indexOf('}', at);
      const value = variables.get(text.slice(at + 2, end)) ?? '';
      out += expandOnce(value, variables);
      at = end;
    } else {
      out += text[at] ?? '';
    }
  }
  return out;
}

/** switch_utils.c separate_string_char_delim and cleanup_separated_string. */
export function separate(text: string, delimiter: string): string[] {
  const parts: string[] = [];
  let part = '';
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? '';
    if (char === '\\') {
      part += char + (text[at + 1] ?? '');
      at += 1;
    } else if (char === "'" && (quoted || text.includes("'", at + 1))) {
      quoted = !quoted;
      part += char;
    } else if (char === delimiter && !quoted) {
      parts.push(part);
      part = '';
    } else {
      part += char;
    }
  }
  if (part !== '') parts.push(part);
  return parts.map((raw) => cleanUp(raw, delimiter));
}

const ESCAPED: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', s: ' ' };

function cleanUp(raw: string, delimiter: string): string {
  const text = raw.replace(/^ +/, '');
  let out = '';
  let keep = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? '';
    const next = text[at + 1] ?? '';
    if (char === '\\' && (["'", '"', '\\', delimiter].includes(next) || next in ESCAPED)) {
      out += ESCAPED[next] ?? next;
      keep = out.length;
      at += 1;
    } else if (char === "'" && (quoted || text.includes("'", at + 1))) {
      quoted = !quoted;
      if (quoted) keep = out.length;
    } else {
      out += char;
      if (char !== ' ' || quoted) keep = out.length;
    }
  }
  return out.slice(0, keep);
}

/** mod_dptools.c set_function and multiset_function, with the expansion of the argument before. */
export function runSet(application: string, argument: string, variables: Map<string, string>): void {
  const expanded = expandOnce(argument, variables);
  if (application === 'set') {
    assign(expanded, variables);
    return;
  }
  const delimiter = expanded[2] ?? ' ';
  for (const pair of separate(expanded.slice(3), delimiter)) assign(pair, variables);
}

function assign(pair: string, variables: Map<string, string>): void {
  const [, name = '', value = ''] = /^([^=]*)=([^]*)$/.exec(pair) ?? [];
  if (value === '') variables.delete(name);
  else variables.set(name, expandOnce(value, variables));
}
