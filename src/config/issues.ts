import type { z } from 'zod';
import { isPlainMap } from './layer.js';
import { pathText } from './problem.js';
import type { Path, Problem } from './problem.js';
import type { Shape } from './shape.js';
import { suggestion } from './suggestion.js';

type Issue = z.core.$ZodIssue;

/** What zod found, in words for whoever wrote the file. The value itself is never repeated: it may be a secret. */
export function problemsOf(issue: Issue, shape: Shape, value: unknown, above: Path = []): Problem[] {
  const at: Path = [...above, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) =>
      withHint(
        { at: [...at, key], message: `unknown key ${pathText([...at, key])}` },
        suggestion(key, shape.at(at)?.keys() ?? []),
      ),
    );
  }
  if (issue.code === 'invalid_union') {
    const branches = issue.errors.map((errors) => errors.flatMap((one) => problemsOf(one, shape, value, at)));
    // What got furthest into one of the alternatives tells most.
    const best = branches.filter((branch) => branch.length > 0).sort((a, b) => depthOf(b) - depthOf(a))[0];
    if (best !== undefined && depthOf(best) > at.length) return best;
    const expected = branches.flat().map(({ message }) => message.replace(`${pathText(at)}: `, ''));
    return [{ at, message: `${pathText(at)}: ${[...new Set(expected)].join(', or ') || issue.message}` }];
  }
  const detail = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  const problem = { at, message: `${pathText(at)}: ${lowerFirst(detail)}` };
  if (issue.code !== 'invalid_value') return [problem];
  const written = valueAt(value, at);
  return [
    withHint(
      problem,
      typeof written === 'string' ? suggestion(written, shape.at(at)?.choices() ?? []) : undefined,
    ),
  ];
}

function withHint(problem: Problem, hint: string | undefined): Problem {
  return hint === undefined ? problem : { ...problem, suggestion: hint };
}

function depthOf(problems: readonly Problem[]): number {
  return Math.max(...problems.map(({ at }) => at.length));
}

function lowerFirst(message: string): string {
  return message.replace(/^(Invalid|Too|Expected|Unrecognized|Must)/, (word) => word.toLowerCase());
}

function valueAt(value: unknown, path: Path): unknown {
  let here = value;
  for (const part of path) {
    if (Array.isArray(here) && typeof part === 'number') here = here[part] as unknown;
    else if (isPlainMap(here) && Object.hasOwn(here, part)) here = here[part];
    else return undefined;
  }
  return here;
}
