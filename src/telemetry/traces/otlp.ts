import type { Span, SpanValue } from './span.js';

/** What all spans of the process have in common. */
export type Resource = Readonly<Record<string, SpanValue>>;

const KINDS: Readonly<Record<Span['kind'], number>> = { internal: 1, server: 2, client: 3 };
const STATUS_ERROR = 2;

/** The body of an export: OTLP in its JSON encoding (opentelemetry-proto, trace/v1). */
export function otlpBody(resource: Resource, spans: readonly Span[]): string {
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: attributesOf(resource) },
        scopeSpans: [{ scope: { name: 'switchhook' }, spans: spans.map(otlpSpan) }],
      },
    ],
  });
}

function otlpSpan({
  traceId,
  spanId,
  parentSpanId,
  name,
  kind,
  startMs,
  endMs,
  attributes,
  error,
}: Span): object {
  return {
    // In hexadecimal, unlike other bytes in the JSON encoding.
    traceId,
    spanId,
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    // The trace is recorded (W3C's flag).
    flags: 1,
    name,
    kind: KINDS[kind],
    startTimeUnixNano: nanoseconds(startMs),
    endTimeUnixNano: nanoseconds(endMs),
    attributes: attributesOf(attributes),
    ...(error === undefined ? {} : { status: { code: STATUS_ERROR, message: error } }),
  };
}

/** Whole numbers beyond 2^53 are texts in the JSON encoding. */
function nanoseconds(epochMs: number): string {
  return `${Math.round(epochMs * 1000)}000`;
}

function attributesOf(attributes: Readonly<Record<string, SpanValue>>): object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: valueOf(value) }));
}

function valueOf(value: SpanValue): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
