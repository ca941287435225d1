import type { EslCommand } from '../../esl/connection.js';
import { NOBODY, OWNER, RUN } from './marks.js';
import type { ReleaseTarget } from './release-target.js';

/**
 * What lets a parked call go on when its daemon does not come back: a task of FreeSWITCH's scheduler. A list that
 * runs needs none, for it ends natively: the guard is off while one runs, and the list itself arms it again at its
 * end.
 */
export class CallGuard {
  readonly #uuid: string;
  readonly #way: string;
  readonly #seconds: number;

  /** @param seconds how long the call may wait for a daemon that is gone; one that lives renews the guard */
  constructor(uuid: string, target: ReleaseTarget | undefined, seconds: number) {
    this.#uuid = uuid;
    this.#seconds = seconds;
    // `\s` is a blank to switch_separate_string, with which uuid_transfer splits its arguments.
    this.#way =
      target === undefined
        ? 'hangup:NORMAL_CLEARING'
        : `transfer:${target.extension}\\s${target.dialplan}\\s${target.context}`;
  }

  /** Lets the call go now, with `cti_error`. */
  release(code: string): string {
    const variables = `multiset:^^!cti_status=failed!cti_error=${code}!${RUN}=!${OWNER}=${NOBODY}`;
    return `uuid_transfer ${this.#uuid} m:~:${variables}~${this.#way} inline`;
  }

  /** The arguments of `sched_api`. */
  get task(): string {
    return `+${this.#seconds} ${this.#group} ${this.release('daemon_lost')}`;
  }

  arm(): EslCommand {
    return { line: `api sched_api ${this.task}` };
  }

  disarm(): EslCommand {
    return disarmGuard(this.#uuid);
  }

  get #group(): string {
    return groupOf(this.#uuid);
  }
}

function groupOf(uuid: string): string {
  return `cti_guard_${uuid}`;
}

export function disarmGuard(uuid: string): EslCommand {
  return { line: `api sched_del ${groupOf(uuid)}` };
}
