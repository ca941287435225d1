import { applicationInfo } from '../switch/applications.js';
import type { Step } from '../switch/channel.js';
import { itemsOf, SEGMENT_ITEMS } from '../switch/inline-list.js';
import type { Action } from './action.js';
import { ownApplication } from './program.js';

/** An action with its place in its list. */
export interface Placed {
  readonly index: number;
  readonly action: Action;
}

export interface NextSegment {
  readonly taken: readonly Placed[];
  /** What FreeSWITCH is given of each. */
  readonly steps: readonly Step[];
}

/**
 * The actions, from the first of `rest`, that FreeSWITCH can run by itself as one segment. A list is broken only
 * where the outcome of an action is needed before the next (`on_error: stop`, the daemon's own applications), where
 * an action has a timer of its own, where its data must be expanded by FreeSWITCH after the action before it has
 * run (`$`), and where the inline list is full.
 */
export function nextSegment(rest: readonly Placed[], stepOf: (action: Action) => Step): NextSegment {
  const taken: Placed[] = [];
  const steps: Step[] = [];
  let items = 0;
  for (const placed of rest) {
    const { action } = placed;
    if (ownApplication(action.application) !== undefined) break;
    const step = stepOf(action);
    const alone = isAlone(action);
    if (taken.length > 0 && (alone || action.data.includes('$') || items + itemsOf(step) > SEGMENT_ITEMS))
      break;
    taken.push(placed);
    steps.push(step);
    items += itemsOf(step);
    if (alone || action.onError === 'stop') break;
  }
  return { taken, steps };
}

function isAlone(action: Action): boolean {
  return action.timeoutMs !== undefined && applicationInfo(action.application).stop === 'break';
}
