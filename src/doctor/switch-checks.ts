import type { SwitchStatus } from '../switch/admin-answers.js';
import type { Check, SwitchPort } from './check.js';

/** What vanilla's switch.conf.xml says: good for a desk, not for a service. */
const VANILLA_RATE = 30;
/** The durations in a trace are FreeSWITCH's, the rest of it is ours. */
const CLOCK_TOLERANCE_MS = 2000;

/** Does it take calls at this moment? */
export async function checkReady(port: SwitchPort, status: SwitchStatus): Promise<Check> {
  const about = { id: 'switch_ready', subject: port.name } as const;
  const paused = await port.api('fsctl pause_check');
  const leaving = await port.api('fsctl shutdown_check');
  if (paused === 'true')
    return {
      ...about,
      status: 'failed',
      detail: 'It is paused: new calls are refused.',
      remedy: 'switchhook fs fsctl resume',
    };
  if (leaving === 'true')
    return {
      ...about,
      status: 'failed',
      detail: 'It is shutting down.',
      remedy: 'Start it again, or cancel on its console: fsctl shutdown cancel.',
    };
  if (!status.ready)
    return {
      ...about,
      status: 'failed',
      detail: 'It says "not ready".',
      remedy: 'Wait until it has started; see its log.',
    };
  return { ...about, status: 'ok', detail: `${status.sessions} sessions` };
}

/** Limits that refuse calls without a word to the caller's side of the dialplan. */
export function checkLimits(port: SwitchPort, status: SwitchStatus): Check {
  const { maxSessionsPerSecond: rate, peakPerSecond: peak, maxSessions, sessions } = status;
  const about = { id: 'switch_limits', subject: port.name } as const;
  const detail = `sessions-per-second ${rate} (at most ${peak} so far), max-sessions ${maxSessions}`;
  const raise = (parameter: string, command: string): string =>
    `Raise ${parameter} in switch.conf.xml; until the next restart also with: switchhook fs fsctl ${command}.`;
  if (sessions * 10 >= maxSessions * 8)
    return {
      ...about,
      status: 'warning',
      detail: `${detail}; ${sessions} sessions are close to it.`,
      remedy: raise('max-sessions', `max_sessions ${maxSessions * 2}`),
    };
  if (rate > VANILLA_RATE && peak < rate) return { ...about, status: 'ok', detail };
  return {
    ...about,
    status: 'warning',
    detail: `${detail}; each leg of a call is a session, and those beyond are refused.`,
    remedy: raise('sessions-per-second', `sps ${Math.max(200, rate * 2)}`),
  };
}

/** How far FreeSWITCH's clock is from ours, give or take half of the time that asking took. */
export async function checkClock(port: SwitchPort): Promise<Check> {
  const about = { id: 'clock', subject: port.name } as const;
  const before = Date.now();
  const answer = await port.api('strmicroepoch');
  const after = Date.now();
  if (!/^\d{15,17}$/.test(answer))
    return { ...about, status: 'skipped', detail: `strmicroepoch answered ${JSON.stringify(answer)}.` };
  const theirs = Number(answer) / 1000;
  const offsetMs = theirs < before ? theirs - before : Math.max(0, theirs - after);
  if (Math.abs(offsetMs) <= CLOCK_TOLERANCE_MS)
    return { ...about, status: 'ok', detail: 'The same time as here.' };
  const apart = `${(Math.abs(offsetMs) / 1000).toFixed(1)} s`;
  return {
    ...about,
    status: 'warning',
    detail: `Its clock is ${apart} ${offsetMs < 0 ? 'behind' : 'ahead of'} the clock of this machine.`,
    remedy:
      'Run NTP on both machines. FreeSWITCH keeps a clock of its own: switchhook fs fsctl sync_clock takes over that of its machine.',
  };
}
