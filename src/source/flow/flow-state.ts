import { z } from 'zod';
import { checked } from '../../checked.js';
import type { FlowState } from '../../flow/state.js';
import { readState } from '../../flow/state.js';
import type { SourceNote, SourceState } from '../port.js';

export type FunctionNote = SourceNote & { readonly type: 'function' };

/** What a flow takes along to another daemon: the engine's state, and what the call's record wants to know. */
export interface KeptFlow {
  readonly state: FlowState;
  /** The latest functions that were invoked. */
  readonly invoked: readonly FunctionNote[];
}

/** So many invocations are kept; the state has to stay small. */
const MOST_INVOKED = 12;

/** Name, block, when (milliseconds since the flow began), duration, tries, code. */
const invokedSchema = z.tuple([z.string(), z.string(), z.number(), z.number(), z.number(), z.string()]);
const keptSchema = z.object({ s: z.unknown(), i: z.array(invokedSchema) });

export const FLOW_KIND = 'flow';

export function packed({ state, invoked }: KeptFlow): SourceState {
  const i = invoked
    .slice(-MOST_INVOKED)
    .map((note) => [
      note.function,
      note.block,
      note.invokedAt - state.begun,
      Math.round(note.durationMs),
      note.attempts,
      note.code ?? '',
    ]);
  return { kind: FLOW_KIND, data: { s: state, i } };
}

/** `undefined` when it is not a flow's, or not one that this version understands. */
export function unpacked({ kind, data }: SourceState): KeptFlow | undefined {
  const parsed = checked(keptSchema, data);
  if (kind !== FLOW_KIND || !parsed.success) return undefined;
  const state = readState(JSON.stringify(parsed.data.s));
  if (state === undefined) return undefined;
  const invoked = parsed.data.i.map(([name, block, afterMs, durationMs, attempts, code]): FunctionNote => ({
    type: 'function',
    function: name,
    block,
    invokedAt: state.begun + afterMs,
    durationMs,
    attempts,
    ...(code === '' ? {} : { code }),
  }));
  return { state, invoked };
}
