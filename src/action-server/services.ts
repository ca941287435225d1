import type { Policy } from '../call/policy.js';
import type { FlowSet } from '../flow/flow-set.js';
import type { WalkServices } from './flow-walk.js';
import type { ReplayMemory } from './replay-memory.js';
import type { ActionAnswer } from './request.js';
import type { Tally } from './tally.js';
import type { TokenSeal } from './token.js';

/** The part of pino that is used here. */
export interface ActionLog {
  debug(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface ActionServices extends Omit<WalkServices, 'now'> {
  readonly flows: { readonly current: FlowSet; version(name: string): FlowSet | undefined };
  readonly policies: ReadonlyMap<string, Policy>;
  /** The profile of entries that name none. */
  readonly policy: string;
  readonly log: ActionLog;
  readonly now?: () => number;
}

/** What outlives a reload of the configuration. */
export interface ActionMemory {
  readonly replays: ReplayMemory<ActionAnswer>;
  readonly seal: TokenSeal;
  readonly tally: Tally;
}
