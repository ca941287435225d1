import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseScrape } from '../../support/promql.js';
import type { Scrape } from '../../support/promql.js';
import { MonitoredWorld } from './monitored-world.js';

let world: MonitoredWorld;
let scrape: Scrape;
let text: string;

beforeAll(async () => {
  world = await MonitoredWorld.start();
  await world.allKinds();
  text = await world.metrics(
    (now) =>
      now.includes('switchhook_calls_taken_total 5\n') &&
      now.includes('switchhook_switch_round_trip_seconds{'),
  );
  scrape = parseScrape(text);
});
afterAll(() => world.stop());

/** Label values and values of a series, as `{"result":"done"} 2`. */
function series(name: string, ...labels: string[]): string[] {
  return (scrape.get(name) ?? [])
    .map((sample) => [...labels.map((label) => sample.labels[label] ?? ''), sample.value].join(' '))
    .sort();
}

describe('the metrics of a daemon', () => {
  it('count calls by result and failures by code', () => {
    expect(series('switchhook_calls_total', 'result')).toEqual([
      'done 3',
      'failed 2',
      'hung_up 0',
      'interrupted 0',
      'lost 0',
      'moved 0',
    ]);
    expect(series('switchhook_call_failures_total', 'code')).toEqual(['action_refused 1', 'http_status 1']);
    expect(series('switchhook_calls_taken_total')).toEqual(['5']);
    expect(series('switchhook_calls_active')).toEqual(['0']);
    expect(series('switchhook_call_duration_seconds_count')).toEqual(['5']);
  });

  it('count actions by application and outcome, and give no name to what an app made up', () => {
    const actions = series('switchhook_actions_total', 'application', 'outcome');
    expect(actions).toContain('playback ok 1');
    expect(actions).toContain('answer ok 3');
    expect(actions).toContain('bridge failed 1');
    // `system` and a name that nobody knows: neither is in the catalogue.
    expect(actions).toContain('other refused 2');
    expect(text).not.toContain('no_such_thing');
    expect(series('switchhook_action_duration_seconds_count', 'application')).toContain('playback 1');
    expect(series('switchhook_policy_refusals_total', 'rule')).toEqual(['application 2']);
  });

  it('count tries of apps and of functions, retries apart from first ones', () => {
    expect(series('switchhook_app_requests_total', 'endpoint', 'try', 'code', 'status')).toEqual([
      'down again connect_refused  2',
      'down first connect_refused  1',
      'flaky again ok 2xx 1',
      'flaky first http_status 5xx 1',
      'menu first ok 2xx 1',
      'missing first http_status 4xx 1',
    ]);
    expect(series('switchhook_app_request_duration_seconds_count', 'endpoint')).toContain('flaky 2');
    expect(series('switchhook_fallback_answers_total', 'code')).toEqual(['connect_refused 1']);
    expect(series('switchhook_function_requests_total', 'function', 'code', 'status')).toEqual([
      'lookup ok 2xx 1',
    ]);
    expect(series('switchhook_function_invocations_total', 'function', 'code')).toEqual(['lookup ok 1']);
  });

  it('tell what is out of reach: circuits, switches', () => {
    const open = series('switchhook_circuit_open', 'kind', 'peer').filter((one) => one.endsWith(' 1'));
    expect(open).toHaveLength(1);
    expect(open[0]).toMatch(/^app http:\/\/127\.0\.0\.1:\d+ 1$/);
    expect(series('switchhook_circuit_open', 'kind', 'peer')).toContain('app other 0');
    expect(series('switchhook_circuit_open', 'kind', 'peer')).toContain('function lookup 0');
    expect(series('switchhook_switch_connected', 'switch')).toEqual(['main 1']);
    expect(series('switchhook_switch_reconnects_total', 'switch')).toEqual(['main 0']);
    expect(series('switchhook_switch_round_trip_seconds', 'switch')).toHaveLength(1);
  });

  it('tell how the process is', () => {
    for (const name of [
      'process_cpu_seconds_total',
      'process_resident_memory_bytes',
      'process_start_time_seconds',
      'nodejs_heap_size_used_bytes',
      'switchhook_event_loop_lag_seconds_count',
    ])
      expect(scrape.get(name)?.[0]?.value, name).toBeGreaterThan(0);
    expect(series('switchhook_health', 'state')).toEqual(['degraded 0', 'down 0', 'draining 0', 'ok 1']);
    expect(series('switchhook_info', 'version')[0]).toMatch(/^\d+\.\d+\.\d+\S* 1$/);
  });

  it('know requests by their declared route, never by their path', async () => {
    await fetch(`${world.daemon.httpOrigin}/v1/calls/some-uuid?secret=1`);
    await fetch(`${world.daemon.httpOrigin}/made/up`);
    const now = await world.metrics((one) => one.includes('route="/v1/calls/:uuid"'));
    expect(now).toContain(
      'switchhook_http_requests_total{route="/v1/calls/:uuid",method="GET",status="400"} 1',
    );
    expect(now).toContain('switchhook_http_requests_total{route="",method="GET",status="404"} 1');
    expect(now).not.toMatch(/some-uuid|made\/up/);
  });
});
