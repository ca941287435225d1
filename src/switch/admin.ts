import { setTimeout as pause } from 'node:timers/promises';
import {
  readReloadAcl,
  readReloadModule,
  readReloadXml,
  readRescan,
  readRestart,
  readSofiaStatus,
  isRefusal,
  xmlFailure,
} from './admin-answers.js';
import type { Answer, ProfileAnswer, SofiaProfile } from './admin-answers.js';

/** What administration needs of the connection to a switch. */
export interface AdminPort {
  readonly name: string;
  /** Trimmed answer of an API command; holds up whatever else goes over this connection. */
  api(command: string): Promise<string>;
  /** The same in a thread of FreeSWITCH's own: for what takes its time. */
  bgapi(command: string): Promise<string>;
}

export type ReloadOutcome =
  | {
      readonly ok: true;
      /** What FreeSWITCH said. */
      readonly answer: string;
      /** Legs that were ended by it. */
      readonly callsLost: number;
      /** What an operator should know of it. */
      readonly notes: readonly string[];
    }
  | {
      readonly ok: false;
      readonly code: 'reload_failed' | 'no_such_profile' | 'calls_would_be_lost';
      readonly detail: string;
      /** Legs that would be lost. */
      readonly calls?: number;
    };

export interface AdminOptions {
  /** How long a profile may take to come back. */
  readonly profileTimeoutMs?: number;
  readonly pollMs?: number;
}

/** Profiles come up in threads of their own; one that waits for the last of its calls needs up to 30 s for it. */
const PROFILE_TIMEOUT_MS = 40_000;
const POLL_MS = 200;

/** Administration of one switch: every answer read for what it means, nothing that ends calls unless asked for. */
export class SwitchAdmin {
  readonly #port: AdminPort;
  readonly #timeoutMs: number;
  readonly #pollMs: number;

  constructor(port: AdminPort, options: AdminOptions = {}) {
    this.#port = port;
    this.#timeoutMs = options.profileTimeoutMs ?? PROFILE_TIMEOUT_MS;
    this.#pollMs = options.pollMs ?? POLL_MS;
  }

  get name(): string {
    return this.#port.name;
  }

  /** Reads the XML again and builds the access lists from it. */
  async reloadAcl(): Promise<ReloadOutcome> {
    const answer = await this.#port.api('reloadacl');
    return outcomeOf(readReloadAcl(answer), answer, [
      'SIP profiles look their lists up at each request; a parameter of a profile needs: reload profile <name>.',
    ]);
  }

  /** Reads the XML again: dialplan and directory are in force at once, most of the rest is not. */
  async reloadXml(): Promise<ReloadOutcome> {
    const answer = await this.#port.api('reloadxml');
    return outcomeOf(readReloadXml(answer), answer, [
      'Dialplan and directory are in force. Access lists need: reload acl; SIP profiles: reload profile <name>.',
    ]);
  }

