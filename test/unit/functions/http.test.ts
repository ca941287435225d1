import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { answers, closedPort, httpApp, tcpPeer } from '../source/curl/world.js';
import { within } from '../../support/eventually.js';
import { CALL_UUID, invoke, invokerWith, load, outcomeOf } from './world.js';

const SECRET = Buffer.alloc(32, 1).toString('base64');

describe('an HTTP function', () => {
  it('is asked by POST, signed, and traced, in the shape of Connect', async () => {
    const app = await httpApp(answers({ balance: '12.50' }));
    const invoker = invokerWith({
      f: { url: `${app.origin}/f?key=1`, headers: { 'X-Key': 'abc' }, signing_secrets: [SECRET] },
    });
    const result = await invoke(invoker, { parameters: { accountId: '7', nested: { a: [1] } } });
    expect(result).toMatchObject({ ok: true, values: { balance: '12.50' } });
    expect(result.attempts).toMatchObject([{ attempt: 1, status: 200, url: `${app.origin}/f?key=***` }]);
    const [seen] = app.seen;
    expect(seen).toMatchObject({ method: 'POST', url: '/f?key=1' });
    expect(seen?.headers).toMatchObject({ 'x-key': 'abc', 'content-type': 'application/json' });
    expect(String(seen?.headers['traceparent'])).toContain(CALL_UUID.replaceAll('-', ''));
    expect(JSON.parse(seen?.body ?? '')).toMatchObject({
      Name: 'ContactFlowEvent',
      Details: { Parameters: { accountId: '7', nested: { a: [1] } } },
    });
    expect(() =>
      new Webhook(SECRET).verify(seen?.body ?? '', seen?.headers as Record<string, string>),
    ).not.toThrow();
  });

  it('gets the parameters alone when it is flat, by PUT when it wants so', async () => {
    const app = await httpApp(answers({}));
    const invoker = invokerWith({ f: { url: app.origin, event: 'flat', method: 'PUT' } });
    await invoke(invoker, { parameters: { phone: '1' } });
    expect(app.seen).toMatchObject([{ method: 'PUT', body: '{"phone":"1"}' }]);
  });

  it('keeps no connection when another has taken its place', async () => {
    const closed: Promise<void>[] = [];
    const app = await tcpPeer((socket) => {
      closed.push(new Promise((resolve) => socket.once('close', () => resolve())));
      socket.on('data', () => socket.write('HTTP/1.1 204 No Content\r\n\r\n'));
    });
    const settings = { url: app.origin, timeout_ms: 100, keep_alive_ms: 600_000 };
    const invoker = invokerWith({ f: settings });
    expect(outcomeOf(await invoke(invoker))).toBe('ok');
    load(invoker, { f: { ...settings, headers: { 'X-Key': 'renewed' } } });
    expect(outcomeOf(await invoke(invoker))).toBe('ok');
    await within('the connection of before to be closed', Promise.race(closed), 5000);
  });

  it('may have nothing to say', async () => {
    const app = await httpApp((_request, response) => response.writeHead(204).end());
    expect(await invoke(invokerWith({ f: { url: app.origin } }))).toMatchObject({ ok: true, values: {} });
  });

  it.each([429, 500, 503])('is asked three times more after %i', async (status) => {
    const app = await httpApp((request, response, count) => {
      if (count < 4) response.writeHead(status).end();
      else answers({ a: '1' })(request, response, count);
    });
    const result = await invoke(invokerWith({ f: { url: app.origin, signing_secrets: [SECRET] } }));
    expect(outcomeOf(result)).toBe('ok');
    expect(result.attempts.map((attempt) => attempt.status)).toEqual([status, status, status, 200]);
    expect(new Set(app.seen.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  });

  it('is not asked again after an exception, a wrong answer or a 404', async () => {
    for (const answer of [
      answers({ errorMessage: 'no' }),
      answers([]),
      (_: unknown, response: { writeHead: (status: number) => { end: () => unknown } }) =>
        void response.writeHead(404).end(),
    ]) {
      const app = await httpApp(answer);
      await invoke(invokerWith({ f: { url: app.origin } }));
      expect(app.seen).toHaveLength(1);
    }
  });
});

describe('what goes wrong over HTTP', () => {
  const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
    httpApp((_request, response) => response.writeHead(status, headers).end(JSON.stringify(body)));

  it('nobody listens', async () => {
    const result = await invoke(invokerWith({ f: { url: `http://127.0.0.1:${await closedPort()}/` } }));
    expect(result).toMatchObject({
      code: 'function_unreachable',
      detail: expect.stringMatching(/^connect_refused: /) as string,
    });
    expect(result.attempts).toHaveLength(4);
  });

  it('the name has no address', async () => {
    const invoker = invokerWith(
      { f: { url: 'http://nowhere.example/', retries: 0 } },
      {
        resolve: (_host, _options, callback) =>
          callback(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), []),
      },
    );
    expect(await invoke(invoker)).toMatchObject({
      code: 'function_unreachable',
      detail: 'dns_failed: nowhere.example: ENOTFOUND',
    });
  });

  it('the address is refused', async () => {
    expect(() => invokerWith({ f: { url: 'http://169.254.169.254/' } })).toThrow(
      /functions\.f\.url: .*link-local/,
    );
    const invoker = invokerWith(
      { f: { url: 'http://rebound.example/' } },
      { resolve: (_host, _options, callback) => callback(null, [{ address: '169.254.169.254', family: 4 }]) },
    );
    const result = await invoke(invoker);
    expect(result).toMatchObject({
      code: 'function_unreachable',
      detail: expect.stringMatching(/^egress_refused: /) as string,
    });
    expect(result.attempts).toHaveLength(1);
  });

  it('it hangs', async () => {
    const app = await httpApp(() => undefined);
    const result = await invoke(invokerWith({ f: { url: app.origin, timeout_ms: 200 } }));
    expect(result).toMatchObject({ code: 'function_timeout' });
    expect(app.seen).toHaveLength(1);
  });

  it('it hangs once, and there is time for another try', async () => {
    const app = await httpApp((request, response, count) => {
      if (count > 1) answers({ a: '1' })(request, response, count);
    });
    const result = await invoke(invokerWith({ f: { url: app.origin, try_timeout_ms: 300 } }));
    expect(result.attempts.map(({ code }) => code)).toEqual(['response_timeout', undefined]);
    expect(outcomeOf(result)).toBe('ok');
  });

  it('it drips', async () => {
    const peer = await tcpPeer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{');
      const drip = setInterval(() => socket.write(' '), 20);
      socket.once('close', () => clearInterval(drip));
    });
    const result = await invoke(invokerWith({ f: { url: peer.origin, timeout_ms: 300 } }));
    expect(outcomeOf(result)).toBe('function_timeout');
  });

  it('the flow allows it less time', async () => {
    const app = await httpApp(() => undefined);
    const invoker = invokerWith({ f: { url: app.origin, timeout_ms: 8000 } });
    expect(outcomeOf(await invoke(invoker, { timeoutMs: 100 }))).toBe('function_timeout');
  });

  it('it is throttled to the end', async () => {
    const app = await json(429, {});
    const result = await invoke(invokerWith({ f: { url: app.origin } }));
    expect(result).toMatchObject({ code: 'function_throttled' });
    expect(result.attempts).toHaveLength(4);
  });

  it('it asks for more patience than there is', async () => {
    const app = await json(429, {}, { 'retry-after': '60' });
    const result = await invoke(invokerWith({ f: { url: app.origin } }));
    expect(result).toMatchObject({
      code: 'function_throttled',
      detail: expect.stringMatching(/Retry-After 60 s; no time left/) as string,
    });
    expect(result.attempts).toHaveLength(1);
  });

  it.each([
    ['a 500', 500, {}, 'function_exception', 'HTTP 500'],
    [
      'a 502 with an exception',
      502,
      { errorMessage: 'no', errorType: 'E' },
      'function_exception',
      'HTTP 502, E: no',
    ],
    ['a 200 with an exception', 200, { errorMessage: 'no' }, 'function_exception', 'no'],
    ['a 404', 404, {}, 'function_status', 'HTTP 404'],
    ['a 403 with an exception', 403, { errorMessage: 'no' }, 'function_status', 'HTTP 403, no'],
    ['a 201', 201, { a: '1' }, 'function_status', 'HTTP 201'],
    ['a list', 200, [], 'function_not_understood', 'expected an object, got a list'],
    [
      'too much',
      200,
      { a: 'x'.repeat(40_000) },
      'function_too_large',
      'more than 32768 bytes, at most 32768 are allowed',
    ],
  ])('it answers %s', async (_what, status, body, code, detail) => {
    const app = await json(status, body);
    const result = await invoke(invokerWith({ f: { url: app.origin, retries: 0 } }));
    expect(result).toMatchObject({ ok: false, code, detail });
  });

  it('it redirects', async () => {
    const app = await json(302, {}, { location: 'http://elsewhere.example/?token=abc' });
    expect(await invoke(invokerWith({ f: { url: app.origin } }))).toMatchObject({
      code: 'function_status',
      detail: 'HTTP 302 to "http://elsewhere.example/?token=***"; redirects are not followed',
    });
  });

  it("Lambda's own API says in a header that it failed", async () => {
    const app = await json(200, { a: '1' }, { 'x-amz-function-error': 'Unhandled' });
    expect(await invoke(invokerWith({ f: { url: app.origin } }))).toMatchObject({
      code: 'function_exception',
      detail: 'Unhandled',
    });
  });

  it.each([
    [
      'an endless body',
      (socket: { write: (text: string) => unknown; destroyed: boolean }) => {
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
        const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
        for (let i = 0; i < 8; i += 1) socket.write(chunk);
      },
      'function_too_large',
    ],
    [
      'something else than HTTP',
      (socket: { write: (text: string) => unknown }) => void socket.write('SSH-2.0-OpenSSH\r\n'),
      'function_not_understood',
    ],
    [
      'a body that is cut',
      (socket: { end: (text: string) => unknown }) =>
        void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"a":'),
      'function_unreachable',
    ],
    [
      'bytes that are not UTF-8',
      (socket: { end: (data: Buffer) => unknown }) =>
        void socket.end(
          Buffer.concat([
            Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"a":"'),
            Buffer.from([0xff]),
            Buffer.from('"}'),
          ]),
        ),
      'function_not_understood',
    ],
  ])('it answers %s', async (_what, behave, code) => {
    const peer = await tcpPeer((socket) => {
      socket.once('data', () => behave(socket));
    });
    expect(
      outcomeOf(await invoke(invokerWith({ f: { url: peer.origin, retries: 0, timeout_ms: 2000 } }))),
    ).toBe(code);
  });

  it('one function that fails does not close the way to another one at the same host', async () => {
    const app = await httpApp((request, response, count) => {
      if (request.url === '/bad') response.writeHead(500).end();
      else answers({})(request, response, count);
    });
    const invoker = invokerWith({
      f: { url: `${app.origin}/bad`, retries: 0, breaker: { failures: 2, open_ms: 60_000 } },
      good: { url: `${app.origin}/good` },
    });
    const codes = [];
    for (let i = 0; i < 3; i += 1) codes.push(outcomeOf(await invoke(invoker)));
    expect(codes).toEqual(['function_exception', 'function_exception', 'function_unreachable']);
    expect(outcomeOf(await invoke(invoker, { name: 'good' }))).toBe('ok');
    expect(app.seen).toHaveLength(3);
  });

  it('the caller hangs up', async () => {
    const hangup = new AbortController();
    const app = await httpApp(() => hangup.abort());
    const result = await invoke(invokerWith({ f: { url: app.origin } }), { signal: hangup.signal });
    expect(result).toMatchObject({ code: 'call_gone' });
    expect(app.seen).toHaveLength(1);
  });

  it('there is no such function, or a parameter is missing', async () => {
    const invoker = invokerWith({
      f: { url: 'http://127.0.0.1:1/', parameters: { accountId: { required: true }, note: {} } },
    });
    expect(await invoke(invoker, { name: 'g' })).toMatchObject({ code: 'no_such_function', detail: '"g"' });
    expect(await invoke(invoker)).toMatchObject({
      code: 'function_parameters',
      detail: 'f requires accountId',
      attempts: [],
    });
    expect(await invoke(invoker, { parameters: { accountId: null } })).toMatchObject({
      code: 'function_parameters',
    });
  });
});
