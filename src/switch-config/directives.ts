/** `<X-PRE-PROCESS cmd="…" data="…"/>` or `<!--#cmd data-->`. */
export interface Directive {
  /** In small letters. */
  readonly command: string;
  readonly data: string;
}

export interface DirectiveLine {
  /** Undefined: FreeSWITCH drops the line without doing anything. */
  readonly directive: Directive | undefined;
  /** What of the line reaches the parser. */
  readonly kept: readonly string[];
  /** A `<!--#` without its end: the following lines are dropped up to `-->`. */
  readonly opensComment: boolean;
}

/** @returns undefined when the line is an ordinary one (switch_xml.c preprocess()) */
export function readDirective(line: string): DirectiveLine | undefined {
  const tag = line.toLowerCase().indexOf('x-pre-process');
  if (tag >= 0) {
    const directive = tag > 0 && line[tag - 1] === '<' ? readTag(line.slice(tag)) : undefined;
    return { directive, kept: [], opensComment: false };
  }
  const comment = line.indexOf('<!--#');
  return comment < 0 ? undefined : readComment(line, comment);
}

/** The values are what stands between the next quotes; a single quote is none. */
function readTag(text: string): Directive | undefined {
  const end = text.indexOf('/>');
  const inside = end < 0 ? text : text.slice(0, end + 2);
  const command = quotedAfter(inside, 'cmd');
  if (command?.rest === undefined) return undefined;
  const data = quotedAfter(command.rest, 'data');
  return data === undefined ? undefined : { command: command.value.toLowerCase(), data: data.value };
}

function quotedAfter(text: string, word: string): { value: string; rest: string | undefined } | undefined {
  const at = text.toLowerCase().indexOf(word);
  const equals = at < 0 ? -1 : text.indexOf('=', at);
  const open = equals < 0 ? -1 : text.indexOf('"', equals);
  if (open < 0) return undefined;
  const close = text.indexOf('"', open + 1);
  if (close < 0) return { value: text.slice(open + 1), rest: undefined };
  return { value: text.slice(open + 1, close), rest: text.slice(close + 1) };
}

function readComment(line: string, start: number): DirectiveLine {
  const end = line.indexOf('-->', start);
  const kept = [line.slice(0, start), end < 0 ? '' : line.slice(end + 3)];
  const inside = line.slice(start + 5, end < 0 ? undefined : end).replace(/[\r\n].*$/s, '');
  const blank = inside.indexOf(' ');
  if (blank < 0) return { directive: undefined, kept, opensComment: end < 0 };
  const command = inside.slice(0, blank).toLowerCase();
  const argument = inside.slice(blank + 1);
  const data = /"([^"]*)"/.exec(argument)?.[1] ?? argument;
  const known = ['set', 'exec-set', 'stun-set', 'include', 'exec'].includes(command);
  return { directive: known ? { command, data } : undefined, kept, opensComment: end < 0 };
}
