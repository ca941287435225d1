import type { CancelSignal } from '../../cancellation.js';
import type { FunctionResult, JsonObject } from '../../flow/port.js';
import type { TraceContext } from '../../http-client/trace-context.js';
import type { CallView } from '../port.js';

/** A function that a flow wants to be invoked, with what it may know of the call. */
export interface FlowInvocation {
  readonly name: string;
  readonly parameters: JsonObject;
  readonly event?: 'contact' | 'flat';
  readonly timeoutMs?: number;
  readonly call: CallView;
  readonly attributes: Readonly<Record<string, string>>;
  readonly language: string;
  readonly queue: string;
  /** Aborted when the call ends or is moved. */
  readonly signal: CancelSignal;
  /** The trace on behalf of which it is invoked; absent: the call's own. */
  readonly trace?: TraceContext;
}

export interface FlowInvocationResult {
  readonly result: FunctionResult;
  readonly durationMs: number;
  readonly attempts: number;
}

/** Who invokes functions for flows. Never rejects. */
export interface FlowFunctions {
  invoke(invocation: FlowInvocation): Promise<FlowInvocationResult>;
}
