import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { HttpSink } from '../../../src/records/http-sink.js';
import { recordsConfigSchema } from '../../../src/records/settings.js';
import { Spool } from '../../../src/records/spool.js';
import { eventually } from '../../support/eventually.js';
import { folder } from '../functions/world.js';
import { closedPort, httpApp } from '../source/curl/world.js';

const SECRET = Buffer.alloc(32, 1).toString('base64');
const id = (n: number): string => `rec_${String(n).padStart(32, '0')}`;
const ok = (_request: unknown, response: { end: () => unknown }): void => void response.end();

function sinkTo(url: string, at: string, more: object = {}): HttpSink {
  const { http } = recordsConfigSchema.parse({
    http: { url, retry_delay_ms: 1, retry_max_delay_ms: 20, ...more },
  });
  if (http === undefined) throw new Error('no sink');
  return new HttpSink({
    settings: http,
    egress: { allowed_addresses: [], denied_addresses: [] },
    spool: new Spool(at, 1e6, undefined),
  });
}

const spooled = (at: string): string[] => readdirSync(at).filter((name) => name.endsWith('.json'));

describe('records over HTTP', () => {
  it('are sent once, signed, with their id', async () => {
    const app = await httpApp(ok);
    const at = folder();
    const sink = sinkTo(`${app.origin}/records`, at, {
      signing_secrets: [SECRET],
      headers: { 'X-Key': 'k' },
    });
    await sink.add(id(1), '{"a":1}');
    await sink.empty();
    expect(app.seen).toMatchObject([
      { method: 'POST', url: '/records', body: '{"a":1}', headers: { 'webhook-id': id(1), 'x-key': 'k' } },
    ]);
    const [seen] = app.seen;
    expect(() =>
      new Webhook(SECRET).verify(seen?.body ?? '', seen?.headers as Record<string, string>),
    ).not.toThrow();
    expect(spooled(at)).toEqual([]);
    await sink.close();
  });

  it.each([500, 503, 429, 401, 404])('are sent again after %i, with the same id', async (status) => {
    const app = await httpApp(
      (_request, response, count) => void response.writeHead(count < 4 ? status : 202).end(),
    );
    const sink = sinkTo(app.origin, folder());
    await sink.add(id(1), '{}');
    await sink.empty();
    expect(app.seen.map(({ headers }) => headers['webhook-id'])).toEqual([id(1), id(1), id(1), id(1)]);
    await sink.close();
  });

  it.each([400, 413, 422])('are put aside after %i, and the others go on', async (status) => {
    const app = await httpApp(
      (_request, response, count) => void response.writeHead(count === 1 ? status : 200).end(),
    );
    const at = folder();
    const sink = sinkTo(app.origin, at, { connections: 1 });
    await sink.add(id(1), '{"bad":1}');
    await sink.add(id(2), '{}');
    await sink.empty();
    expect(spooled(at)).toEqual([]);
    expect(readdirSync(join(at, 'refused'))).toEqual([`${id(1)}.json`]);
    await sink.close();
  });

  it('wait on disk while the receiver is away, and one of them tries', async () => {
    let away = true;
    let tries = 0;
    const app = await httpApp((_request, response) => {
      tries += 1;
      response.writeHead(away ? 503 : 200).end();
    });
    const at = folder();
    const sink = sinkTo(app.origin, at, { connections: 1 });
    for (let n = 0; n < 5; n += 1) await sink.add(id(n), `{"n":${n}}`);
    await eventually('some tries', () => (tries > 3 ? true : undefined));
    expect(spooled(at)).toHaveLength(5);
    expect(new Set(app.seen.map(({ body }) => body))).toEqual(new Set(['{"n":0}']));
    away = false;
    await sink.empty();
    const taken = app.seen.slice(-5).map(({ body }) => body);
    expect(taken).toEqual(['{"n":0}', '{"n":1}', '{"n":2}', '{"n":3}', '{"n":4}']);
    await sink.close();
  });

  it('survive the daemon', async () => {
    const at = folder();
    const first = sinkTo(`http://127.0.0.1:${await closedPort()}/`, at);
    await first.add(id(1), '{"a":1}');
    await first.close();
    expect(spooled(at)).toHaveLength(1);
    const app = await httpApp(ok);
    const second = sinkTo(app.origin, at);
    await second.adopt();
    await second.empty();
    expect(app.seen).toMatchObject([{ body: '{"a":1}', headers: { 'webhook-id': id(1) } }]);
    await second.close();
  });

  it('are given up, the oldest first, when too many wait', async () => {
    const at = folder();
    const lost: object[] = [];
    const log = {
      info: () => undefined,
      warn: () => undefined,
      error: (fields: object) => lost.push(fields),
    };
    const spool = new Spool(at, 250, log);
    for (let n = 0; n < 5; n += 1) await spool.add(id(n), 'x'.repeat(100), 1000 + n);
    expect((await spool.list()).map((one) => one.id)).toEqual([id(3), id(4)]);
    expect(lost).toMatchObject([{ record_id: id(0) }, { record_id: id(1) }, { record_id: id(2) }]);
  });

  it('do not hang with a receiver that does', async () => {
    let count = 0;
    const app = await httpApp((_request, response) => {
      count += 1;
      if (count > 1) response.end();
    });
    const sink = sinkTo(app.origin, folder(), { timeout_ms: 100 });
    await sink.add(id(1), '{}');
    await sink.empty();
    expect(app.seen).toHaveLength(2);
    await sink.close();
  });

  it('that a full disk does not take wait for one that tries', async () => {
    vi.useFakeTimers();
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const { http } = recordsConfigSchema.parse({ http: { url: 'http://127.0.0.1:1/' } });
    if (http === undefined) throw new Error('no sink');
    const spool = new Spool(folder(), 1e6, undefined);
    const add = vi.spyOn(spool, 'add');
    add.mockImplementation(() => Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' })));
    const egress = { allowed_addresses: [], denied_addresses: [] };
    const sink = new HttpSink({ settings: http, egress, spool });
    const added = Array.from({ length: 50 }, (_, n) => sink.add(id(n), '{}'));
    await vi.advanceTimersByTimeAsync(0);
    const first = add.mock.calls.length;
    await vi.advanceTimersByTimeAsync(5500);
    expect(add.mock.calls.length - first).toBe(5);
    add.mockImplementation((one) => Promise.resolve({ id: one, path: '' }));
    await vi.advanceTimersByTimeAsync(1000);
    expect(await Promise.all(added)).toEqual(added.map(() => true));
    await sink.close();
  });

  it('are given up when the daemon ends and the disk takes none', async () => {
    const { http } = recordsConfigSchema.parse({ http: { url: 'http://127.0.0.1:1/' } });
    if (http === undefined) throw new Error('no sink');
    const spool = new Spool(folder(), 1e6, undefined);
    const full = Object.assign(new Error('full'), { code: 'ENOSPC' });
    const add = vi.spyOn(spool, 'add').mockImplementation(() => Promise.reject(full));
    const egress = { allowed_addresses: [], denied_addresses: [] };
    const sink = new HttpSink({ settings: http, egress, spool });
    const added = Array.from({ length: 5 }, (_, n) => sink.add(id(n), '{}'));
    await vi.waitFor(() => expect(add.mock.calls.length).toBeGreaterThan(0));
    sink.giveUp();
    expect(await Promise.all(added)).toEqual(added.map(() => false));
    await sink.close();
  });
});
