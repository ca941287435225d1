import { describe, expect, it } from 'vitest';
import type { TraceEntry } from '../../../src/call/call.js';
import { traceIdOf } from '../../../src/http-client/trace-context.js';
import type { WebhookVerdict } from '../../../src/http-client/webhook.js';
import { CallTracer } from '../../../src/telemetry/traces/call-tracer.js';
import { SpanExporter } from '../../../src/telemetry/traces/exporter.js';
import type { ExporterOptions } from '../../../src/telemetry/traces/exporter.js';
import { otlpBody } from '../../../src/telemetry/traces/otlp.js';
import type { Span } from '../../../src/telemetry/traces/span.js';

const UUID = '0f8fad5b-d9cb-469f-a165-70867728950e';
const HANDED_OVER: TraceEntry = {
  type: 'handed_over',
  atMs: 0,
  program: 'menu',
  destination: '1000',
  caller: '+49301234',
  resumed: false,
};

function ended(atMs: number, result: 'done' | 'failed' | 'hung_up' = 'done', detail = ''): TraceEntry {
  return { type: 'ended', atMs, result, detail };
}

function outcome(atMs: number, application: string, more: object = {}): TraceEntry {
  return { type: 'outcome', atMs, list: 1, index: 0, application, status: 'ok', variables: {}, ...more };
}

/** A tracer with what it told, and a call. */
function traced(sampleRatio = 1): {
  spans: Span[];
  tracer: CallTracer;
  tell: (...entries: TraceEntry[]) => void;
  named: (name: string) => Span;
} {
  const spans: Span[] = [];
  const tracer = new CallTracer({ add: (span) => spans.push(span) }, sampleRatio);
  const runner = {};
  return {
    spans,
    tracer,
    tell(...entries) {
      for (const entry of entries) tracer.onTrace(UUID, entry, runner);
    },
    named(name) {
      const found = spans.filter((span) => span.name === name);
      const [span] = found;
      if (span === undefined || found.length > 1) throw new Error(`${found.length} spans named ${name}`);
      return span;
    },
  };
}

const APP = {
  kind: 'app',
  peer: 'menu',
  callUuid: UUID,
  url: 'https://apps.example/menu',
  method: 'GET',
  attempt: 1,
  durationMs: 5,
} as const;

const ANSWER: TraceEntry = {
  type: 'answer',
  atMs: 10,
  origin: 'https://apps.example/menu',
  policy: 'default',
  actions: 2,
  warnings: [],
};

