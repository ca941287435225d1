import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { answers, ask, callWith, clientWith, closedPort, failureOf, httpApp, outcomeOf } from './world.js';
import type { Asked } from './world.js';

describe('egress_refused', () => {
  it('is an address in the URL, however it is written', async () => {
    for (const host of ['169.254.169.254', '2852039166', '0xa9fea9fe', '[::ffff:169.254.169.254]']) {
      expect((await failureOf(`http://${host}/latest/meta-data`)).code).toBe('egress_refused');
    }
  });

  it('is an origin that is not listed', async () => {
    const app = await httpApp(answers([]));
    const { code } = await failureOf(app.origin, { egress: { allowed_origins: ['https://a.example'] } });
    expect(code).toBe('egress_refused');
    expect(app.seen).toEqual([]);
  });

  it('is a URL with a password, which nobody gets to see', () => {
    const refusal = clientWith().source('http://user:hush@127.0.0.1/');
    expect(refusal).toMatchObject({ code: 'egress_refused' });
    expect(JSON.stringify(refusal)).not.toContain('hush');
  });
});

describe('circuit_open', () => {
  it('comes after failures in a row, and goes with the first success', async () => {
    let broken = true;
    const app = await httpApp((request, response, count) => {
      response.statusCode = broken ? 500 : 200;
      answers([{ application: 'answer' }])(request, response, count);
    });
    const client = clientWith({ defaults: { breaker: { failures: 3, open_ms: 500 } } });
    const codes = [];
    for (let round = 0; round < 5; round += 1) codes.push(outcomeOf((await ask(client, app.origin)).answer));
    expect(codes).toEqual(['http_status', 'http_status', 'http_status', 'circuit_open', 'circuit_open']);
    expect(app.seen).toHaveLength(3);

    broken = false;
    await expect
      .poll(async () => outcomeOf((await ask(client, app.origin)).answer), { timeout: 5000 })
      .toBe('ok');
    expect(app.seen).toHaveLength(4);
    expect(outcomeOf((await ask(client, app.origin)).answer)).toBe('ok');
  });

  it('opens again when the one try fails, and does not let others wait for it', async () => {
    const held: (() => void)[] = [];
    let hold = false;
    const app = await httpApp((_request, response) => {
      response.statusCode = 500;
      if (hold) held.push(() => response.end());
      else response.end();
    });
    const client = clientWith({ defaults: { breaker: { failures: 1, open_ms: 20 } } });
    await ask(client, app.origin);
    hold = true;
    const trying: Promise<Asked>[] = [];
    await expect
      .poll(() => {
        trying.push(ask(client, app.origin));
        return app.seen.length;
      })
      .toBe(2);
    // The one that tries is under way; all others were told at once.
    expect(outcomeOf((await ask(client, app.origin)).answer)).toBe('circuit_open');
    held.forEach((release) => release());
    const codes = (await Promise.all(trying)).map(({ answer }) => outcomeOf(answer));
    expect(codes.filter((code) => code === 'http_status')).toHaveLength(1);
    expect(app.seen).toHaveLength(2);
  });

  it('has nothing to do with other origins, unusable answers or callers who hang up', async () => {
    const down = await closedPort();
    const client = clientWith({ defaults: { breaker: { failures: 1, open_ms: 60_000 } } });
    expect(outcomeOf((await ask(client, `http://127.0.0.1:${down}/`)).answer)).toBe('connect_refused');
    expect(outcomeOf((await ask(client, `http://127.0.0.1:${down}/`)).answer)).toBe('circuit_open');
    const app = await httpApp(answers('<html>'));
    expect(outcomeOf((await ask(client, app.origin)).answer)).toBe('not_json');
    const silent = await httpApp(() => undefined);
    for (let round = 1; round <= 2; round += 1) {
      const hangUp = new AbortController();
      const asking = ask(client, silent.origin, { signal: hangUp.signal });
      await expect.poll(() => silent.seen.length).toBe(round);
      hangUp.abort();
      expect(outcomeOf((await asking).answer)).toBe('call_gone');
    }
    expect(outcomeOf((await ask(client, app.origin)).answer)).toBe('not_json');
  });

  it('does not hide what went wrong when it opens between the tries of one call', async () => {
    const app = await httpApp((_request, response) => {
      response.statusCode = 502;
      response.end();
    });
    const client = clientWith({ defaults: { tries: 3, breaker: { failures: 2, open_ms: 60_000 } } });
    const { answer } = await ask(client, app.origin);
    expect(answer).toMatchObject({ code: 'http_status', detail: 'HTTP 502' });
    expect(app.seen).toHaveLength(2);
  });
});

describe('call_gone', () => {
  it('is a caller who hangs up before anything is asked', async () => {
    const app = await httpApp(answers([]));
    const { answer } = await ask(clientWith(), app.origin, { signal: AbortSignal.abort() });
    expect(outcomeOf(answer)).toBe('call_gone');
    expect(app.seen).toEqual([]);
  });

  it('takes the request back', async () => {
    let closed: Promise<unknown> | undefined;
    const app = await httpApp((request) => {
      closed = once(request.socket, 'close');
    });
    const hangUp = new AbortController();
    const asking = ask(clientWith({ defaults: { tries: 3 } }), app.origin, { signal: hangUp.signal });
    await expect.poll(() => app.seen.length).toBe(1);
    hangUp.abort();
    const { answer, attempts } = await asking;
    expect(outcomeOf(answer)).toBe('call_gone');
    expect(attempts).toMatchObject([{ attempt: 1, code: 'call_gone' }]);
    await closed;
    expect(app.seen).toHaveLength(1);
  });

  it('ends the pause between two tries', async () => {
    const app = await httpApp((_request, response) => {
      response.statusCode = 500;
      response.end();
    });
    const client = clientWith({ defaults: { tries: 3, retry_delay_ms: 60_000, total_timeout_ms: 600_000 } });
    const hangUp = new AbortController();
    const source = client.source(app.origin);
    if ('code' in source) throw new Error(source.code);
    const answer = await source.start(callWith(), {
      signal: hangUp.signal,
      onAttempt: () => setImmediate(() => hangUp.abort()),
    });
    expect(outcomeOf(answer)).toBe('call_gone');
  });

  it('leaves the queue for connections', async () => {
    const app = await httpApp(() => undefined);
    const client = clientWith({ defaults: { connections: 1 } });
    const [first, second] = [new AbortController(), new AbortController()];
    const holding = ask(client, app.origin, { signal: first.signal });
    await expect.poll(() => app.seen.length).toBe(1);
    const queued = ask(client, app.origin, { signal: second.signal });
    second.abort();
    expect(outcomeOf((await queued).answer)).toBe('call_gone');
    first.abort();
    expect(outcomeOf((await holding).answer)).toBe('call_gone');
    expect(app.seen).toHaveLength(1);
  });

  it('does not ask the fallback', async () => {
    const app = await httpApp(() => undefined);
    const client = clientWith({
      endpoints: {
        ivr: { url: app.origin, fallback_url: app.origin, fallback_actions: [{ application: 'hangup' }] },
      },
    });
    const hangUp = new AbortController();
    const asking = ask(client, 'ivr', { signal: hangUp.signal });
    await expect.poll(() => app.seen.length).toBe(1);
    hangUp.abort();
    expect(outcomeOf((await asking).answer)).toBe('call_gone');
  });
});

describe('invalid_url', () => {
  it.each(['nobody', 'ftp://a.example/', 'http://{host}/', ''])('is %j', (target) => {
    expect(clientWith().source(target)).toMatchObject({ code: 'invalid_url' });
  });
});
