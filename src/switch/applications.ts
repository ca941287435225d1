import { splitArguments } from './arguments.js';
import {
  judgeBridge,
  judgeCallcenter,
  judgeDigits,
  judgeFifo,
  judgePhrase,
  judgePlayback,
  judgeRecord,
  judgeResponse,
  judgeSpeech,
  judgeWaitForSilence,
  ran,
} from './application-outcomes.js';
import type { ApplicationJudgement } from './application-outcomes.js';

/** What switchhook knows of one FreeSWITCH application. */
export interface ApplicationInfo {
  readonly name: string;
  /** Channel variables read after it ran, in this order. */
  readonly outcomeVariables: (data: string) => readonly string[];
  /**
   * Of these, the ones to clear before it runs (never more than two): the application does not reset them itself,
   * and a value left by an earlier action would be taken for this one's. Others may be old too; the judge leaves
   * them out of its variables.
   */
  readonly clears: (data: string) => readonly string[];
  /** What became of it, told from those variables; a variable that is not set is `''` or absent. */
  readonly judge: (values: Readonly<Record<string, string>>, data: string) => ApplicationJudgement;
  /** Takes time: worth an outcome marker. */
  readonly takesTime: boolean;
  /**
   * How a time limit is enforced: `break` = `uuid_break` stops it (FreeSWITCH looks at CF_BREAK in its loop),
   * `ring` = bounds the ringing (`call_timeout`), `none` = it cannot be stopped from outside without moving the
   * channel.
   */
  readonly stop: 'break' | 'ring' | 'none';
  /** One `uuid_break` ends only a part of it (one round of loop_playback): send it again while it runs. */
  readonly breakAgain?: true;
  /**
   * What the end of it means to the list: `hangup` ends the call; `leaves` takes the channel out of the list, as
   * the list itself asked for (transfer, redirect).
   */
  readonly ends?: 'hangup' | 'leaves';
}

type Facts = Omit<ApplicationInfo, 'name'>;

const NONE: readonly string[] = [];
const none = () => NONE;
const RESPONSE = 'current_application_response';

/** Done before the next action starts; nothing can be told from variables. */
const INSTANT: Facts = { outcomeVariables: none, clears: none, judge: ran, takesTime: false, stop: 'none' };
/** As long as it lasts; nothing can be told from variables. */
const LASTING: Facts = { ...INSTANT, takesTime: true };
const BREAKABLE: Facts = { ...LASTING, stop: 'break' };

function reading(names: readonly string[], judge: Facts['judge'], stale: readonly string[] = NONE): Facts {
  return { outcomeVariables: () => names, clears: () => stale, judge, takesTime: true, stop: 'none' };
}

/**
 * mod_dptools.c: playback_function sets the response in every case, and switch_core_session.c clears it before
 * every application; playback_ms is left as it was when there is no file: the judge ignores it then.
 */
const PLAYBACK: Facts = {
  ...reading([RESPONSE, 'playback_ms', 'playback_terminator_used'], judgePlayback),
  stop: 'break',
};

/** The name of a variable that an app chose, when it can be read back safely with `${name}`. */
function saneName(name: string | undefined): string | undefined {
  return name !== undefined && /^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(name) ? name : undefined;
}

/** `read <min> <max> <file> <variable> <timeout> <terminators> [<digit timeout>]` (mod_dptools.c: read_function). */
function readVariable(data: string): string | undefined {
  return saneName(splitArguments(data, ' ', 7)[3]);
}

/** play_and_get_digits: the variable is the eighth argument (mod_dptools.c: play_and_get_digits_function). */
function digitsVariable(data: string): string | undefined {
  return saneName(splitArguments(data, ' ', 11)[7]);
}

/**
 * switch_ivr_play_say.c: switch_ivr_read resets read_result and the variable, not read_terminator_used. A break
 * ends its prompt and not the wait for digits (switch_ivr_collect_digits_count does not look at CF_BREAK), so it
 * is bounded by its own time-outs only.
 */
const READ: Facts = {
  outcomeVariables: (data) => {
    const name = readVariable(data);
    return ['read_result', 'read_terminator_used', ...(name === undefined ? [] : [name])];
  },
  clears: () => ['read_terminator_used'],
  judge: (values, data) => judgeDigits(values, readVariable(data)),
  takesTime: true,
  stop: 'none',
};

/**
 * switch_ivr_play_say.c: switch_play_and_get_digits resets `<var>_invalid` only when there is a regexp, and it
 * takes a read_terminator_used left by an earlier action for an answer of no digits when min is 0.
 */
const PLAY_AND_GET_DIGITS: Facts = {
  outcomeVariables: (data) => {
    const name = digitsVariable(data);
    return ['read_result', 'read_terminator_used', ...(name === undefined ? [] : [name, `${name}_invalid`])];
  },
  clears: (data) => {
    const name = digitsVariable(data);
    const hasRegexp = (splitArguments(data, ' ', 11)[8] ?? '') !== '';
    return ['read_terminator_used', ...(name === undefined || hasRegexp ? [] : [`${name}_invalid`])];
  },
  judge: (values, data) => judgeDigits(values, digitsVariable(data)),
  takesTime: true,
  stop: 'none',
};