  /** The profiles that run, with the legs on them. */
  async profiles(): Promise<SofiaProfile[]> {
    return readSofiaStatus(await this.#port.api('sofia status'));
  }

  /** Takes over changed parameters and new gateways of a SIP profile. No call ends. */
  async rescanProfile(profile: string): Promise<ReloadOutcome> {
    const answer = await this.#port.api(`sofia profile ${profile} rescan`);
    return profileOutcome(profile, readRescan(answer), answer, [
      'Ports, addresses and changed gateways of a profile need a restart of it: reload profile <name> --restart.',
    ]);
  }

  /** Ends the profile with all calls on it, and starts it anew. Without `force` only when there are none. */
  async restartProfile(name: string, force: boolean): Promise<ReloadOutcome> {
    // In force or not, the XML is what the profile comes back with: one that can't be read must not cost calls.
    const xml = await this.#readableXml();
    if (xml !== undefined) return xml;
    const profile = (await this.profiles()).find((one) => one.name === name || one.aliases.includes(name));
    if (profile === undefined) return noSuchProfile(name);
    if (profile.calls > 0 && !force) return wouldLose(profile.calls, `SIP profile ${profile.name}`);
    const answer = await this.#port.api(`sofia profile ${profile.name} restart`);
    const failed = xmlFailure(answer);
    const outcome = profileOutcome(profile.name, readRestart(answer), answer, [], profile.calls);
    if (!outcome.ok) return outcome;
    const missing = await this.#comeBack([profile.name]);
    if (missing.length > 0) return notBack(missing);
    if (failed === undefined) return outcome;
    return { ...outcome, notes: [`It came back with the XML of before: ${failed.detail}`] };
  }

  /**
   * Loads mod_sofia anew. FreeSWITCH itself refuses that while there are SIP calls ("Module in use."), so that
   * without `force` none can be lost, not even one that arrives in this moment; with it, all are.
   */
  async reloadSofia(force: boolean): Promise<ReloadOutcome> {
    const xml = await this.#readableXml();
    if (xml !== undefined) return xml;
    const before = await this.profiles();
    const calls = before.reduce((sum, profile) => sum + profile.calls, 0);
    if (calls > 0 && !force) return wouldLose(calls, 'the SIP profiles');
    const answer = await this.#port.bgapi(calls > 0 ? 'reload -f mod_sofia' : 'reload mod_sofia');
    const read = readReloadModule(answer);
    if (!read.done) {
      if (/Module in use/i.test(read.detail))
        return wouldLose(
          (await this.profiles()).reduce((sum, profile) => sum + profile.calls, 0),
          'SIP',
        );
      const gone = 'unloaded' in read && read.unloaded;
      return {
        ok: false,
        code: 'reload_failed',
        detail: gone
          ? `mod_sofia was unloaded and could not be loaded again, so there is no SIP now: ${read.detail}. Try: switchhook fs load mod_sofia`
          : read.detail,
      };
    }
    const missing = await this.#comeBack(before.map(({ name }) => name));
    if (missing.length > 0) return notBack(missing);
    return { ok: true, answer, callsLost: calls, notes: [] };
  }

  /** One API command as it is. Whether it may be given is for others to decide. */
  async run(command: string): Promise<{ readonly ok: boolean; readonly answer: string }> {
    const answer = await this.#port.bgapi(command);
    return { ok: !isRefusal(answer), answer };
  }

  async #readableXml(): Promise<ReloadOutcome | undefined> {
    const read = readReloadXml(await this.#port.api('reloadxml'));
    if (read.done) return undefined;
    return { ok: false, code: 'reload_failed', detail: `The XML can't be read: ${read.detail}` };
  }

  /** Waits for profiles to run again. @returns those that did not */
  async #comeBack(names: readonly string[]): Promise<string[]> {
    const deadline = performance.now() + this.#timeoutMs;
    for (;;) {
      // `sofia` is no command while its module is away; then there is no profile in the answer.
      const running = new Set((await this.profiles()).map(({ name }) => name));
      const missing = names.filter((name) => !running.has(name));
      if (missing.length === 0 || performance.now() >= deadline) return missing;
      await pause(this.#pollMs);
    }
  }
}

function outcomeOf(read: Answer, answer: string, notes: readonly string[], callsLost = 0): ReloadOutcome {
  if (read.done) return { ok: true, answer, callsLost, notes };
  return { ok: false, code: 'reload_failed', detail: read.detail };
}

function profileOutcome(
  profile: string,
  read: ProfileAnswer,
  answer: string,
  notes: readonly string[],
  callsLost = 0,
): ReloadOutcome {
  if ('noSuchProfile' in read) return noSuchProfile(profile);
  return outcomeOf(read, answer, notes, callsLost);
}

function noSuchProfile(profile: string): ReloadOutcome {
  return { ok: false, code: 'no_such_profile', detail: JSON.stringify(profile) };
}

function wouldLose(calls: number, where: string): ReloadOutcome {
  const legs = calls === 1 ? '1 call leg' : `${calls} call legs`;
  return { ok: false, code: 'calls_would_be_lost', detail: `${legs} on ${where}.`, calls };
}

function notBack(names: readonly string[]): ReloadOutcome {
  return {
    ok: false,
    code: 'reload_failed',
    detail: `Not running again: ${names.join(', ')}. See the log of FreeSWITCH; is the port in use?`,
  };
}
