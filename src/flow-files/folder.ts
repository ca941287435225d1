import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../errors.js';
import { checkFlows } from '../flow/check/check.js';
import type { CheckContext } from '../flow/check/context.js';
import type { Flow, FlowSource, Problem } from '../flow/flow.js';
import { problem, readFlow } from '../flow/flow.js';
import { flowSet } from '../flow/flow-set.js';
import type { FlowSet, FlowSettings } from '../flow/flow-set.js';
import { flowNameOf, parseFlowFile } from './flow-document.js';

const FLOW_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** A flow of a thousand blocks has some 200 kB. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;

/** The flows of a folder, or what is wrong with them. */
export interface CheckedFlows {
  /** Those that could be read: all of them, unless there are errors. */
  readonly set: FlowSet;
  /** Errors and warnings, in the order of the files. */
  readonly problems: readonly Problem[];
}

/**
 * Files of the folder itself, not of folders in it (`tests`), in the order of their names.
 * @throws AppError `config_unreadable`
 */
export function flowFilesIn(folder: string, whenMissing: 'fail' | 'empty' = 'fail'): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => !entry.isDirectory() && /\.ya?ml$/.test(entry.name) && !entry.name.startsWith('.'))
      .map(({ name }) => join(folder, name))
      .sort();
  } catch (error) {
    const { code = 'error' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && whenMissing === 'empty') return [];
    throw new AppError('config_unreadable', `${folder} can't be read (${code})`);
  }
}

/**
 * Reads and checks flows. Never throws for what is in the files.
 * @param instead stands for the file of its name, or beside the others
 */
export function checkedFlows(
  files: readonly string[],
  settings: FlowSettings,
  context: CheckContext,
  instead?: { readonly name: string; readonly text: string },
): CheckedFlows {
  const problems: Problem[] = [];
  const sources: FlowSource[] = [];
  const others = files.filter((file) => instead === undefined || flowNameOf(file) !== instead.name);
  const reads = others.map(readFile);
  if (instead !== undefined) reads.push(parseFlowFile(instead.text, `${instead.name}.yaml`));
  for (const read of reads) {
    if (!read.ok) problems.push(...read.problems);
    else if (sources.some(({ name }) => name === read.source.name)) {
      problems.push(
        problem(read.source, 'name', [], `there are two files of the name "${read.source.name}"`),
      );
    } else sources.push(read.source);
  }
  const made = compiled(sources, settings, context);
  return { set: made.set, problems: [...problems, ...made.problems] };
}

/** @param sources parsed already: a set of an earlier version */
export function compiled(
  sources: readonly FlowSource[],
  settings: FlowSettings,
  context?: CheckContext,
): CheckedFlows {
  const problems: Problem[] = [];
  const flows: Flow[] = [];
  for (const source of sources) {
    const read = readFlow(source);
    if (read.ok) flows.push(read.flow);
    else problems.push(...read.problems);
  }
  const set = flowSet(flows, settings);
  // A flow that could not be read would make the others look broken.
  const broken = problems.length > 0;
  const checked = context === undefined ? [] : checkFlows(set, context);
  const missing = (one: Problem): boolean => one.rule === 'unknown_flow';
  return { set, problems: [...problems, ...(broken ? checked.filter((one) => !missing(one)) : checked)] };
}

function readFile(file: string): ReturnType<typeof parseFlowFile> {
  const no = (message: string): { ok: false; problems: Problem[] } => {
    const source = { name: file, file, document: undefined, place: () => undefined };
    return { ok: false, problems: [problem(source, 'file', [], message)] };
  };
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    return no(`can't be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`);
  }
  if (bytes.length > MAX_FILE_BYTES) return no(`${bytes.length} bytes, at most ${MAX_FILE_BYTES} are read`);
  const parsed = parseFlowFile(bytes.toString('utf8'), file);
  if (parsed.ok && !FLOW_NAME.test(parsed.source.name))
    return no('the name of a flow is letters, digits, ".", "_" and "-", at most 64 of them');
  return parsed;
}

/** `support.yaml:12:5: …` */
export function problemText({ file, line, column, message }: Problem): string {
  const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`;
  return `${place}: ${message}`;
}