describe('the spans of a call', () => {
  it('put requests into their question, and questions and actions into the call', () => {
    const { spans, tracer, tell, named } = traced();
    tell(HANDED_OVER);
    tracer.tried({ ...APP, spanId: '00000000000000a1', status: 503, code: 'http_status' });
    tracer.tried({ ...APP, spanId: '00000000000000a2', attempt: 2, status: 200 });
    tell(ANSWER, { type: 'run', atMs: 10, list: 1, first: 0, steps: 2 });
    tell(outcome(80, 'answer'), outcome(80, 'playback', { index: 1, durationMs: 60 }), ended(90));
    const call = named('call');
    const source = named('source');
    expect(call).toMatchObject({
      kind: 'server',
      attributes: { 'switchhook.call.uuid': UUID, 'switchhook.program': 'menu', 'switchhook.result': 'done' },
    });
    expect(call).not.toHaveProperty('parentSpanId');
    expect(source.parentSpanId).toBe(call.spanId);
    const requests = spans.filter(({ name }) => name === 'app menu');
    expect(requests.map(({ spanId, parentSpanId, error }) => [spanId, parentSpanId, error])).toEqual([
      ['00000000000000a1', source.spanId, 'http_status'],
      ['00000000000000a2', source.spanId, undefined],
    ]);
    expect(requests[1]?.attributes['http.request.resend_count']).toBe(1);
    for (const name of ['action answer', 'action playback'])
      expect(named(name).parentSpanId).toBe(call.spanId);
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([traceIdOf(UUID)]));
    expect(JSON.stringify(spans)).not.toContain('+49301234');
  });

  it('give actions the time that FreeSWITCH tells, one after the other, and none beyond the end', () => {
    const { tell, named } = traced();
    tell(HANDED_OVER, { type: 'run', atMs: 100, list: 1, first: 0, steps: 4 });
    tell(
      outcome(1000, 'answer'),
      outcome(1000, 'playback', { durationMs: 300 }),
      outcome(1000, 'record', { durationMs: 99_999 }),
      outcome(1000, 'hangup'),
      ended(1000),
    );
    const from = named('call').startMs;
    const times = ['answer', 'playback', 'record', 'hangup'].map((name) => {
      const { startMs, endMs } = named(`action ${name}`);
      return [startMs - from, endMs - from].map(Math.round);
    });
    expect(times).toEqual([
      [100, 100],
      [100, 400],
      [400, 1000],
      [1000, 1000],
    ]);
  });

  it('tell a refusal by its rule, nothing of what did not run, and a hang-up by its cause', () => {
    const { spans, tell, named } = traced();
    tell(HANDED_OVER, { type: 'run', atMs: 5, list: 1, first: 0, steps: 2 });
    tell(
      outcome(50, 'bridge', { status: 'hung_up' }),
      outcome(50, 'playback', { status: 'not_run' }),
      outcome(50, 'system', { status: 'refused', detail: 'application: "system" is not among …' }),
      ended(50, 'hung_up', 'ORIGINATOR_CANCEL'),
    );
    expect(spans.map(({ name }) => name)).toEqual(['action bridge', 'action refused', 'call']);
    expect(named('action refused')).toMatchObject({
      error: 'refused',
      attributes: { 'switchhook.rule': 'application' },
    });
    const { endMs, startMs } = named('action bridge');
    expect(Math.round(endMs - startMs)).toBe(45);
    expect(named('call').attributes['switchhook.hangup_cause']).toBe('ORIGINATOR_CANCEL');
  });

  it('end a question that was answered with nothing more to do together with the call', () => {
    const { tracer, tell, named, spans } = traced();
    tell(HANDED_OVER);
    tracer.tried({ ...APP, status: 204 });
    tell(ended(20));
    expect(named('source').parentSpanId).toBe(named('call').spanId);
    tracer.tried(APP);
    expect(spans).toHaveLength(3);
  });

  it('mark a failed call, also one that ended by a defect', () => {
    const failed = traced();
    failed.tell(HANDED_OVER, { type: 'waiting', atMs: 5 });
    failed.tell({ type: 'failure', atMs: 9, code: 'dns_failed', detail: 'x' });
    failed.tell(ended(9, 'failed', 'dns_failed'));
    expect(failed.named('source').error).toBe('dns_failed');
    expect(failed.named('call').error).toBe('dns_failed');

    const { tracer, spans } = traced();
    const runner = {};
    tracer.onTrace(UUID, HANDED_OVER, runner);
    tracer.onDefect(UUID, runner);
    tracer.tried(APP);
    expect(spans.map(({ name, error }) => [name, error])).toEqual([['call', 'internal']]);
  });

  it('are those of the program that has the call, when another takes its place before it has ended', () => {
    const { tracer, spans, named } = traced();
    const [first, second] = [{}, {}];
    tracer.onTrace(UUID, HANDED_OVER, first);
    tracer.onTrace(UUID, { ...HANDED_OVER, program: 'other' }, second);
    tracer.onTrace(UUID, ended(5), first);
    tracer.tried(APP);
    tracer.onTrace(UUID, ended(9), second);
    const other = spans.find((span) => span.attributes['switchhook.program'] === 'other');
    expect(named('source').parentSpanId).toBe(other?.spanId);
  });

  it('are left out for the share of calls that is not sampled, the same by every daemon', () => {
    const { tracer, tell, spans } = traced(0.25);
    const again = traced(0.25).tracer;
    const ids = Array.from({ length: 2000 }, (_, at) => traceIdOf(`call-${at}`));
    const sampled = ids.filter((id) => tracer.isSampled(id));
    expect(sampled.length).toBeGreaterThan(400);
    expect(sampled.length).toBeLessThan(600);
    expect(ids.filter((id) => again.isSampled(id))).toEqual(sampled);
    tell(HANDED_OVER, ended(1));
    expect(spans).toHaveLength(tracer.isSampled(traceIdOf(UUID)) ? 1 : 0);
    const none = traced(0);
    none.tell(HANDED_OVER, ended(1));
    expect(none.spans).toEqual([]);
  });
});