const CATALOGUE: Readonly<Record<string, Facts>> = {
  answer: INSTANT,
  pre_answer: INSTANT,
  ring_ready: INSTANT,
  wait_for_answer: LASTING,
  sleep: BREAKABLE,
  echo: BREAKABLE,
  delay_echo: LASTING,
  park: LASTING,
  gentones: BREAKABLE,
  playback: PLAYBACK,
  // A break ends one round of the file, and the next begins: only moving the channel ends it.
  endless_playback: { ...PLAYBACK, stop: 'none' },
  loop_playback: { ...PLAYBACK, breakAgain: true },
  speak: BREAKABLE,
  say: BREAKABLE,
  phrase: { ...reading([RESPONSE], judgePhrase), stop: 'break' },
  play_and_get_digits: PLAY_AND_GET_DIGITS,
  read: READ,
  play_and_detect_speech: { ...reading([RESPONSE], judgeSpeech), stop: 'break' },
  detect_speech: INSTANT,
  // switch_ivr_originate.c sets the first two at its beginning; the judge knows when to trust the third.
  bridge: {
    ...reading(
      [
        'originate_disposition',
        'DIALSTATUS',
        'originate_failed_cause',
        'bridge_hangup_cause',
        'last_bridge_hangup_cause',
      ],
      judgeBridge,
      ['bridge_hangup_cause', 'last_bridge_hangup_cause'],
    ),
    stop: 'ring',
  },
  record: {
    ...reading(
      ['record_ms', 'record_file_size', 'silence_hits_exhausted', 'playback_terminator_used'],
      judgeRecord,
      ['record_ms', 'record_file_size'],
    ),
    stop: 'break',
  },
  record_session: INSTANT,
  stop_record_session: INSTANT,
  record_session_mask: INSTANT,
  record_session_unmask: INSTANT,
  record_session_pause: INSTANT,
  record_session_resume: INSTANT,
  displace_session: INSTANT,
  stop_displace_session: INSTANT,
  set: INSTANT,
  unset: INSTANT,
  multiset: INSTANT,
  multiunset: INSTANT,
  export: INSTANT,
  bridge_export: INSTANT,
  push: INSTANT,
  unshift: INSTANT,
  eval: INSTANT,
  hangup: { ...INSTANT, ends: 'hangup' },
  respond: INSTANT,
  redirect: { ...INSTANT, ends: 'leaves' },
  deflect: { ...INSTANT, ends: 'leaves' },
  transfer: { ...INSTANT, ends: 'leaves' },
  callcenter: reading(['cc_cause', 'cc_cancel_reason', 'cc_agent', 'cc_exit_key'], judgeCallcenter, [
    'cc_cause',
    'cc_cancel_reason',
  ]),
  // A served caller is handed over to the agent's channel: that list ends as `moved`, too.
  fifo: reading(['fifo_status', 'fifo_caller_exit_key'], judgeFifo, ['fifo_status']),
  conference: LASTING,
  wait_for_silence: reading(
    ['wait_for_silence_timeout', 'wait_for_silence_listenhits'],
    judgeWaitForSilence('wait_for_silence_timeout'),
    ['wait_for_silence_timeout', 'wait_for_silence_listenhits'],
  ),
  detect_silence: reading(['detect_silence_timeout'], judgeWaitForSilence('detect_silence_timeout'), [
    'detect_silence_timeout',
  ]),
  detect_audio: reading(['detect_audio_timeout'], judgeWaitForSilence('detect_audio_timeout'), [
    'detect_audio_timeout',
  ]),
  start_dtmf: INSTANT,
  stop_dtmf: INSTANT,
  start_dtmf_generate: INSTANT,
  stop_dtmf_generate: INSTANT,
  stop_tone_detect: INSTANT,
  send_dtmf: INSTANT,
  queue_dtmf: INSTANT,
  flush_dtmf: INSTANT,
  block_dtmf: INSTANT,
  unblock_dtmf: INSTANT,
  log: INSTANT,
  info: INSTANT,
  event: INSTANT,
  send_display: INSTANT,
  send_info: INSTANT,
  privacy: INSTANT,
  set_audio_level: INSTANT,
  set_mute: INSTANT,
  sched_hangup: INSTANT,
  sched_cancel: INSTANT,
  clear_speech_cache: INSTANT,
  early_hangup: INSTANT,
  verbose_events: INSTANT,
  hold: INSTANT,
  unhold: INSTANT,
};

/** An application that is not in the catalogue: its response is told where it gives one. */
const UNKNOWN: Facts = reading([RESPONSE], judgeResponse);

const BY_NAME: ReadonlyMap<string, ApplicationInfo> = new Map(
  Object.entries(CATALOGUE).map(([name, facts]) => [name, Object.freeze({ name, ...facts })]),
);

/** Names that the catalogue knows, sorted. */
export const KNOWN_APPLICATIONS: readonly string[] = Object.freeze([...BY_NAME.keys()].sort());

/** What is known of an application; an unknown name gets a neutral entry. */
export function applicationInfo(name: string): ApplicationInfo {
  return BY_NAME.get(name) ?? { name, ...UNKNOWN };
}
