import { describe, expect, it } from 'vitest';
import { answers, ask, clientWith, httpApp, oncePerConnection, outcomeOf } from './world.js';

const LIST = [{ application: 'answer' }];

const FIRST = { tries: 1, connections: 1, breaker: { failures: 1 } };

describe.each(['end', 'reset'] as const)('a kept connection that the app closes (%s)', (how) => {
  it('is not a failure of the app: a GET is made again, over another', async () => {
    const app = await httpApp(oncePerConnection(how, answers(LIST)));
    const client = clientWith({ defaults: FIRST });
    expect(outcomeOf((await ask(client, app.origin)).answer)).toBe('ok');
    const { answer, attempts } = await ask(client, app.origin);
    expect(outcomeOf(answer)).toBe('ok');
    expect(attempts.map(({ code }) => code)).toEqual(['connect_refused', undefined]);
    expect(attempts[0]?.detail).toContain('one that was kept');
  });

  it('has a POST made again only within its tries, and opens no circuit', async () => {
    const app = await httpApp(oncePerConnection(how, answers(LIST)));
    const endpoints = { app: { url: app.origin, method: 'POST' as const } };
    const client = clientWith({ defaults: FIRST, endpoints });
    expect(outcomeOf((await ask(client, 'app')).answer)).toBe('ok');
    expect(outcomeOf((await ask(client, 'app')).answer)).toBe('connect_refused');
    expect(outcomeOf((await ask(client, 'app')).answer)).toBe('ok');
    const again = clientWith({ defaults: { ...FIRST, tries: 2, retry_delay_ms: 5000 }, endpoints });
    expect(outcomeOf((await ask(again, 'app')).answer)).toBe('ok');
    const { answer, attempts } = await ask(again, 'app');
    expect(outcomeOf(answer)).toBe('ok');
    expect(attempts).toHaveLength(2);
  });
});

describe('a kept connection that the app closes in the middle of an answer', () => {
  it('is a failure of the app', async () => {
    const app = await httpApp((request, response, count) => {
      if (count === 1) answers(LIST)(request, response, count);
      else request.socket.end('HTTP/1.1 200 O');
    });
    const client = clientWith({ defaults: FIRST });
    expect(outcomeOf((await ask(client, app.origin)).answer)).toBe('ok');
    const { answer, attempts } = await ask(client, app.origin);
    expect(outcomeOf(answer)).toBe('connect_refused');
    expect(attempts).toHaveLength(1);
    expect(outcomeOf((await ask(client, app.origin)).answer)).toBe('circuit_open');
  });
});

describe('a new connection that the app closes', () => {
  it('is a failure of the app', async () => {
    const app = await httpApp((request) => request.socket.end());
    const client = clientWith({ defaults: FIRST });
    const { answer, attempts } = await ask(client, app.origin);
    expect(outcomeOf(answer)).toBe('connect_refused');
    expect(attempts).toHaveLength(1);
    expect(outcomeOf((await ask(client, app.origin)).answer)).toBe('circuit_open');
  });

  it('is one also where others have answered, and GETs are not made again for ever', async () => {
    let isUp = true;
    const app = await httpApp((request, response, count) => {
      if (isUp) answers(LIST)(request, response, count);
      else request.socket.end();
    });
    const client = clientWith({ defaults: { ...FIRST, connections: 4 } });
    const asked = await Promise.all([1, 2, 3, 4].map(() => ask(client, app.origin)));
    expect(asked.map(({ answer }) => outcomeOf(answer))).toEqual(['ok', 'ok', 'ok', 'ok']);
    isUp = false;
    const { answer, attempts } = await ask(client, app.origin);
    expect(outcomeOf(answer)).toBe('connect_refused');
    expect(attempts.length).toBeLessThanOrEqual(3);
    await expect.poll(async () => outcomeOf((await ask(client, app.origin)).answer)).toBe('circuit_open');
  });
});
