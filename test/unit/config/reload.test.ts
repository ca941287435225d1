import { describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { planReload, RELOADABLE, reloadWarnings } from '../../../src/config/reload.js';
import { configSchema } from '../../../src/config/schema.js';
import type { Config } from '../../../src/config/schema.js';

const config = (written: object = {}): Config => configSchema.parse(written);
const token = (name: string, value: string): object => ({ name, role: 'admin', token: value });

describe('what a reload changes', () => {
  it('is nothing when nothing has changed', () => {
    expect(planReload(config(), config())).toEqual([]);
  });

  it('is told value by value, with what was there before', () => {
    const before = config({
      endpoints: { a: { url: 'https://a.example/' }, b: { url: 'https://b.example/' } },
    });
    const after = config({
      endpoints: { a: { url: 'https://c.example/' } },
      limits: { calls: 7 },
      log: { level: 'debug' },
    });
    const changes = planReload(before, after);
    expect(changes).toContainEqual({
      path: 'endpoints.a.url',
      before: 'https://a.example/',
      after: 'https://c.example/',
    });
    expect(changes).toContainEqual({ path: 'limits.calls', before: 2000, after: 7 });
    expect(changes).toContainEqual({ path: 'log.level', before: 'info', after: 'debug' });
    const gone = changes.find(({ path }) => path === 'endpoints.b');
    expect(gone).toMatchObject({ before: { url: 'https://b.example/' } });
    expect(gone).not.toHaveProperty('after');
  });

  it('shows that a secret is another, not which', () => {
    const before = config({ http: { tokens: [token('a', 'a'.repeat(30)), token('b', 'b'.repeat(30))] } });
    const after = config({ http: { tokens: [token('a', 'c'.repeat(30))] } });
    const changes = planReload(before, after);
    expect(changes.map(({ path }) => path)).toEqual(['http.tokens[0].token', 'http.tokens[1]']);
    expect(JSON.stringify(changes)).not.toMatch(/aaa|bbb|ccc/);
  });

  it.each([
    [{ listen: { port: 9 } }, 'listen.port'],
    [{ listen: { host: '127.0.0.2' } }, 'listen.host'],
    [{ http: { port: 9 } }, 'http.port'],
    [{ http: { rate_limit: { per_minute: 9 } } }, 'http.rate_limit.per_minute'],
    [{ http: { events: { buffer: 900 } } }, 'http.events.buffer'],
    [{ log: { format: 'pretty' } }, 'log.format'],
    [{ log: { show_digits: true } }, 'log.show_digits'],
    [{ instance: 'another' }, 'instance'],
    [{ audit_log: { file: '/x' } }, 'audit_log.file'],
    [{ metrics: { enabled: false } }, 'metrics.enabled'],
    [{ traces: { endpoint: 'https://otel.example/v1/traces' } }, 'traces.endpoint'],
    [{ records: { file: '/x' } }, 'records.file'],
    [{ callbacks: { receivers: { crm: { url: 'https://crm.example/' } } } }, 'callbacks.receivers.crm'],
    [{ switches: { main: { host: '127.0.0.1', password: 'secret-of-it' } } }, 'switches.main'],
  ])('is refused as a whole when a part needs a restart: %j', (written, path) => {
    const error = (): unknown => planReload(config(), config({ ...written, limits: { calls: 7 } }));
    expect(error).toThrow(expect.objectContaining({ code: 'restart_needed', detail: path }));
  });

  it('is refused with every part that needs a restart, by name', () => {
    const after = config({
      metrics: { enabled: false },
      instance: 'b',
      log: { format: 'pretty', level: 'debug' },
    });
    expect(() => planReload(config(), after)).toThrow(
      expect.objectContaining({ detail: 'metrics.enabled, log.format, instance' }),
    );
  });

  it('says where new egress rules are not in force yet', () => {
    const egress = { allowed_origins: ['https://a.example'] };
    const senders = {
      callbacks: { folder: '/x', receivers: { crm: { url: 'https://crm.example/' } } },
      records: { http: { url: 'https://records.example/' }, state_folder: '/y' },
      traces: { endpoint: 'https://otel.example/v1/traces' },
    };
    const warnings = (more: object): string[] => {
      const after = config({ ...more, egress });
      return reloadWarnings(after, planReload(config(more), after));
    };
    expect(warnings({})).toEqual([]);
    expect(warnings(senders)).toEqual([
      expect.stringContaining('callbacks, records.http, traces keep the old rules until a restart'),
    ]);
    expect(reloadWarnings(config(senders), [])).toEqual([]);
  });
});

describe('docs/guide/reloading.md', () => {
  const page = readFileSync(new URL('../../../docs/guide/reloading.md', import.meta.url), 'utf8');
  const names = (begin: string, end: string): string[] => {
    const part = page.slice(page.indexOf(begin), page.indexOf(end, page.indexOf(begin)));
    return Array.from(part.matchAll(/`([a-z_.]+)`/g), ([, name = '']) => name);
  };

  it('names what is taken over', () => {
    expect(names('Taken over while running', '. Everything else').sort()).toEqual([...RELOADABLE].sort());
  });

  it('names everything else', () => {
    const said = [...RELOADABLE, ...names('So `listen`', 'need a restart')];
    const keys = Object.entries(config()).flatMap(([key, value]) =>
      key === 'http' || key === 'log' ? Object.keys(value as object).map((below) => `${key}.${below}`) : key,
    );
    for (const key of [...keys, 'instance', 'audit_log'])
      expect(
        said.some((name) => name === key || name.startsWith(`${key}.`)),
        key,
      ).toBe(true);
  });
});
