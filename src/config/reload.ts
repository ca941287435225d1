import { AppError } from '../errors.js';
import { isPlainMap } from './layer.js';
import { pathText } from './problem.js';
import type { Path } from './problem.js';
import { redactConfig } from './redact.js';
import type { Config } from './schema.js';

/** One value that is not what it was; secrets are masked. */
export interface ConfigChange {
  /** `endpoints.billing.url` */
  readonly path: string;
  /** Left out where there was nothing. */
  readonly before?: unknown;
  /** Left out where there is nothing any more. */
  readonly after?: unknown;
}

/**
 * What a running daemon takes over. Everything else is built once, when it starts: sockets, files, connections to
 * switches.
 */
export const RELOADABLE: readonly string[] = [
  'limits',
  'app',
  'endpoints',
  'egress',
  'flows',
  'functions',
  'actions',
  'policies',
  'fs',
  'http.tokens',
  'http.events.readers',
  'log.level',
];

/**
 * What differs, value by value, in the order of the configuration.
 * @throws AppError `restart_needed` when some of it can't be taken over while the daemon runs
 */
export function planReload(before: Config, after: Config): ConfigChange[] {
  const changes: ConfigChange[] = [];
  compare([], [before, after], [redactConfig(before), redactConfig(after)], changes);
  const stubborn = changes.filter(
    ({ path }) =>
      !RELOADABLE.some(
        (prefix) => path === prefix || (/^[.[]/.test(path.slice(prefix.length)) && path.startsWith(prefix)),
      ),
  );
  if (stubborn.length > 0) throw new AppError('restart_needed', stubborn.map(({ path }) => path).join(', '));
  return changes;
}

/** What of a change that is taken over is in force for a part of the daemon only, until it is started again. */
export function reloadWarnings(after: Config, changes: readonly ConfigChange[]): string[] {
  if (!changes.some(({ path }) => path === 'egress' || path.startsWith('egress.'))) return [];
  const senders = [
    ...(Object.keys(after.callbacks.receivers).length > 0 ? ['callbacks'] : []),
    ...(after.records.http === undefined ? [] : ['records.http']),
    ...(after.traces.endpoint === undefined ? [] : ['traces']),
  ];
  if (senders.length === 0) return [];
  return [
    `egress: in force for apps and functions; ${senders.join(', ')} keep the old rules until a restart`,
  ];
}

type Pair = readonly [before: unknown, after: unknown];

function compare(
  path: Path,
  [before, after]: Pair,
  [shownBefore, shownAfter]: Pair,
  found: ConfigChange[],
): void {
  if (isPlainMap(before) && isPlainMap(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)]))
      compare([...path, key], [before[key], after[key]], [at(shownBefore, key), at(shownAfter, key)], found);
  } else if (holdsMaps(before) && holdsMaps(after)) {
    for (let index = 0; index < Math.max(before.length, after.length); index += 1)
      compare(
        [...path, index],
        [before[index], after[index]],
        [at(shownBefore, index), at(shownAfter, index)],
        found,
      );
  } else if (JSON.stringify(before) !== JSON.stringify(after)) {
    found.push({
      path: pathText(path),
      ...(before === undefined ? {} : { before: shownBefore }),
      ...(after === undefined ? {} : { after: shownAfter }),
    });
  }
}

/** A list of such is compared entry by entry; other lists are one value. */
function holdsMaps(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.every(isPlainMap);
}

function at(value: unknown, key: string | number): unknown {
  if (Array.isArray(value) && typeof key === 'number') return (value as readonly unknown[])[key];
  return isPlainMap(value) ? value[key] : undefined;
}
