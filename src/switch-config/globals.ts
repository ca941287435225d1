/** A line with its `$${name}` replaced. */
export interface ExpandedLine {
  readonly expanded: string;
  /**
   * The part of the unexpanded line in which FreeSWITCH looks for `<include>` and `<?`: expand_vars() writes a NUL at
   * the end of the first name into the very line.
   */
  readonly checked: string;
  /** The names that were replaced. */
  readonly names: readonly string[];
}

/** switch_xml.c expand_vars(): in one pass, so what a value brings is not expanded again. */
export function expandGlobals(line: string, valueOf: (name: string) => string): ExpandedLine {
  let expanded = '';
  let checked: string | undefined;
  const names: string[] = [];
  let at = 0;
  for (;;) {
    const start = line.indexOf('$${', at);
    if (start < 0) break;
    const end = closingBrace(line, start + 2);
    if (end < 0) {
      expanded += line.slice(at, start + 1);
      at = start + 1;
      continue;
    }
    checked ??= line.slice(0, end);
    const name = line.slice(start + 3, end);
    names.push(name);
    expanded += line.slice(at, start) + valueOf(name);
    at = end + 1;
  }
  return { expanded: expanded + line.slice(at), checked: checked ?? line, names };
}

/** switch_find_end_paren(): the brace that closes the one at `from`; below 0 when none does. */
function closingBrace(text: string, from: number): number {
  let depth = 0;
  for (let i = from; i < text.length; i += 1) {
    const char = text[i];
    if (char === '{') depth += 1;
    else if (char === '}') {
      depth -= 1;
      if (depth === 0) return i;
    }
  }
  return -1;
}
