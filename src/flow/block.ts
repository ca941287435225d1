import type { z } from 'zod';
import type { FlowAction, FlowCall, FlowEvent, Json, WantedFunction } from './port.js';
import type { Scope } from './references.js';
import type { SpeechSettings } from './speech/settings.js';
import type { FlowState, Progress } from './state.js';

/** A way out of a block. */
export interface Exit {
  readonly name: string;
  /** What leads there, in one line. */
  readonly when: string;
  /**
   * The block to which it leads where the parameters say it (a choice of a menu); otherwise `next` and `exits` of
   * the block do.
   */
  readonly target?: string;
  /** The way to the target in the parameters, for messages. */
  readonly at?: readonly (string | number)[];
  /** The exit that stands in when this one is not given. */
  readonly instead?: string;
  /** It may be left out, together with everything that stands in for it. */
  readonly optional?: true;
}

/** What a block wants to happen next. */
export type Move =
  | { readonly to: 'exit'; readonly exit: string; readonly error?: string }
  /** Come in again, further on. */
  | { readonly to: 'again'; readonly progress: Progress }
  | {
      readonly to: 'actions';
      readonly actions: readonly FlowAction[];
      readonly final?: boolean;
      readonly masked?: readonly string[];
    }
  | ({ readonly to: 'invoke' } & WantedFunction)
  /** `call` comes back; the other doesn't. */
  | { readonly to: 'flow'; readonly flow: string; readonly inputs: Worked; readonly call: boolean }
  | { readonly to: 'return'; readonly values: Worked }
  | { readonly to: 'end' };

export type Values = Readonly<Record<string, string>>;

/** Values that one flow gives another. */
export interface Worked {
  readonly values: Values;
  /** Names of those that are nobody's business. */
  readonly masked: readonly string[];
}

/** What a block sees of the call, and what it may change. */
export interface Turn {
  /** The block's own name. */
  readonly block: string;
  readonly call: FlowCall;
  readonly progress: Progress;
  readonly scope: Scope;
  readonly state: FlowState;
  readonly speech: SpeechSettings;
  /** The flow's own language, where it names one. */
  readonly language: string | undefined;
  /** Public keys of the flow, in PEM, by name. */
  readonly publicKeys: Values;
  update(change: Partial<FlowState>): void;
  setAttribute(name: string, value: string, masked: boolean): void;
  setFlowAttribute(name: string, value: string, masked: boolean): void;
  /** The latest function's answer; kept as far as the flows refer to it. False: that is too much for the state. */
  setExternal(value: Json): boolean;
}

/** What the checker wants to know of a block, beyond its exits. */
export interface BlockFacts {
  /** Attributes that are set when it is left; by which exit, where it is not any. */
  readonly sets?: readonly { readonly name: string; readonly space: Settable; readonly exit?: string }[];
  readonly invokes?: {
    readonly function: string;
    readonly parameters: readonly string[];
    /** Names of the answer that it takes. */
    readonly outputs: readonly string[];
  };
  readonly enters?: { readonly flow: string; readonly call: boolean; readonly inputs: readonly string[] };
  /** Prompts, with the way to each in the parameters. */
  readonly prompts?: readonly { readonly path: readonly (string | number)[]; readonly prompt: unknown }[];
  /** Languages that it names, with the way to each. */
  readonly languages?: readonly { readonly path: readonly (string | number)[]; readonly language: string }[];
  /** Mistakes that only the block itself can see. */
  readonly faults?: readonly Fault[];
}

export type Settable = 'Attributes' | 'FlowAttributes' | 'StoredInput';

export interface Fault {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly warning?: true;
}

/** One type of block: its parameters, its exits, and how it behaves. */
export interface BlockType<P> {
  readonly type: string;
  /** In one line, for the documentation. */
  readonly summary: string;
  /** Parameters besides `type`, `next`, `exits` and `note`. */
  readonly parameters: z.ZodObject;
  /**
   * What keeps a circle of blocks from turning for ever: it waits for somebody (`input`), or counts (`bound`).
   */
  readonly stops?: 'input' | 'bound';
  /** It ends the flow: it has no `next`. */
  readonly last?: true;
  exits(parameters: P): readonly Exit[];
  facts?(parameters: P, publicKeys: Values): BlockFacts;
  /**
   * What is to happen in the block, as far as it has come. Asked again with the same progress after the call was
   * resumed: it must answer the same again.
   */
  enter(parameters: P, turn: Turn): Move;
  /** What came back for the actions or the function that `enter` asked for. */
  settle?(parameters: P, turn: Turn, event: FlowEvent): Move;
  /** The flow that this block called has returned. */
  returned?(parameters: P, turn: Turn, values: Worked): Move;
}

export const NEXT: Exit = { name: 'next', when: 'it is done' };
export const ERROR: Exit = { name: 'error', when: 'it could not be done' };

export function leave(exit: string): Move {
  return { to: 'exit', exit };
}

export function fail(error: string, exit = 'error'): Move {
  return { to: 'exit', exit, error };
}

/** The first outcome that is not as it should be. */
export function failureIn(event: FlowEvent): string | undefined {
  if (event.kind !== 'outcomes') return 'flow_out_of_step';
  const wrong = event.outcomes.find(({ status }) => status !== 'ok');
  if (wrong === undefined) return undefined;
  return wrong.status === 'refused' ? 'action_refused' : 'action_failed';
}

export function action(application: string, data: string, more: Partial<FlowAction> = {}): FlowAction {
  return { application, data, onError: 'continue', ...more };
}
