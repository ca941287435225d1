import { createHash } from 'node:crypto';
import type { TraceEntry } from '../../call/call.js';
import type { ObservedTry, RequestObserver } from '../../http-client/observer.js';
import { traceIdOf } from '../../http-client/trace-context.js';
import { CallSpans } from './call-spans.js';
import { spanOfRequest, tryOfRequest } from './request-spans.js';
import type { ServedRequest } from './request-spans.js';
import type { SpanSink } from './span.js';

/** Makes spans of what happens on calls and of the requests that are made for them. */
export class CallTracer implements RequestObserver {
  readonly #sink: SpanSink;
  readonly #sampleRatio: number;
  /** By what runs the call: for a moment, one call can have two of them. */
  readonly #byRunner = new WeakMap<object, CallSpans>();
  readonly #byUuid = new Map<string, CallSpans>();

  /** @param sampleRatio the share of calls that are recorded, from 0 to 1 */
  constructor(sink: SpanSink, sampleRatio: number) {
    this.#sink = sink;
    this.#sampleRatio = sampleRatio;
  }

  /** The same for every daemon that has the call. */
  isSampled(traceId: string): boolean {
    if (this.#sampleRatio >= 1) return true;
    // Not every uuid is random in all of its parts.
    const chance = createHash('sha256').update(traceId).digest().readUInt32BE() / 2 ** 32;
    return chance < this.#sampleRatio;
  }

  onTrace(uuid: string, entry: TraceEntry, runner: object): void {
    if (entry.type === 'handed_over') this.#begin(uuid, entry, runner);
    const spans = this.#byRunner.get(runner);
    if (spans === undefined) return;
    spans.add(entry);
    if (entry.type === 'ended') this.#forget(uuid, runner);
  }

  /** A program ended without a result, and without a trace of its end. */
  onDefect(uuid: string, runner: object): void {
    this.#byRunner.get(runner)?.endByDefect();
    this.#forget(uuid, runner);
  }

  #forget(uuid: string, runner: object): void {
    const spans = this.#byRunner.get(runner);
    this.#byRunner.delete(runner);
    if (spans !== undefined && this.#byUuid.get(uuid) === spans) this.#byUuid.delete(uuid);
  }

  tried(one: ObservedTry): void {
    const { trace } = one;
    if (trace === undefined) this.#byUuid.get(one.callUuid)?.tried(one);
    else if (trace.isSampled) this.#sink.add(tryOfRequest(one, trace));
  }

  /** A request that somebody else's trace led to. Whether it is recorded is that one's decision. */
  served(request: ServedRequest): void {
    this.#sink.add(spanOfRequest(request));
  }

  #begin(uuid: string, entry: TraceEntry & { readonly type: 'handed_over' }, runner: object): void {
    if (!this.isSampled(traceIdOf(uuid))) return;
    const spans = new CallSpans(this.#sink, uuid, entry);
    this.#byRunner.set(runner, spans);
    this.#byUuid.set(uuid, spans);
  }
}
