/** One piece of work, as a collector of traces understands it. Times are milliseconds since the epoch. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  /** `server`: somebody handed it to us. `client`: we asked somebody else. */
  readonly kind: 'internal' | 'server' | 'client';
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, SpanValue>>;
  /** What went wrong; `''` where nothing more is known than that. */
  readonly error?: string;
}

export type SpanValue = string | number | boolean;

/** Where spans go. Must not throw, and takes no time. */
export interface SpanSink {
  add(span: Span): void;
}
