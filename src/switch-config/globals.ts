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

/** Lines that double a variable over and over would soon fill the memory; FreeSWITCH lets them. */
const MAX_EXPANDED = 1024 * 1024;

/**
 * switch_xml.c expand_vars(): in one pass, so what a value brings is not expanded again.
 * @returns undefined when the line becomes longer than 1 MB
 */
export function expandGlobals(line: string, valueOf: (name: string) => string): ExpandedLine | undefined {
  if (!line.includes('$${')) return { expanded: line, checked: line, names: [] };
  const closing = closingBraces(line);
  let expanded = '';
  let checked: string | undefined;
  const names: string[] = [];
  let at = 0;
  for (;;) {
    const start = line.indexOf('$${', at);
    if (start < 0) break;
    const end = closing.get(start + 2);
    if (end === undefined) {
      expanded += line.slice(at, start + 1);
      at = start + 1;
      continue;
    }
    checked ??= line.slice(0, end);
    const name = line.slice(start + 3, end);
    names.push(name);
    expanded += line.slice(at, start) + valueOf(name);
    if (expanded.length > MAX_EXPANDED) return undefined;
    at = end + 1;
  }
  return { expanded: expanded + line.slice(at), checked: checked ?? line, names };
}

/** switch_find_end_paren(): for every brace that is opened, where it is closed; nothing for one that never is. */
function closingBraces(text: string): ReadonlyMap<number, number> {
  const closing = new Map<number, number>();
  const open: number[] = [];
  for (let i = 0; i < text.length; i += 1) {
    const char = text[i];
    if (char === '{') open.push(i);
    else if (char === '}') {
      const from = open.pop();
      if (from !== undefined) closing.set(from, i);
    }
  }
  return closing;
}
