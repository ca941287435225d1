/** How the outcome of each application is told from the channel variables that it leaves. */

type Values = Readonly<Record<string, string>>;

export interface ApplicationJudgement {
  readonly status: 'ok' | 'failed' | 'timed_out';
  /** FreeSWITCH's own word for it: the application's response, DIALSTATUS, read_result, … */
  readonly response?: string;
  /** Why, where the status alone does not say it. */
  readonly detail?: string;
  /** The values that belong to this run; others were left by an earlier action. Never has empty ones. */
  readonly variables: Values;
}

function of(values: Values, name: string): string {
  return values[name] ?? '';
}

function filled(values: Values, names: readonly string[] = Object.keys(values)): Values {
  const entries = names.map((name): [string, string] => [name, of(values, name)]);
  return Object.fromEntries(entries.filter(([, value]) => value !== ''));
}

function judgement(
  status: ApplicationJudgement['status'],
  variables: Values,
  response = '',
  detail = '',
): ApplicationJudgement {
  return {
    status,
    ...(response === '' ? {} : { response }),
    ...(detail === '' ? {} : { detail }),
    variables,
  };
}

/** It ran; no variable tells more. */
export function ran(values: Values): ApplicationJudgement {
  return judgement('ok', filled(values));
}

export function judgeResponse(values: Values): ApplicationJudgement {
  const response = of(values, 'current_application_response');
  return judgement(response.startsWith('-ERR') ? 'failed' : 'ok', filled(values), response);
}

/** A silent playback means that the application did not run at all: there was no media (switch_core_session.c). */
export function judgePlayback(values: Values): ApplicationJudgement {
  const response = of(values, 'current_application_response');
  if (response === 'FILE PLAYED') return judgement('ok', filled(values), response);
  const variables = filled(values, ['current_application_response']);
  if (response === '') return judgement('failed', variables, '', 'no media to play to');
  return judgement('failed', variables, response, 'the file could not be played');
}

export function judgePhrase(values: Values): ApplicationJudgement {
  const response = of(values, 'current_application_response');
  return judgement(response === 'PHRASE PLAYED' ? 'ok' : 'failed', filled(values), response);
}

/** What was heard is in detect_speech_result, as XML: too long and too free to be kept in an outcome. */
export function judgeSpeech(values: Values): ApplicationJudgement {
  const response = of(values, 'current_application_response');
  return judgement(response === 'DONE' ? 'ok' : 'failed', filled(values), response);
}

/**
 * switch_ivr_play_say.c: switch_ivr_read. `success` and `timeout` both mean that at least the minimum of digits
 * came (the second: no terminator and fewer than the maximum); `failure` means too few, or none; nothing at all
 * means that the prompt could not be played. A number refused by play_and_get_digits' regexp is in
 * `<variable>_invalid` while read_result still says `success`.
 */
export function judgeDigits(values: Values, variable: string | undefined): ApplicationJudgement {
  const response = of(values, 'read_result');
  const variables = filled(values);
  const digits = variable === undefined ? undefined : of(values, variable);
  const invalid = variable === undefined ? '' : of(values, `${variable}_invalid`);
  if (response === '') return judgement('failed', variables, '', 'the prompt could not be played');
  if (invalid !== '' && digits === '') {
    return judgement('failed', variables, response, 'the digits do not match');
  }
  if (response === 'success') return judgement('ok', variables, response);
  if (response === 'timeout') {
    return digits === ''
      ? judgement('timed_out', variables, response, 'no digits')
      : judgement('ok', variables, response);
  }
  if (digits === '') return judgement('timed_out', variables, response, 'no digits');
  return judgement('failed', variables, response, 'too few digits');
}

const DISPOSITION_OK = /^(?:SUCCESS|success|call accepted)$/;

/**
 * switch_ivr_originate.c: every attempt to bridge sets originate_disposition, at first to `failure`; a bridge that
 * was answered leaves `SUCCESS` (or `call accepted`), a failed one its hangup cause, and DIALSTATUS its word for
 * the same. Legs joined by `:_:` leave `success` or `failure` and no DIALSTATUS. originate_failed_cause is set by
 * every failed one and kept by answered ones.
 */
export function judgeBridge(values: Values): ApplicationJudgement {
  const disposition = of(values, 'originate_disposition');
  const joined = disposition === 'success' || disposition === 'failure';
  const dialStatus = joined ? '' : of(values, 'DIALSTATUS');
  const answered =
    disposition === '' ? /^(?:SUCCESS|ANSWER|EARLY)$/.test(dialStatus) : DISPOSITION_OK.test(disposition);
  if (answered) {
    const ended = of(values, 'bridge_hangup_cause') || of(values, 'last_bridge_hangup_cause');
    const names = ['originate_disposition', 'bridge_hangup_cause', 'last_bridge_hangup_cause'];
    return judgement(
      'ok',
      filled(values, joined ? names : [...names, 'DIALSTATUS']),
      dialStatus || 'SUCCESS',
      ended,
    );
  }
  const names = ['originate_disposition', 'originate_failed_cause', 'last_bridge_hangup_cause'];
  const variables = filled(values, joined ? names : [...names, 'DIALSTATUS']);
  const cause = joined || disposition === '' ? of(values, 'originate_failed_cause') : disposition;
  const status = cause === 'NO_ANSWER' ? 'timed_out' : 'failed';
  return judgement(status, variables, dialStatus || cause, cause);
}

/** A file that cannot be opened for recording hangs up the call, so what returns has recorded. */
export function judgeRecord(values: Values): ApplicationJudgement {
  const ms = of(values, 'record_ms');
  return ms === ''
    ? judgement('failed', filled(values), '', 'nothing was recorded')
    : judgement('ok', filled(values));
}

/** mod_callcenter.c: cc_cause is `answered` or `cancel`; TIMEOUT is the queue's max-wait-time. */
export function judgeCallcenter(values: Values): ApplicationJudgement {
  const cause = of(values, 'cc_cause');
  const reason = of(values, 'cc_cancel_reason');
  if (cause === 'answered') return judgement('ok', filled(values, ['cc_cause', 'cc_agent']), cause);
  if (cause === '') return judgement('failed', {}, '', 'the caller did not enter the queue');
  const names = ['cc_cause', 'cc_cancel_reason', ...(reason === 'EXIT_WITH_KEY' ? ['cc_exit_key'] : [])];
  return judgement(reason.includes('TIMEOUT') ? 'timed_out' : 'failed', filled(values, names), cause, reason);
}

/** mod_fifo.c: what returns to the list was not served; a served caller is handed over to the agent's channel. */
export function judgeFifo(values: Values): ApplicationJudgement {
  const status = of(values, 'fifo_status');
  const variables = filled(values);
  if (status === 'TIMEOUT') return judgement('timed_out', variables, status);
  return judgement(status === 'DONE' || status === 'TALKING' ? 'ok' : 'failed', variables, status);
}

export function judgeWaitForSilence(variable: string): (values: Values) => ApplicationJudgement {
  return (values) => {
    const timedOut = of(values, variable);
    if (timedOut === 'true') return judgement('timed_out', filled(values));
    return judgement(timedOut === 'false' ? 'ok' : 'failed', filled(values));
  };
}
