import { afterEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { traceIdOf } from '../../../src/http-client/trace-context.js';
import { eventually } from '../../support/eventually.js';
import type { Settings } from '../../support/test-daemon.js';
import { MonitoredWorld } from './monitored-world.js';

const loaded = vi.hoisted(() => ({ times: 0 }));
vi.mock('../../../src/telemetry/traces/start.js', async (original) => {
  loaded.times += 1;
  return original();
});

const bodySchema = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: z.array(z.object({ key: z.string(), value: z.unknown() })) }),
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              traceId: z.string().regex(/^[0-9a-f]{32}$/),
              spanId: z.string().regex(/^[0-9a-f]{16}$/),
              parentSpanId: z.string().optional(),
              name: z.string(),
              startTimeUnixNano: z.string().regex(/^\d{19}$/),
              endTimeUnixNano: z.string().regex(/^\d{19}$/),
              attributes: z.array(z.object({ key: z.string(), value: z.unknown() })),
            }),
          ),
        }),
      ),
    }),
  ),
});

const worlds: MonitoredWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.stop();
});

async function started(settings?: Settings): Promise<MonitoredWorld> {
  const world = await MonitoredWorld.start(settings);
  worlds.push(world);
  return world;
}

/** This one is first: what was loaded once stays. */
describe('a daemon without a collector', () => {
  it('does not load what makes spans, and tells peers what it always told them', async () => {
    const world = await started({ traces: {} });
    await world.call('flaky');
    expect(loaded.times).toBe(0);
    expect(world.flaky.requests[0]?.headers['traceparent']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(await world.metrics()).not.toContain('switchhook_spans_total');
  });
});

describe('a daemon with a collector', () => {
  it('sends the spans of a call, of which peers know theirs by traceparent', async () => {
    const world = await started();
    const { uuid } = await world.call('flaky');
    const flow = await world.call('flow');
    const spans = await eventually('the spans of both calls', () => {
      const bodies = world.collector.requests.map(({ body }) => bodySchema.parse(JSON.parse(body)));
      const all = bodies.flatMap(({ resourceSpans }) =>
        resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)),
      );
      return all.filter(({ name }) => name === 'call').length === 2 ? all : undefined;
    });
    expect(world.collector.requests[0]?.headers['content-type']).toBe('application/json');
    const of = (call: string): typeof spans => spans.filter((span) => span.traceId === traceIdOf(call));
    expect(of(uuid).map(({ name }) => name)).toEqual([
      'app flaky',
      'app flaky',
      'source',
      'action answer',
      'call',
    ]);
    const sent = [...world.flaky.requests, ...world.lookup.requests].map(({ headers }) => {
      const [, traceId, spanId, flags] = String(headers['traceparent']).split('-');
      return { traceId, spanId, flags };
    });
    expect(sent).toHaveLength(3);
    for (const { traceId, spanId, flags } of sent) {
      expect(flags).toBe('01');
      expect(spans.find((span) => span.spanId === spanId)?.traceId).toBe(traceId);
    }
    const named = (name: string): (typeof spans)[number] | undefined =>
      of(flow.uuid).find((span) => span.name === name);
    expect(named('function lookup')?.parentSpanId).toBe(named('source')?.spanId);
    expect(named('source')?.parentSpanId).toBe(named('call')?.spanId);
    expect(await world.metrics((text) => text.includes('switchhook_spans_total{result="sent"} '))).toContain(
      'switchhook_spans_total{result="dropped"} 0',
    );
  });

  it('tells peers that a call is not recorded, and does not record it', async () => {
    const world = await started({ traces: { endpoint: 'http://127.0.0.1:1/v1/traces', sample_ratio: 0 } });
    await world.call('flaky');
    expect(world.flaky.requests[0]?.headers['traceparent']).toMatch(/-00$/);
    expect(await world.metrics()).toContain('switchhook_spans_total{result="sent"} 0');
  });

  it('serves calls when the collector is away, and stops without waiting for it for long', async () => {
    const world = await started({ traces: { endpoint: 'http://127.0.0.1:1/v1/traces' } });
    expect((await world.call('flaky')).result).toBe('done');
  });
});
