import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { evaluate, parseScrape } from '../../support/promql.js';
import type { Range, Scrape } from '../../support/promql.js';
import { MonitoredWorld } from './monitored-world.js';

const panelSchema = z.looseObject({
  type: z.string(),
  title: z.string(),
  gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
  targets: z.array(z.looseObject({ expr: z.string(), legendFormat: z.string() })).default([]),
});
const path = join(import.meta.dirname, '../../../docs/grafana/switchhook.json');
const { panels } = z
  .looseObject({ panels: z.array(panelSchema) })
  .parse(JSON.parse(readFileSync(path, 'utf8')));

let world: MonitoredWorld;
let range: Range;

/** Something that is not FreeSWITCH. */
async function garbage(host: string): Promise<void> {
  const [name = '', port] = host.split(':');
  const socket = connect(Number(port), name);
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(10_000));
  socket.on('error', () => undefined).resume();
  await new Promise((resolve) => socket.once('close', resolve));
}

async function scraped(...signs: string[]): Promise<Scrape> {
  const text = await world.metrics((now) => signs.every((sign) => now.includes(sign)));
  return parseScrape(text, { job: 'switchhook', instance: 'ivr-1:8085' });
}

beforeAll(async () => {
  world = await MonitoredWorld.start();
  const healthz = 'switchhook_http_requests_total{route="/healthz",method="GET",status="200"}';
  const all = async (): Promise<void> => {
    await world.allKinds();
    await garbage(world.daemon.host);
    await fetch(`${world.daemon.httpOrigin}/healthz`);
  };
  await all();
  const before = await scraped(
    `${healthz} 1\n`,
    'switchhook_calls_taken_total 5\n',
    'switchhook_event_socket_drops_total{',
    'switchhook_switch_round_trip_seconds{',
  );
  await all();
  const after = await scraped(`${healthz} 2\n`, 'switchhook_calls_taken_total 10\n');
  range = { before, after, seconds: 30 };
});
afterAll(() => world.stop());

const queries = panels.flatMap(({ title, targets }) =>
  targets.map(({ expr, legendFormat }) => ({ title, expr, legend: legendFormat })),
);

describe('the dashboard', () => {
  it.each(queries)('$title: $expr', ({ expr, legend }) => {
    const query = expr.replaceAll('$__rate_interval', '5m').replaceAll('"$instance"', '".*"');
    const value = evaluate(query, range);
    if (typeof value === 'number') throw new Error('a number is no panel');
    // A quantile of nothing is NaN: between the two scrapes, not every endpoint was asked.
    expect(value.filter((sample) => Number.isFinite(sample.value))).not.toEqual([]);
    // The legend names labels that the query leaves.
    for (const [, label = ''] of legend.matchAll(/\{\{(\w+)\}\}/g))
      for (const sample of value) expect(Object.keys(sample.labels)).toContain(label);
  });

  it('shows every metric of the daemon', () => {
    const text = queries.map(({ expr }) => expr).join('\n');
    const names = [...range.after.keys()]
      .map((name) => name.replace(/_(bucket|sum|count)$/, ''))
      .filter((name) => name.startsWith('switchhook_') && name !== 'switchhook_info');
    expect([...new Set(names)].filter((name) => !text.includes(name))).toEqual([]);
  });

  it('has panels that do not lie on each other', () => {
    const taken = new Map<string, string>();
    for (const { title, gridPos } of panels) {
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          const cell = `${x}/${y}`;
          expect(taken.get(cell), `${title} lies on ${taken.get(cell) ?? ''}`).toBeUndefined();
          taken.set(cell, title);
        }
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
    }
  });
});
