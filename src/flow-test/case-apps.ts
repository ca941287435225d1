import type { Action } from '../call/action.js';
import { ERRORS } from '../errors.js';
import type { ErrorCode } from '../errors.js';
import type { ActionSource, SourceAnswer } from '../source/port.js';
import type { HttpAnswer } from './case-file.js';

/** An HTTP app as the case says that it answers. */
export function appSource(
  url: string,
  http: Readonly<Record<string, HttpAnswer>>,
  policy: string,
): ActionSource {
  const known = Object.keys(http)
    .filter((begin) => url.startsWith(begin))
    .sort((a, b) => b.length - a.length)[0];
  const given = known === undefined ? undefined : http[known];
  return {
    kind: 'curl',
    start: () => Promise.resolve(answerOf(url, given, policy)),
    next: () => Promise.resolve({ kind: 'done' }),
  };
}

function answerOf(url: string, given: HttpAnswer | undefined, policy: string): SourceAnswer {
  if (given === undefined) {
    return { kind: 'failed', code: 'connect_refused', detail: 'the case does not say what it answers' };
  }
  if ('fails' in given) {
    const code: ErrorCode = Object.hasOwn(ERRORS, given.fails) ? (given.fails as ErrorCode) : 'http_status';
    return { kind: 'failed', code, detail: 'as the case says' };
  }
  if (given.length === 0) return { kind: 'done' };
  const actions = given.map(({ application, data }): Action => ({ application, data, onError: 'continue' }));
  return { kind: 'actions', actions, policy, origin: url, warnings: [], final: true };
}
