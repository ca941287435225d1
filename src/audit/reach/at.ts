import type { Place } from '../../switch-config/places.js';
import type { CallState, Variables } from './call.js';
import type { Step, Trail } from './trail.js';
import { show } from './value.js';
import type { Text } from './value.js';

/** A channel between two actions. */
export interface Channel {
  readonly variables: Variables;
  /** It has certainly been hung up, or has left for elsewhere. */
  readonly ended: boolean;
}

/** Where an action stands, and how a call got there. */
export interface At {
  readonly state: CallState;
  readonly trail: Trail;
  readonly step: Step;
  readonly place: Place;
  /** Of applications that run others. */
  readonly depth: number;
  /** It runs with just this data: not with one of several. */
  readonly alone: boolean;
}

/** Of applications that run others: `execute_on_answer=…`, `loopback/app=…`. */
export const MAX_NESTING = 6;

/** A way to run one more application, or to look one more number up. */
export interface Runner {
  run(application: string, data: Text, at: At, channel: Channel, certain: boolean): Channel;
  enter(number: Text, target: Target, written: Written, at: At, channel: Channel): Channel;
}

export interface Target {
  readonly dialplan: Text;
  readonly context: Text;
}

/** The application and its data, for the path that is shown. */
export interface Written {
  readonly application: string;
  readonly data: Text;
}

export function stepText(at: At, { application, data }: Written): string {
  const { what } = at.step;
  const own = what.endsWith(`: ${application}`);
  return own ? `${what} ${show(data)}` : `${what} → ${application} ${show(data)}`;
}
