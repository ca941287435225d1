import type { TraceEntry } from '../../call/call.js';
import type { ObservedTry } from '../../http-client/observer.js';
import { newSpanId, traceIdOf } from '../../http-client/trace-context.js';
import { known, requestPart } from './request-spans.js';
import type { SpanSink, SpanValue } from './span.js';

type Outcome = TraceEntry & { readonly type: 'outcome' };
type Attributes = Record<string, SpanValue | undefined>;

interface Piece {
  readonly spanId: string;
  readonly startMs: number;
}

/**
 * The spans of one call under one program: the call, within it each question to a source and each action that
 * FreeSWITCH ran, within a question its requests. A span is told when it has ended.
 */
export class CallSpans {
  readonly #sink: SpanSink;
  readonly #traceId: string;
  readonly #root: Piece;
  readonly #begunMs: number;
  readonly #attributes: Attributes;
  #error: string | undefined;
  /** The question that is open. */
  #source: Piece | undefined;
  /** When what came before it ended: then the question began. */
  #since: number;
  /** Actions that FreeSWITCH was given and has not reported, and when the next of them began. */
  #run = { left: 0, fromMs: 0 };

  constructor(
    sink: SpanSink,
    uuid: string,
    { atMs, program, resumed }: TraceEntry & { readonly type: 'handed_over' },
  ) {
    this.#sink = sink;
    this.#traceId = traceIdOf(uuid);
    // The clock of the machine may be set while the call lasts; the spans go on from where it was.
    this.#begunMs = performance.now() - atMs;
    this.#root = { spanId: newSpanId(), startMs: Date.now() - atMs };
    this.#since = this.#root.startMs;
    this.#attributes = { 'switchhook.call.uuid': uuid, 'switchhook.program': program };
    if (resumed) this.#attributes['switchhook.resumed'] = true;
  }

  add(entry: TraceEntry): void {
    const atMs = this.#root.startMs + entry.atMs;
    switch (entry.type) {
      case 'block':
      case 'function':
      case 'waiting':
        this.#asking();
        return;
      case 'answer':
        this.#asking();
        this.#answered(atMs, {
          'switchhook.origin': entry.origin,
          'switchhook.policy': entry.policy,
          'switchhook.actions': entry.actions,
          'switchhook.fallback_for': entry.fallbackFor,
        });
        return;
      case 'failure':
        this.#error = entry.code;
        this.#answered(atMs, { 'error.type': entry.code }, entry.code);
        return;
      case 'run':
        this.#answered(atMs, {});
        this.#run = { left: entry.steps, fromMs: atMs };
        return;
      case 'outcome':
        this.#answered(atMs, {});
        this.#settled(entry, atMs);
        this.#since = atMs;
        return;
      case 'ended':
        this.#answered(atMs, {});
        this.#ended(entry, atMs);
        return;
      // A request is told with more of it by `tried`.
      case 'request':
      case 'handed_over':
      case 'asked':
      case 'doing':
    }
  }

  /** A request of a question that is open. */
  tried(one: ObservedTry): void {
    const endMs = this.#root.startMs + performance.now() - this.#begunMs;
    const { spanId: parentSpanId } = this.#asking();
    const piece = { spanId: one.spanId ?? newSpanId(), startMs: endMs - one.durationMs };
    this.#tell(piece, endMs, { parentSpanId, ...requestPart(one) });
  }

  endByDefect(): void {
    const atMs = performance.now() - this.#begunMs;
    this.add({ type: 'ended', result: 'failed', detail: 'internal', atMs });
  }

  #asking(): Piece {
    this.#source ??= { spanId: newSpanId(), startMs: this.#since };
    return this.#source;
  }

  /** Ends the question, if one is open: there is no word for an answer that says that there is nothing more to do. */
  #answered(atMs: number, attributes: Attributes, error?: string): void {
    const source = this.#source;
    this.#source = undefined;
    this.#since = atMs;
    if (source === undefined) return;
    const parentSpanId = this.#root.spanId;
    this.#tell(source, atMs, { parentSpanId, name: 'source', kind: 'internal', attributes, error });
  }

  #settled({ application, status, durationMs, index, list, id, detail }: Outcome, atMs: number): void {
    const wasGiven = this.#run.left > 0;
    if (wasGiven) this.#run.left -= 1;
    if (status === 'not_run' || (status !== 'refused' && !wasGiven)) return;
    // FreeSWITCH goes from one action to the next by itself, and tells how long those took that take time.
    const startMs = wasGiven ? Math.min(this.#run.fromMs, atMs) : atMs;
    const lasted = durationMs ?? (isCut(status) ? atMs - startMs : 0);
    const endMs = Math.min(startMs + lasted, atMs);
    this.#run.fromMs = endMs;
    const piece = { spanId: newSpanId(), startMs };
    this.#tell(piece, endMs, {
      parentSpanId: this.#root.spanId,
      name: status === 'refused' ? 'action refused' : `action ${application}`,
      kind: 'internal',
      attributes: {
        'switchhook.application': application,
        'switchhook.outcome': status,
        'switchhook.list': list,
        'switchhook.index': index,
        'switchhook.id': id,
        'switchhook.rule': status === 'refused' ? detail?.split(': ', 1)[0] : undefined,
      },
      error: status === 'ok' || status === 'hung_up' || status === 'moved' ? undefined : status,
    });
  }

  #ended({ result, detail }: TraceEntry & { readonly type: 'ended' }, atMs: number): void {
    // A place where the call was moved to may be a number that a caller dialled.
    const cause = /^[A-Z][A-Z0-9_]+$/.test(detail) ? detail : undefined;
    const failed = result === 'failed' ? detail : result === 'lost' ? result : undefined;
    const attributes: Attributes = {
      ...this.#attributes,
      'switchhook.result': result,
      'switchhook.hangup_cause': cause,
      'error.type': failed ?? this.#error,
    };
    this.#tell(this.#root, atMs, { name: 'call', kind: 'server', attributes, error: failed });
  }

  #tell(
    { spanId, startMs }: Piece,
    endMs: number,
    {
      attributes,
      error,
      parentSpanId,
      ...span
    }: {
      readonly name: string;
      readonly kind: 'internal' | 'server' | 'client';
      readonly parentSpanId?: string;
      readonly attributes: Attributes;
      readonly error?: string | undefined;
    },
  ): void {
    this.#sink.add({
      ...span,
      traceId: this.#traceId,
      spanId,
      ...(parentSpanId === undefined ? {} : { parentSpanId }),
      startMs,
      endMs: Math.max(startMs, endMs),
      attributes: known(attributes),
      ...(error === undefined ? {} : { error }),
    });
  }
}

/** It ended with the list, so FreeSWITCH could not tell how long it took. */
function isCut(status: Outcome['status']): boolean {
  return status === 'hung_up' || status === 'moved' || status === 'interrupted';
}
