import { describe, expect, it } from 'vitest';
import { Webhook } from 'standardwebhooks';
import { answers, ask, clientWith, closedPort, httpApp, outcomeOf, tcpPeer } from './world.js';

const LIST = [{ application: 'answer' }];
const OPERATOR = [{ application: 'bridge', data: 'user/operator' }];

describe('further tries', () => {
  it('make up for a 500', async () => {
    const app = await httpApp((request, response, count) => {
      if (count === 1) response.writeHead(500).end('no');
      else answers(LIST)(request, response, count);
    });
    const { answer, attempts } = await ask(clientWith({ defaults: { tries: 3 } }), app.origin);
    expect(answer).toMatchObject({
      kind: 'actions',
      actions: [{ application: 'answer', data: '' }],
      final: true,
    });
    expect(attempts).toMatchObject([
      { attempt: 1, status: 500, code: 'http_status' },
      { attempt: 2, status: 200 },
    ]);
    expect(attempts[1]).not.toHaveProperty('code');
  });

  it('make up for a connection that is dropped, and one that stalls', async () => {
    let requests = 0;
    const peer = await tcpPeer((socket) => {
      socket.on('data', () => {
        requests += 1;
        if (requests === 1) socket.resetAndDestroy();
        if (requests === 3) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]');
      });
    });
    const { answer, attempts } = await ask(
      clientWith({ defaults: { tries: 3, try_timeout_ms: 800 } }),
      peer.origin,
    );
    expect(outcomeOf(answer)).toBe('done');
    expect(attempts.map(({ code }) => code)).toEqual(['connect_refused', 'response_timeout', undefined]);
  });

  it('are as many as allowed', async () => {
    const app = await httpApp((_request, response) => response.writeHead(503).end());
    const { answer, attempts } = await ask(clientWith({ defaults: { tries: 3 } }), app.origin);
    expect(outcomeOf(answer)).toBe('http_status');
    expect(attempts).toHaveLength(3);
    expect(app.seen).toHaveLength(3);
  });

  it.each([301, 400, 404])('are not made after %i', async (status) => {
    const app = await httpApp((_request, response) => response.writeHead(status).end());
    await ask(clientWith({ defaults: { tries: 3 } }), app.origin);
    expect(app.seen).toHaveLength(1);
  });

  it.each(['<html>', '{}'])('are not made after an answer that is no list: %s', async (text) => {
    const app = await httpApp(answers(text));
    await ask(clientWith({ defaults: { tries: 3 } }), app.origin);
    expect(app.seen).toHaveLength(1);
  });

  it('are not begun when their pause would go beyond the budget', async () => {
    const app = await httpApp((_request, response) => response.writeHead(500).end());
    const { answer } = await ask(
      clientWith({ defaults: { tries: 3, retry_delay_ms: 60_000, total_timeout_ms: 8000 } }),
      app.origin,
    );
    expect(answer).toMatchObject({ code: 'http_status', detail: 'HTTP 500; no time left for a further try' });
    expect(app.seen).toHaveLength(1);
  });

  it('keep their webhook-id and the trace, and have a span of their own', async () => {
    const secret = Buffer.alloc(32, 1).toString('base64');
    const app = await httpApp((request, response, count) => {
      if (count < 3) response.writeHead(500).end();
      else answers(LIST)(request, response, count);
    });
    const client = clientWith({
      defaults: { tries: 3 },
      endpoints: { ivr: { url: app.origin, method: 'POST', signing_secrets: [secret] } },
    });
    await ask(client, 'ivr');
    await ask(client, 'ivr');
    const header = (name: string): (string | string[] | undefined)[] =>
      app.seen.map(({ headers }) => headers[name]);
    const ids = header('webhook-id');
    expect(new Set(ids.slice(0, 3)).size).toBe(1);
    expect(ids[3]).not.toBe(ids[0]);
    const parents = header('traceparent').map((value) => String(value).split('-'));
    expect(new Set(parents.map((parts) => parts[1])).size).toBe(1);
    expect(new Set(parents.map((parts) => parts[2])).size).toBe(4);
    for (const { body, headers } of app.seen) {
      expect(() => new Webhook(secret).verify(body, headers as Record<string, string>)).not.toThrow();
    }
  });
});

describe('Retry-After', () => {
  it('in seconds is waited for', async () => {
    let firstMs = 0;
    let secondMs = 0;
    const app = await httpApp((request, response, count) => {
      if (count === 1) {
        firstMs = performance.now();
        response.writeHead(429, { 'retry-after': '1' }).end();
      } else {
        secondMs = performance.now();
        answers(LIST)(request, response, count);
      }
    });
    const { answer, attempts } = await ask(clientWith({ defaults: { tries: 2 } }), app.origin);
    expect(outcomeOf(answer)).toBe('ok');
    expect(attempts[0]).toMatchObject({
      status: 429,
      code: 'http_status',
      detail: 'HTTP 429, Retry-After 1 s',
    });
    expect(secondMs - firstMs).toBeGreaterThan(990);
  });

  it('as a date that has passed does not hold up', async () => {
    const app = await httpApp((request, response, count) => {
      if (count === 1) response.writeHead(429, { 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }).end();
      else answers(LIST)(request, response, count);
    });
    expect(outcomeOf((await ask(clientWith({ defaults: { tries: 2 } }), app.origin)).answer)).toBe('ok');
  });

  it.each(['60', new Date(Date.now() + 60_000).toUTCString()])(
    'of %s is beyond the budget',
    async (after) => {
      const app = await httpApp((_request, response) =>
        response.writeHead(429, { 'retry-after': after }).end(),
      );
      const { answer } = await ask(clientWith({ defaults: { tries: 3 } }), app.origin);
      expect(answer).toMatchObject({ code: 'http_status' });
      expect(answer.kind === 'failed' && answer.detail).toMatch(/^HTTP 429, Retry-After \d+ s; no time left/);
      expect(app.seen).toHaveLength(1);
    },
  );
});

