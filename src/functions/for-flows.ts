import type { CancelSignal } from '../cancellation.js';
import type { TraceContext } from '../http-client/trace-context.js';
import { contactDataOf } from './contact-event.js';
import type { ContactChannel } from './contact-event.js';
import type { FunctionSet } from './invoke.js';
import type { JsonObject } from './json.js';

/** What a flow knows where it wants a function. */
export interface Wanted {
  readonly name: string;
  readonly parameters: JsonObject;
  readonly event?: 'contact' | 'flat';
  readonly timeoutMs?: number;
  readonly call: ContactChannel;
  readonly attributes: Readonly<Record<string, string>>;
  readonly language: string;
  /** '' for none. */
  readonly queue: string;
  readonly signal: CancelSignal;
  readonly trace?: TraceContext;
}

/** Invokes functions as flows want them. */
export function forFlows(functions: Pick<FunctionSet, 'invoke'>, instanceArn: string) {
  return {
    async invoke({
      name,
      parameters,
      event,
      timeoutMs,
      call,
      attributes,
      language,
      queue,
      signal,
      trace,
    }: Wanted) {
      const facts = {
        attributes,
        languageCode: language,
        ...(queue === '' ? {} : { queue: { name: queue } }),
      };
      const { durationMs, attempts, ...result } = await functions.invoke({
        name,
        parameters,
        contact: contactDataOf(call, facts, instanceArn),
        ...(event === undefined ? {} : { event }),
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
        ...(trace === undefined ? {} : { trace }),
        signal,
      });
      return { result, durationMs, attempts: attempts.length };
    },
  };
}
