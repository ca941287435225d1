import type { FlowState } from './state.js';

/**
 * The engine's port. A driver calls `begin`, does what the step says, tells what came back with `advance`, and so on
 * until the step is `done`, `failed`, or actions that are `final`. The engine never waits, never asks the switch or
 * the network, and keeps nothing between two calls: everything is in the state.
 */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = Readonly<Record<string, Json>>;

/** What a flow may know of the call. */
export interface FlowCall {
  readonly uuid: string;
  /** A channel variable or a field of the caller profile by FreeSWITCH's name, or undefined. */
  get(name: string): string | undefined;
  /** Milliseconds since the epoch. A test lets time pass as it likes. */
  now(): number;
  /**
   * Draws for a `distribute` block, from 0 up to but not including 100. Left out: drawn from the call's id, so that
   * a resumed call draws the same again.
   */
  readonly draw?: (block: string) => number;
}

/** An action as the runner takes it, and what the caller hears or does by it. */
export interface FlowAction {
  readonly application: string;
  readonly data: string;
  readonly id?: string;
  readonly onError: 'continue' | 'stop';
  readonly timeoutMs?: number;
  /** The data as logs, traces and records may show it, where some of it is nobody's business. */
  readonly shown?: string;
  /** For tests, traces and people: the text that is spoken, the file that is played, the digits that are asked for. */
  readonly heard?: string;
}

/** What became of an action: the runner's `Outcome` fits. */
export interface FlowOutcome {
  /** Position in the list of the step, from 0. */
  readonly index: number;
  readonly id?: string;
  readonly application: string;
  readonly status: string;
  readonly response?: string;
  readonly detail?: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** What a function answered: of the kinds `string_map` and `json` the parsed body, checked by whoever invoked it. */
export type FunctionResult =
  | { readonly ok: true; readonly values: Json }
  | {
      readonly ok: false;
      /** Why: a code of errors.ts (`function_timeout`, …). */
      readonly code: string;
      readonly detail: string;
    };

/** What came back for the step before. */
export type FlowEvent =
  | { readonly kind: 'outcomes'; readonly outcomes: readonly FlowOutcome[] }
  | { readonly kind: 'function'; readonly result: FunctionResult };

/** A function that a flow wants to be invoked. */
export interface WantedFunction {
  readonly function: string;
  readonly parameters: JsonObject;
  /** `contact`: in the envelope that Connect sends; `flat`: the parameters alone; left out: as the function says. */
  readonly event?: 'contact' | 'flat';
  /** For the whole invocation; left out: as the function says. */
  readonly timeoutMs?: number;
  readonly waiting?: FlowWaiting;
  /** Names of parameters whose values must not stand in logs, traces and records. */
  readonly masked: readonly string[];
}

/** What a caller hears while a function is slow: what `playback` would take. */
export interface FlowWaiting {
  readonly play: string;
  readonly afterMs: number;
}

export type FlowStep =
  /** Run these under the flow's policy, then `advance` with their outcomes in the order of the list. */
  | {
      readonly kind: 'actions';
      readonly actions: readonly FlowAction[];
      /** The flow has nothing after these; `advance` would answer `done`. */
      readonly final: boolean;
      /** Channel variables whose values must not stand in logs, traces and records (masked digits). */
      readonly masked: readonly string[];
    }
  /** Invoke a function, then `advance` with its result. */
  | ({ readonly kind: 'invoke' } & WantedFunction)
  /** The flow has ended; the call goes back to the dialplan. */
  | { readonly kind: 'done' }
  /** The flow can't go on; the call goes back to the dialplan with the code. */
  | { readonly kind: 'failed'; readonly code: FlowFailure; readonly detail: string };

/** Codes of errors.ts with which a flow can end. */
export type FlowFailure =
  | 'no_such_flow'
  | 'flow_version_gone'
  | 'flow_exit_missing'
  | 'flow_loop'
  | 'flow_too_deep'
  | 'flow_state_too_large'
  | 'flow_text_too_large'
  | 'flow_out_of_step';

/** One block that a call went through, in the order of time. */
export interface FlowVisit {
  readonly flow: string;
  /** Of the flow's content. */
  readonly version: string;
  readonly block: string;
  readonly type: string;
  /** The exit by which it was left; `''` where the flow ends with the block. */
  readonly exit: string;
  /** The block to which the exit led; undefined where it led nowhere. */
  readonly next?: string;
  /** Why it was left by an error exit. */
  readonly error?: string;
  /** When it was entered and left, in milliseconds since the epoch. */
  readonly enteredAt: number;
  readonly leftAt: number;
}

/** What the engine answers. */
export interface FlowTurn {
  readonly state: FlowState;
  readonly step: FlowStep;
  /** The blocks that were left since the turn before. */
  readonly visits: readonly FlowVisit[];
}
