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

  it('goes on with the trace of whoever asks it over HTTP', async () => {
    const world = await started({ actions: { entries: { look: { flow: 'look-up' } } } });
    const ask = (path: string, traceId: string, flags = '01'): Promise<Response> =>
      fetch(`${world.daemon.httpOrigin}${path}`, {
        headers: { traceparent: `00-${traceId}-00000000000000ab-${flags}` },
      });
    const [api, served, unrecorded] = ['a1', 'a2', 'a3'].map((one) => one.repeat(16));
    expect((await ask('/v1/calls/nothing-like-it', api ?? '')).status).toBe(404);
    expect((await ask('/v1/actions/look?uuid=call-1', served ?? '')).status).toBe(200);
    expect((await ask('/v1/actions/look?uuid=call-2', unrecorded ?? '', '00')).status).toBe(200);
    const spans = await eventually('the spans of both requests', () => {
      const bodies = world.collector.requests.map(({ body }) => bodySchema.parse(JSON.parse(body)));
      const all = bodies.flatMap(({ resourceSpans }) =>
        resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)),
      );
      return all.length >= 3 ? all : undefined;
    });
    expect(spans.map(({ name, traceId }) => [name, traceId]).sort()).toEqual([
      ['GET /v1/actions/:entry', served],
      ['GET /v1/calls/:uuid', api],
      ['function lookup', served],
    ]);
    const named = (name: string): (typeof spans)[number] | undefined =>
      spans.find((span) => span.name === name);
    expect(named('GET /v1/calls/:uuid')).toMatchObject({
      parentSpanId: '00000000000000ab',
      attributes: expect.arrayContaining([
        { key: 'http.response.status_code', value: { intValue: '404' } },
        { key: 'switchhook.call.uuid', value: { stringValue: 'nothing-like-it' } },
      ]) as unknown,
    });
    const server = named('GET /v1/actions/:entry');
    const lookup = named('function lookup');
    expect(server?.parentSpanId).toBe('00000000000000ab');
    expect(lookup?.parentSpanId).toBe(server?.spanId);
    expect(world.lookup.requests.map(({ headers }) => headers['traceparent'])).toEqual([
      `00-${served}-${lookup?.spanId}-01`,
      expect.stringMatching(new RegExp(`^00-${unrecorded}-[0-9a-f]{16}-00$`)),
    ]);
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