describe('the OTLP body', () => {
  it('has ids in hexadecimal, whole nanoseconds as text, and typed attributes', () => {
    const span: Span = {
      traceId: traceIdOf(UUID),
      spanId: '00000000000000a1',
      name: 'x',
      kind: 'client',
      startMs: 1_767_225_600_000.125,
      endMs: 1_767_225_600_001,
      attributes: { text: 'a"\n', count: 2, ratio: 0.5, yes: true },
      error: 'http_status',
    };
    expect(JSON.parse(otlpBody({ 'service.name': 'switchhook' }, [span]))).toEqual({
      resourceSpans: [
        {
          resource: { attributes: [{ key: 'service.name', value: { stringValue: 'switchhook' } }] },
          scopeSpans: [
            {
              scope: { name: 'switchhook' },
              spans: [
                {
                  traceId: '0f8fad5bd9cb469fa16570867728950e',
                  spanId: '00000000000000a1',
                  flags: 1,
                  name: 'x',
                  kind: 3,
                  startTimeUnixNano: '1767225600000125000',
                  endTimeUnixNano: '1767225600001000000',
                  attributes: [
                    { key: 'text', value: { stringValue: 'a"\n' } },
                    { key: 'count', value: { intValue: '2' } },
                    { key: 'ratio', value: { doubleValue: 0.5 } },
                    { key: 'yes', value: { boolValue: true } },
                  ],
                  status: { code: 2, message: 'http_status' },
                },
              ],
            },
          ],
        },
      ],
    });
  });
});

const SPAN: Span = {
  traceId: '0'.repeat(31) + '1',
  spanId: '0000000000000001',
  name: 'x',
  kind: 'internal',
  startMs: 0,
  endMs: 1,
  attributes: {},
};

const TAKEN: WebhookVerdict = { kind: 'taken', detail: '', afterMs: 0, answered: true };
const LATER: WebhookVerdict = { kind: 'later', detail: 'http_status: 503', afterMs: 0, answered: true };
const REFUSED: WebhookVerdict = { kind: 'refused', detail: 'http_status: 400', afterMs: 0, answered: true };

/** An exporter whose collector says what the test says. */
function exporting(verdicts: (WebhookVerdict | 'never')[], options: Partial<ExporterOptions> = {}) {
  const bodies: string[] = [];
  const log: string[] = [];
  const asked: (() => void)[] = [];
  const exporter = new SpanExporter({
    send(_id, body) {
      bodies.push(body);
      for (const tell of asked.splice(0)) tell();
      const verdict = verdicts.shift() ?? TAKEN;
      let cancel = (): void => undefined;
      const result = new Promise<WebhookVerdict>((resolve) => {
        cancel = () => resolve({ ...LATER, detail: 'call_gone', answered: false });
        if (verdict !== 'never') resolve(verdict);
      });
      return { result, cancel: () => cancel() };
    },
    encode: (spans) => String(spans.length),
    log: {
      info: (_fields, message) => log.push(message),
      warn: (_fields, message) => log.push(message),
    },
    delayMs: 1,
    retryDelayMs: 1,
    ...options,
  });
  const sent = async (count: number): Promise<void> => {
    while (bodies.length < count) await new Promise<void>((resolve) => asked.push(resolve));
  };
  return { exporter, bodies, log, sent };
}

describe('the exporter', () => {
  it('sends what has gathered, in batches', async () => {
    const { exporter, bodies } = exporting([], { batchSize: 3 });
    for (let at = 0; at < 7; at += 1) exporter.add(SPAN);
    await exporter.close(1000);
    expect(bodies).toEqual(['3', '3', '1']);
    expect(exporter.counts).toEqual({ sent: 7, dropped: 0 });
  });

  it('sends a few spans by itself after a while', async () => {
    const { exporter, sent, bodies } = exporting([]);
    exporter.add(SPAN);
    await sent(1);
    expect(bodies).toEqual(['1']);
    await exporter.close(1000);
  });

  it('tries again what the collector did not take, tells it once, and that it is over', async () => {
    const { exporter, sent, log } = exporting([LATER, LATER, TAKEN]);
    exporter.add(SPAN);
    await sent(3);
    await exporter.close(1000);
    expect(exporter.counts).toEqual({ sent: 1, dropped: 0 });
    expect(log).toEqual(['spans not taken by the collector', 'the collector takes spans again']);
  });

  it('gives up a batch that is refused, or failed too often, and goes on with the next', async () => {
    const { exporter, sent } = exporting([REFUSED, LATER, LATER, LATER, LATER, LATER, TAKEN], {
      batchSize: 1,
    });
    for (let at = 0; at < 3; at += 1) exporter.add(SPAN);
    await sent(7);
    await exporter.close(1000);
    expect(exporter.counts).toEqual({ sent: 1, dropped: 2 });
  });

  it('holds no more than it may while the collector is slow', async () => {
    const { exporter, sent } = exporting(['never'], { maxWaiting: 10, batchSize: 5 });
    for (let at = 0; at < 5; at += 1) exporter.add(SPAN);
    await sent(1);
    for (let at = 0; at < 1000; at += 1) exporter.add(SPAN);
    expect(exporter.counts).toEqual({ sent: 0, dropped: 990 });
    await exporter.close(1);
    expect(exporter.counts).toEqual({ sent: 0, dropped: 1005 });
  });
});