describe('the fallback URL', () => {
  it('is told the code, in the query of a GET', async () => {
    const fallback = await httpApp(answers(LIST));
    const client = clientWith({
      endpoints: {
        ivr: {
          url: `http://127.0.0.1:${await closedPort()}/?n={destination_number}`,
          fallback_url: `${fallback.origin}/fallback?n={destination_number}`,
        },
        bare: { url: `http://127.0.0.1:${await closedPort()}/`, fallback_url: `${fallback.origin}/bare` },
      },
    });
    const { answer, attempts } = await ask(client, 'ivr');
    expect(answer).toMatchObject({ kind: 'actions', fallbackFor: 'connect_refused' });
    expect(answer.kind === 'actions' && answer.origin).toBe(
      `${fallback.origin}/fallback?n=&cti_error=connect_refused`,
    );
    expect(attempts.map(({ code }) => code)).toEqual(['connect_refused', undefined]);
    await ask(client, 'bare');
    expect(fallback.seen.map(({ url }) => url)).toEqual([
      '/fallback?n=&cti_error=connect_refused',
      '/bare?cti_error=connect_refused',
    ]);
  });

  it('is told the code, in the body of a POST', async () => {
    const app = await httpApp((_request, response) => response.writeHead(404).end());
    const fallback = await httpApp(answers(LIST));
    const client = clientWith({
      endpoints: { ivr: { url: app.origin, fallback_url: fallback.origin, method: 'POST' } },
    });
    await ask(client, 'ivr');
    expect(JSON.parse(fallback.seen[0]?.body ?? '')).toMatchObject({ cti_error: 'http_status' });
    expect(JSON.parse(app.seen[0]?.body ?? '')).not.toHaveProperty('cti_error');
    expect(fallback.seen[0]?.url).toBe('/');
  });

  it('has time left, even when the app used up all of its own', async () => {
    const app = await httpApp(() => undefined);
    const fallback = await httpApp(answers(LIST));
    const client = clientWith({
      defaults: { tries: 3, try_timeout_ms: 60_000, total_timeout_ms: 2000 },
      endpoints: { ivr: { url: app.origin, fallback_url: fallback.origin } },
    });
    const { answer } = await ask(client, 'ivr');
    expect(answer).toMatchObject({ kind: 'actions', fallbackFor: 'response_timeout' });
  });

  it('is asked while the circuit of the app is open', async () => {
    const app = await httpApp((_request, response) => response.writeHead(500).end());
    const fallback = await httpApp(answers(LIST));
    const client = clientWith({
      defaults: { breaker: { failures: 1, open_ms: 60_000 } },
      endpoints: { ivr: { url: app.origin, fallback_url: fallback.origin } },
    });
    expect((await ask(client, 'ivr')).answer).toMatchObject({ fallbackFor: 'http_status' });
    expect((await ask(client, 'ivr')).answer).toMatchObject({ fallbackFor: 'circuit_open' });
  });

  it('may answer that there is nothing to do', async () => {
    const fallback = await httpApp((_request, response) => response.writeHead(204).end());
    const client = clientWith({
      endpoints: { ivr: { url: `http://127.0.0.1:${await closedPort()}`, fallback_url: fallback.origin } },
    });
    expect((await ask(client, 'ivr')).answer).toEqual({ kind: 'done' });
  });
});

describe('the fallback actions', () => {
  it('run when nothing else is left, and say for what', async () => {
    const app = await httpApp(answers('<html>'));
    const client = clientWith({
      endpoints: {
        ivr: {
          url: app.origin,
          fallback_url: `http://127.0.0.1:${await closedPort()}/`,
          fallback_actions: OPERATOR,
          policy: 'strict',
        },
      },
    });
    const { answer, attempts } = await ask(client, 'ivr');
    expect(answer).toEqual({
      kind: 'actions',
      actions: [{ application: 'bridge', data: 'user/operator', onError: 'continue' }],
      policy: 'strict',
      origin: 'fallback_actions of ivr',
      fallbackFor: 'not_json',
      warnings: [],
      final: true,
    });
    expect(attempts.map(({ code }) => code)).toEqual(['not_json', 'connect_refused']);
  });

  it('run when a value of the call makes no URL', async () => {
    const client = clientWith({
      endpoints: { ivr: { url: 'http://127.0.0.1:1/{x}/y', fallback_actions: OPERATOR } },
    });
    const call = { uuid: 'x', get: () => '..' };
    expect((await ask(client, 'ivr', { call })).answer).toMatchObject({ fallbackFor: 'invalid_url' });
  });

  it('are missing: the first failure is what counts, the second is told', async () => {
    const app = await httpApp(answers('<html>'));
    const client = clientWith({
      endpoints: { ivr: { url: app.origin, fallback_url: `http://127.0.0.1:${await closedPort()}/` } },
    });
    const { answer } = await ask(client, 'ivr');
    expect(answer).toMatchObject({ kind: 'failed', code: 'not_json' });
    expect(answer.kind === 'failed' && answer.detail).toMatch(
      /^looks like HTML or XML; fallback URL: connect_refused, /,
    );
  });
});
