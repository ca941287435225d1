/** What FreeSWITCH's administrative commands answer, read. */

/** Whether something was done; `detail` is FreeSWITCH's own reason when it was not. */
export type Answer = { readonly done: true } | { readonly done: false; readonly detail: string };

const DONE: Answer = { done: true };

/** `reloadacl`: `+OK acl reloaded`, or `-ERR [<why the XML can't be read>]` (mod_commands.c reload_acl_function). */
export function readReloadAcl(answer: string): Answer {
  if (/^\+OK acl reloaded$/m.test(answer)) return DONE;
  return { done: false, detail: bracketed(/^-ERR \[(.*)\]$/ms.exec(answer.trim()), answer) };
}

/**
 * `reloadxml`: `+OK [<result>]`, whether it succeeded or not (mod_commands.c reload_xml_function); only `Success`
 * means that the new XML is in force.
 */
export function readReloadXml(answer: string): Answer {
  const result = /^\+OK \[(.*)\]$/ms.exec(answer.trim());
  return result?.[1] === 'Success' ? DONE : { done: false, detail: bracketed(result, answer) };
}

export type ProfileAnswer =
  | Answer
  | { readonly done: false; readonly noSuchProfile: true; readonly detail: string }
  | { readonly done: false; readonly tooYoungMs: number; readonly detail: string };

/**
 * `sofia profile <name> rescan`. It reads the XML first, says how that went in a line of its own, and goes on with
 * the old XML when it failed (mod_sofia.c cmd_profile), so that `+OK scan complete` alone means nothing.
 */
export function readRescan(answer: string): ProfileAnswer {
  const unread = xmlFailure(answer) ?? noSuchProfile(answer);
  if (unread !== undefined) return unread;
  return /^\+OK scan complete$/m.test(answer) ? DONE : { done: false, detail: lastLine(answer) };
}

/** `sofia profile <name> restart`; refused during the first 10 s of a profile's life (mod_sofia.c cmd_profile). */
export function readRestart(answer: string): ProfileAnswer {
  const unread = noSuchProfile(answer);
  if (unread !== undefined) return unread;
  const young = /must be up for at least \d+ seconds[^]*?wait (\d+) second/.exec(answer);
  if (young !== null)
    return { done: false, tooYoungMs: Number(young[1]) * 1000, detail: answer.trim().replaceAll('\n', ' ') };
  return /^restarting: /m.test(answer) ? DONE : { done: false, detail: lastLine(answer) };
}

/** What became of the restart's XML: it happens with the old one when the new one can't be read. */
export function xmlFailure(answer: string): { readonly done: false; readonly detail: string } | undefined {
  const xml = /^Reload XML \[(.*)\]$/m.exec(answer);
  return xml === null || xml[1] === 'Success' ? undefined : { done: false, detail: xml[1] ?? '' };
}

/**
 * `reload <module>`: three lines, one for the XML, one for the unloading, one for the loading (mod_commands.c
 * reload_function). A module that is in use is neither unloaded nor loaded again.
 */
export function readReloadModule(
  answer: string,
): Answer | { readonly done: false; readonly unloaded: boolean; readonly detail: string } {
  const unloaded = /^\+OK module unloaded$/m.test(answer);
  if (unloaded && /^\+OK module loaded$/m.test(answer)) return DONE;
  const faults = answer.split('\n').filter((line) => line.startsWith('-ERR'));
  return { done: false, unloaded, detail: faults.join('; ') || lastLine(answer) };
}

/** A SIP profile that runs, as `sofia status` lists it. */
export interface SofiaProfile {
  readonly name: string;
  /** Legs on this profile at this moment; they are lost when it stops. */
  readonly calls: number;
  readonly aliases: readonly string[];
}

/**
 * Reads `sofia status` (mod_sofia.c cmd_status): tab-separated columns name, type, data, state. A profile with TLS
 * has a line for each transport with the same number; only profiles that run are listed.
 */
export function readSofiaStatus(answer: string): SofiaProfile[] {
  const calls = new Map<string, number>();
  const aliases = new Map<string, string[]>();
  for (const line of answer.split('\n')) {
    const [name = '', type = '', data = '', state = ''] = line.split('\t').map((column) => column.trim());
    if (type === 'profile') {
      const count = /\((\d+)\)/.exec(state);
      if (name !== '' && count !== null) calls.set(name, Number(count[1]));
    } else if (type === 'alias') {
      aliases.set(data, [...(aliases.get(data) ?? []), name]);
    }
  }
  return [...calls].map(([name, count]) => ({ name, calls: count, aliases: aliases.get(name) ?? [] }));
}

/** What `status` tells (mod_commands.c status_function). */
export interface SwitchStatus {
  readonly version: string;
  readonly ready: boolean;
  readonly sessions: number;
  readonly maxSessions: number;
  readonly sessionsPerSecond: number;
  readonly maxSessionsPerSecond: number;
  /** The highest number of sessions in a second since the start. */
  readonly peakPerSecond: number;
}

/** Undefined when that is not the answer of a FreeSWITCH. */
export function readStatus(answer: string): SwitchStatus | undefined {
  const version = /^FreeSWITCH \(Version (.+?)\) is (ready|not ready)/m.exec(answer);
  const sessions = /^(\d+) session\(s\) - peak/m.exec(answer);
  const rate = /^(\d+) session\(s\) per Sec out of max (\d+), peak (\d+)/m.exec(answer);
  const max = /^(\d+) session\(s\) max/m.exec(answer);
  if (version === null || sessions === null || rate === null || max === null) return undefined;
  return {
    version: (version[1] ?? '').trim().replaceAll(/ +/g, ' '),
    ready: version[2] === 'ready',
    sessions: Number(sessions[1]),
    maxSessions: Number(max[1]),
    sessionsPerSecond: Number(rate[1]),
    maxSessionsPerSecond: Number(rate[2]),
    peakPerSecond: Number(rate[3]),
  };
}

/** Commands that begin like this did not do what they were asked. */
export function isRefusal(answer: string): boolean {
  return /^(-ERR|-USAGE|Invalid Profile|USAGE:)/i.test(answer.trimStart());
}

function noSuchProfile(answer: string): ProfileAnswer | undefined {
  if (!/^Invalid Profile \[/m.test(answer)) return undefined;
  return { done: false, noSuchProfile: true, detail: lastLine(answer) };
}

function bracketed(match: RegExpExecArray | null, answer: string): string {
  return match?.[1] ?? (answer.trim() || 'no answer');
}

function lastLine(answer: string): string {
  return answer.trim().split('\n').at(-1)?.trim() || 'no answer';
}
