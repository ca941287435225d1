import type { FlowSet } from '../../flow/flow-set.js';
import type { FlowCall } from '../../flow/port.js';
import { fill } from '../../flow/references.js';
import type { FlowState } from '../../flow/state.js';
import { FlowTextTooLarge } from '../../flow/text-room.js';

/** The language that a flow speaks on a call: its own, else the default of the configuration. */
export function languageOf(set: FlowSet, state: FlowState, call: FlowCall): string {
  const { defaultLanguage } = set.speech;
  const own = set.flows.get(state.flow)?.language;
  if (own === undefined) return defaultLanguage;
  try {
    return fill(own, { state, call, language: defaultLanguage }) || defaultLanguage;
  } catch (error) {
    if (error instanceof FlowTextTooLarge) return defaultLanguage;
    throw error;
  }
}
