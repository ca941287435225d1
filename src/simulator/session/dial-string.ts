import { closingBracket, separate } from '../text.js';
import { NamedValues } from '../variables.js';

/** Reads `{a=b,c=d}` at the start of a dial string into `into`; returns what follows, undefined when it is broken. */
export function takeVariables(
  text: string,
  open: string,
  close: string,
  into: NamedValues,
  delimiter = ',',
): string | undefined {
  const end = closingBracket(text, open, close);
  if (end < 0) return undefined;
  let inner = text.slice(1, end);
  let separator = delimiter;
  if (inner.startsWith('^^') && inner.length > 3) {
    separator = inner.charAt(2);
    inner = inner.slice(3);
  }
  for (const pair of separate(inner, separator, 1024)) {
    const [name, value] = separate(pair, '=', 2);
    if (name !== undefined && value !== undefined) into.set(name, value);
  }
  return text.slice(end + 1);
}

/** One leg of a dial string. */
export interface DialLeg {
  readonly endpoint: string;
  readonly target: string;
  readonly variables: NamedValues;
}

/** Splits at a separator that stands outside of brackets and quotes. */
function splitOutside(text: string, separator: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quoted = false;
  let from = 0;
  for (let i = 0; i < text.length; i += 1) {
    const char = text.charAt(i);
    if (char === '\\') i += 1;
    else if (char === "'" && (quoted || text.includes("'", i + 1))) quoted = !quoted;
    else if (char === '[') depth += 1;
    else if (char === ']') depth -= 1;
    else if (char === separator && depth === 0 && !quoted) {
      parts.push(text.slice(from, i));
      from = i + 1;
    }
  }
  parts.push(text.slice(from));
  return parts;
}

function readLeg(text: string): DialLeg | undefined {
  const variables = new NamedValues();
  let rest = text.trim();
  while (rest.startsWith('[')) {
    const next = takeVariables(rest, '[', ']', variables);
    if (next === undefined) return undefined;
    rest = next.trimStart();
  }
  const slash = rest.indexOf('/');
  return slash < 0
    ? { endpoint: rest, target: '', variables }
    : { endpoint: rest.slice(0, slash), target: rest.slice(slash + 1), variables };
}

/** `{a=b}x/1,y/2|z/3`: what is tried one after the other, and in each what is called at the same time. */
export function readDialString(text: string, variables: NamedValues): DialLeg[][] | undefined {
  let rest = text.trimStart();
  for (const [open, close] of [
    ['<', '>'],
    ['{', '}'],
  ] as const) {
    while (rest.startsWith(open)) {
      const next = takeVariables(rest, open, close, variables);
      if (next === undefined) return undefined;
      rest = next.trimStart();
    }
  }
  if (rest === '') return undefined;
  const groups: DialLeg[][] = [];
  for (const group of splitOutside(rest, '|')) {
    const legs: DialLeg[] = [];
    for (const part of splitOutside(group, ',')) {
      const leg = readLeg(part);
      if (leg === undefined) return undefined;
      legs.push(leg);
    }
    groups.push(legs);
  }
  return groups;
}
