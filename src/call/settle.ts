import { applicationInfo } from '../switch/applications.js';
import type { SegmentEnd, StepResult } from '../switch/channel.js';
import type { Outcome, OutcomeStatus } from './outcome.js';
import type { Ending } from './run-context.js';
import type { Placed } from './segments.js';

/**
 * The outcome of an action that was given to FreeSWITCH, from what its step brought and how the segment ended.
 * @param interrupted it was us who took the channel away from it
 */
export function settle(placed: Placed, step: StepResult, end: SegmentEnd, interrupted = false): Outcome {
  if (step.state === 'not_run') {
    const why = 'the connection was lost; FreeSWITCH goes on with the list by itself';
    return outcomeOf(placed, 'not_run', end.kind === 'lost' ? why : '');
  }
  const { action } = placed;
  const info = applicationInfo(action.application);
  const outcome =
    step.state === 'cut'
      ? cutShort(placed, info.ends, end, interrupted)
      : Object.assign(outcomeOf(placed, 'ok'), info.judge(step.values, action.data));
  if (step.durationMs !== undefined) outcome.durationMs = step.durationMs;
  if (step.state === 'cut' || !step.timedOut) return outcome;
  outcome.status = 'timed_out';
  outcome.detail = `stopped after ${action.timeoutMs ?? 0} ms`;
  return outcome;
}

/** The list ended while it ran. */
function cutShort(
  placed: Placed,
  ends: ReturnType<typeof applicationInfo>['ends'],
  end: SegmentEnd,
  interrupted: boolean,
): Written {
  switch (end.kind) {
    case 'hung_up':
      return outcomeOf(placed, ends === 'hangup' ? 'ok' : 'hung_up', end.cause);
    case 'moved':
      if (interrupted) return outcomeOf(placed, 'interrupted');
      return outcomeOf(placed, ends === 'leaves' ? 'ok' : 'moved', end.to);
    case 'lost':
      return outcomeOf(placed, 'interrupted', end.detail);
    case 'completed':
      return outcomeOf(placed, 'interrupted');
  }
}

type Written = { -readonly [Key in keyof Outcome]: Outcome[Key] };

/** One for every action of every call: written field by field, which costs a fraction of spreading parts of it. */
function outcomeOf({ action, index }: Placed, status: OutcomeStatus, detail = ''): Written {
  const outcome: Written = { index, application: action.application, status, variables: {} };
  if (action.id !== undefined) outcome.id = action.id;
  if (detail !== '') outcome.detail = detail;
  return outcome;
}

/** An action that FreeSWITCH was not given. */
export function unsent(
  placed: Placed,
  status: 'refused' | 'not_run' | 'failed' | 'ok' | 'interrupted',
  detail = '',
): Outcome {
  return outcomeOf(placed, status, detail);
}

/** A `cti_curl` or `cti_flow` that was followed to its end. */
export function outcomeOfOwn(placed: Placed, ending: Ending): Outcome {
  if (ending.kind !== 'failed') return unsent(placed, 'ok');
  const { code, detail } = ending;
  return unsent(placed, 'failed', detail === '' ? code : `${code}: ${detail}`);
}
