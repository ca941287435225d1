import { AppError } from '../errors.js';

export type Path = readonly (string | number)[];

/** One thing that is wrong with the configuration. */
export interface Problem {
  /** The key that it is about; empty for a whole file. */
  readonly at: Path;
  readonly message: string;
  /** `switchhook.yaml:12`, or the name of an environment variable. */
  readonly place?: string;
  /** What was probably meant. */
  readonly suggestion?: string;
}

/** `endpoints.billing.fallback_actions[0].data` */
export function pathText(path: Path): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`))
    .join('');
}

export function problemText(problem: Problem): string {
  const place = problem.place === undefined ? '' : ` at ${problem.place}`;
  const hint = problem.suggestion === undefined ? '' : `; did you mean ${problem.suggestion}?`;
  return `${problem.message}${place}${hint}`;
}

/** Everything that is wrong with the configuration, at once. */
export class ConfigError extends AppError {
  readonly problems: readonly Problem[];

  constructor(code: 'config_invalid' | 'config_unreadable', problems: readonly Problem[]) {
    super(code, problems.map(problemText).join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}
