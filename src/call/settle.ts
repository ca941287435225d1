import { applicationInfo } from '../switch/applications.js';
import type { SegmentEnd, StepResult } from '../switch/channel.js';
import type { Outcome } from './outcome.js';
import type { Ending } from './run-context.js';
import type { Placed } from './segments.js';

/**
 * The outcome of an action that was given to FreeSWITCH, from what its step brought and how the segment ended.
 * @param interrupted it was us who took the channel away from it
 */
export function settle(placed: Placed, step: StepResult, end: SegmentEnd, interrupted = false): Outcome {
  const { action, index } = placed;
  const base = {
    index,
    application: action.application,
    ...(action.id === undefined ? {} : { id: action.id }),
  };
  const timed = step.durationMs === undefined ? {} : { durationMs: step.durationMs };
  const info = applicationInfo(action.application);
  if (step.state === 'not_run') {
    const detail =
      end.kind === 'lost' ? 'the connection was lost; FreeSWITCH goes on with the list by itself' : '';
    return { ...base, status: 'not_run', variables: {}, ...(detail === '' ? {} : { detail }) };
  }
  if (step.state === 'cut') {
    const ended = { ...base, ...timed, variables: {} };
    if (end.kind === 'hung_up') {
      return { ...ended, status: info.ends === 'hangup' ? 'ok' : 'hung_up', ...detailOf(end.cause) };
    }
    if (end.kind === 'moved' && interrupted) return { ...ended, status: 'interrupted' };
    if (end.kind === 'moved') {
      return { ...ended, status: info.ends === 'leaves' ? 'ok' : 'moved', ...detailOf(end.to) };
    }
    return { ...ended, status: 'interrupted', ...detailOf(end.kind === 'lost' ? end.detail : '') };
  }
  const judged = info.judge(step.values, action.data);
  if (!step.timedOut) return { ...base, ...timed, ...judged };
  return {
    ...base,
    ...timed,
    ...judged,
    status: 'timed_out',
    detail: `stopped after ${action.timeoutMs ?? 0} ms`,
  };
}

function detailOf(text: string): { detail?: string } {
  return text === '' ? {} : { detail: text };
}

/** An action that FreeSWITCH was not given. */
export function unsent(
  placed: Placed,
  status: 'refused' | 'not_run' | 'failed' | 'ok' | 'interrupted',
  detail = '',
): Outcome {
  const { action, index } = placed;
  return {
    index,
    application: action.application,
    ...(action.id === undefined ? {} : { id: action.id }),
    status,
    variables: {},
    ...detailOf(detail),
  };
}

/** A `cti_curl` or `cti_flow` that was followed to its end. */
export function outcomeOfOwn(placed: Placed, ending: Ending): Outcome {
  if (ending.kind !== 'failed') return unsent(placed, 'ok');
  const { code, detail } = ending;
  return unsent(placed, 'failed', detail === '' ? code : `${code}: ${detail}`);
}
