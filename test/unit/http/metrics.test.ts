import { afterEach, describe, expect, it } from 'vitest';
import { Access } from '../../../src/http/access.js';
import { createHttpApp } from '../../../src/http/app.js';
import type { HttpAnswer } from '../../../src/telemetry/metrics.js';

const TOKEN = 'viewer-token-0123456789abcdef';
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

interface Rendered {
  readonly app: ReturnType<typeof createHttpApp>;
  readonly answers: HttpAnswer[];
  readonly renders: () => number;
}

function appWith(access?: Access): Rendered {
  let renders = 0;
  const answers: HttpAnswer[] = [];
  const page = {
    contentType: 'text/plain; version=0.0.4; charset=utf-8',
    render: () => Promise.resolve(`renders ${(renders += 1)}\n`),
  };
  const app = createHttpApp({
    health: () => ({ state: 'ok', calls: 0, reasons: [] }),
    metrics: { page, ...(access === undefined ? {} : { access }) },
    onAnswer: (answer) => answers.push(answer),
  });
  ends.push(() => app.close());
  return { app, answers, renders: () => renders };
}

describe('/metrics', () => {
  const withToken = (): Access => new Access([{ name: 'prometheus', role: 'viewer', token: TOKEN }]);

  it('wants a token of any role where tokens are configured', async () => {
    const { app, renders } = appWith(withToken());
    const without = await app.inject({ url: '/metrics' });
    expect(without.statusCode).toBe(401);
    expect(without.headers['www-authenticate']).toBe('Bearer');
    expect(without.json()).toMatchObject({ error: { code: 'unauthorized' } });
    const wrong = await app.inject({ url: '/metrics', headers: { authorization: `Bearer ${TOKEN}x` } });
    expect(wrong.statusCode).toBe(401);
    expect(renders()).toBe(0);
    const answer = await app.inject({ url: '/metrics', headers: { authorization: `Bearer ${TOKEN}` } });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.body).toBe('renders 1\n');
  });

  it('answers this machine alone where there are none, and no page of another origin', async () => {
    const { app } = appWith(new Access([]));
    const ask = async (headers: Record<string, string>, remoteAddress = '127.0.0.1'): Promise<number> =>
      (await app.inject({ url: '/metrics', headers: { host: 'localhost', ...headers }, remoteAddress }))
        .statusCode;
    expect(await ask({})).toBe(200);
    expect(await ask({}, '10.0.0.9')).toBe(403);
    expect(await ask({ origin: 'https://evil.example' })).toBe(403);
    expect(await ask({ host: 'evil.example' })).toBe(403);
  });

  it('is open where that is asked for', async () => {
    const { app } = appWith();
    expect((await app.inject({ url: '/metrics', remoteAddress: '10.0.0.9' })).statusCode).toBe(200);
  });

  it('is made once for many who ask at the same time', async () => {
    const { app, renders } = appWith();
    const answers = await Promise.all(Array.from({ length: 50 }, () => app.inject({ url: '/metrics' })));
    expect(new Set(answers.map(({ body }) => body))).toEqual(new Set(['renders 1\n']));
    expect(renders()).toBe(1);
  });

  it('is not there where metrics are off', async () => {
    const app = createHttpApp({ health: () => ({ state: 'ok', calls: 0, reasons: [] }) });
    ends.push(() => app.close());
    expect((await app.inject({ url: '/metrics' })).statusCode).toBe(404);
  });

  it('is told of as the route that it is, like every other', async () => {
    const { app, answers } = appWith();
    await app.inject({ url: '/healthz?x=1' });
    await app.inject({ url: '/metrics' });
    await app.inject({ url: '/nowhere', method: 'DELETE' });
    expect(answers.map(({ route, method, status }) => [route, method, status])).toEqual([
      ['/healthz', 'GET', 200],
      ['/metrics', 'GET', 200],
      ['', 'DELETE', 404],
    ]);
  });
});
