import type { EslCommand, EslReply } from '../esl/connection.js';
import { variableCommand, valueOf } from './socket-channel.js';

/** Channel variable that says that the timer of this run has stopped the application. */
const FIRED = 'cti_t';
/** How often an application that asks again after a break (play_and_get_digits) is broken, once a second. */
const REPEATS = 10;

/**
 * Stops the running application of a synchronous channel after a time. Nothing can be said on its own connection
 * while an application runs, so FreeSWITCH's scheduler does it: the time is met by the next whole second of the
 * switch's clock, never early (mod_commands.c sched_api_function, switch_scheduler.c).
 */
export class BreakTimer {
  readonly #uuid: string;
  readonly #atSecond: number;
  readonly #again: boolean;

  constructor(uuid: string, timeoutMs: number, switchMicros: number, again: boolean) {
    this.#uuid = uuid;
    this.#atSecond = Math.ceil((switchMicros / 1000 + timeoutMs) / 1000);
    this.#again = again;
  }

  /** To be sent before the application. */
  arm(): EslCommand[] {
    const stop = `uuid_break ${this.#uuid} all`;
    const commands = [
      this.#schedule(0, `eval \${uuid_setvar(${this.#uuid} ${FIRED} 1)}\${uuid_break(${this.#uuid} all)}`),
    ];
    for (let later = 1; this.#again && later <= REPEATS; later += 1)
      commands.push(this.#schedule(later, stop));
    return commands;
  }

  /** To be sent behind the application: `fired` reads the last reply of these. */
  disarm(): EslCommand[] {
    return [
      { line: `api sched_del ${this.#group}` },
      variableCommand(FIRED),
      { line: `api uuid_setvar ${this.#uuid} ${FIRED}` },
    ];
  }

  /** @param replies those to the commands of `disarm` */
  fired(replies: readonly EslReply[]): boolean {
    return replies[1] !== undefined && valueOf(replies[1]) === '1';
  }

  get #group(): string {
    return `cti_${this.#uuid}`;
  }

  #schedule(laterSeconds: number, command: string): EslCommand {
    return { line: `api sched_api ${this.#atSecond + laterSeconds} ${this.#group} ${command}` };
  }
}
