import { describe, expect, it } from 'vitest';
import { planReload } from '../../../src/config/reload.js';
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
    [{ http: { port: 9 } }, 'http.port'],
    [{ log: { format: 'pretty' } }, 'log.format'],
    [{ audit_log: { file: '/x' } }, 'audit_log.file'],
    [{ switches: { main: { host: '127.0.0.1', password: 'secret-of-it' } } }, 'switches.main'],
  ])('is refused as a whole when a part needs a restart: %j', (written, path) => {
    const error = (): unknown => planReload(config(), config({ ...written, limits: { calls: 7 } }));
    expect(error).toThrow(expect.objectContaining({ code: 'restart_needed', detail: path }));
  });
});
