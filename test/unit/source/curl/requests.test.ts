import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { traceIdOf } from '../../../../src/http-client/trace-context.js';
import { CALL_UUID, answers, ask, callWith, clientWith, httpApp, outcomeOf } from './world.js';
import type { Settings } from './world.js';

const LIST = [{ application: 'answer' }];

describe('a GET', () => {
  it('asks the URL, filled in from the call', async () => {
    const app = await httpApp(answers(LIST));
    const call = callWith({ destination_number: '1000', caller_id_name: 'Ümit & Söhne' });
    const { answer, attempts } = await ask(
      clientWith(),
      `${app.origin}/app?number={destination_number}&name={caller_id_name}&x={nothing}#top`,
      { call },
    );
    const path = '/app?number=1000&name=%C3%9Cmit%20%26%20S%C3%B6hne&x=';
    expect(app.seen).toMatchObject([{ method: 'GET', url: path, body: '' }]);
    expect(answer).toMatchObject({
      kind: 'actions',
      origin: app.origin + path,
      policy: 'default',
      warnings: [],
    });
    expect(attempts).toMatchObject([{ url: app.origin + path, attempt: 1, status: 200 }]);
  });

  it('says what it takes, and carries no more than that', async () => {
    const app = await httpApp(answers(LIST));
    await ask(clientWith(), app.origin);
    const { headers } = app.seen[0] ?? { headers: {} };
    expect(headers).toEqual({
      host: `127.0.0.1:${app.port}`,
      connection: 'keep-alive',
      accept: 'application/json',
      'accept-encoding': 'identity',
      'user-agent': 'switchhook',
      traceparent: expect.stringMatching(/^00-0f8fad5bd9cb469fa16570867728950e-[0-9a-f]{16}-01$/) as string,
    });
  });
});

describe('a POST', () => {
  it('carries the call and the variables that the endpoint names', async () => {
    const app = await httpApp(answers(LIST));
    const client = clientWith({
      endpoints: {
        ivr: {
          url: `${app.origin}/ivr?d={digits}`,
          method: 'POST',
          variables: ['digits', 'sip_call_id', 'missing', '__proto__'],
        },
      },
    });
    const call = callWith({
      caller_id_number: '+4930',
      caller_id_name: 'A "B"',
      destination_number: '1000',
      context: 'public',
      digits: '12\n3',
      sip_call_id: 'x@y',
      secret_variable: 'hush',
    });
    await ask(client, 'ivr', { call });
    expect(app.seen[0]).toMatchObject({ method: 'POST', url: '/ivr?d=12%0A3' });
    expect(app.seen[0]?.headers).toMatchObject({ 'content-type': 'application/json' });
    expect(JSON.parse(app.seen[0]?.body ?? '')).toEqual({
      uuid: CALL_UUID,
      caller_id_number: '+4930',
      caller_id_name: 'A "B"',
      destination_number: '1000',
      context: 'public',
      variables: { digits: '12\n3', sip_call_id: 'x@y' },
    });
  });
});

describe('answers', () => {
  it.each([
    [
      '204',
      (response: { writeHead: (status: number) => { end: () => unknown } }) => response.writeHead(204).end(),
    ],
    ['[]', (response: { end: (text: string) => unknown }) => response.end('[]')],
  ])('%s is nothing to do', async (_name, reply) => {
    const app = await httpApp((_request, response) => {
      reply(response);
    });
    expect((await ask(clientWith(), app.origin)).answer).toEqual({ kind: 'done' });
  });

  it('may come in pieces, after an early hint, of any content type, with a byte order mark', async () => {
    const app = await httpApp((_request, response) => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload' });
      response.setHeader('content-type', 'text/html; charset=iso-8859-1');
      const bytes = Buffer.from('\uFEFF[{"application":"say","data":"ü😀"}]');
      for (const byte of bytes) response.write(Buffer.from([byte]));
      response.end();
    });
    const { answer } = await ask(clientWith(), app.origin);
    expect(answer).toMatchObject({ actions: [{ application: 'say', data: 'ü😀' }] });
  });

  it('bring their warnings', async () => {
    const app = await httpApp(answers([{ application: 'answer', aplication: 'x' }]));
    const { answer } = await ask(clientWith(), app.origin);
    expect(answer).toMatchObject({ warnings: ['[0].aplication: unknown key, ignored'] });
  });

  it('are all there is', async () => {
    const source = clientWith().source('http://127.0.0.1:1/');
    if ('code' in source) throw new Error(source.code);
    expect(
      await source.next(callWith(), [], { signal: new AbortController().signal, onAttempt: () => undefined }),
    ).toEqual({ kind: 'done' });
  });
});

describe('signatures', () => {
  const SECRETS = [1, 2].map((byte) => Buffer.alloc(32, byte).toString('base64'));

  it.each(['GET', 'POST'] as const)(
    'of a %s are those of Standard Webhooks, by every secret',
    async (method) => {
      const app = await httpApp(answers(LIST));
      const client = clientWith({
        endpoints: {
          ivr: { url: app.origin, method, signing_secrets: [`whsec_${SECRETS[0] ?? ''}`, SECRETS[1] ?? ''] },
        },
      });
      await ask(client, 'ivr');
      const [seen] = app.seen;
      if (seen === undefined) throw new Error('nothing was asked');
      expect(seen.headers['webhook-id']).toMatch(/^msg_[0-9a-f-]{36}$/);
      const headers = seen.headers as Record<string, string>;
      for (const secret of SECRETS)
        expect(() => new Webhook(secret).verify(seen.body, headers)).not.toThrow();
      const other = Buffer.alloc(32, 3).toString('base64');
      expect(() => new Webhook(other).verify(seen.body, headers)).toThrow();
      expect(() => new Webhook(SECRETS[0] ?? '').verify(`${seen.body} `, headers)).toThrow();
    },
  );
});

describe('trace ids', () => {
  it('are the same for all requests of a call, and never zero', () => {
    expect(traceIdOf(CALL_UUID)).toBe(CALL_UUID.replaceAll('-', ''));
    expect(traceIdOf('call-1')).toMatch(/^[0-9a-f]{32}$/);
    expect(traceIdOf('call-1')).toBe(traceIdOf('call-1'));
    expect(traceIdOf('call-2')).not.toBe(traceIdOf('call-1'));
    expect(traceIdOf('00000000-0000-0000-0000-000000000000')).not.toMatch(/^0+$/);
  });
});

describe('the endpoint', () => {
  it('is found by name, and by the longest match of a URL', async () => {
    const app = await httpApp(answers(LIST));
    const named = (name: string): { headers: Record<string, string>; policy: string } => ({
      headers: { 'X-Endpoint': name },
      policy: name,
    });
    const client = clientWith({
      endpoints: {
        short: { match: [app.origin], ...named('short') },
        long: { match: [`${app.origin}/ivr`, 'https://b.example'], ...named('long') },
        folder: { match: [`${app.origin}/files/`], ...named('folder') },
        name: { url: `${app.origin}/named`, ...named('name') },
      },
    });
    const cases = [
      ['name', 'name'],
      [`${app.origin}/`, 'short'],
      [`${app.origin}?x={digits}`, 'short'],
      [`${app.origin}/ivr`, 'long'],
      [`${app.origin}/ivr?x=1`, 'long'],
      [`${app.origin}/ivr/{digits}`, 'long'],
      [`${app.origin}/ivr/../x`, 'short'],
      [`${app.origin}/ivrx`, 'short'],
      [`${app.origin}/{digits}`, 'short'],
      [`${app.origin}/files/x`, 'folder'],
      [`${app.origin}/files`, 'short'],
    ] as const;
    for (const [target, expected] of cases) {
      const { answer } = await ask(client, target);
      expect([target, answer.kind === 'actions' && answer.policy]).toEqual([target, expected]);
      expect([target, app.seen.at(-1)?.headers['x-endpoint']]).toEqual([target, expected]);
    }
  });

  it('of other URLs is the defaults, without the headers of anybody', async () => {
    const [app, other] = [await httpApp(answers(LIST)), await httpApp(answers(LIST))];
    const client = clientWith({
      defaults: { policy: 'mild' },
      endpoints: { ivr: { match: [app.origin], headers: { Authorization: 'Bearer hush' } } },
    });
    expect((await ask(client, other.origin)).answer).toMatchObject({ policy: 'mild' });
    expect(other.seen[0]?.headers).not.toHaveProperty('authorization');
    await ask(client, app.origin);
    expect(app.seen[0]?.headers).toHaveProperty('authorization', 'Bearer hush');
  });

  it('without URL is only for those that it matches', () => {
    const refusal = clientWith({ endpoints: { ivr: { match: ['https://a.example'] } } }).source('ivr');
    expect(refusal).toEqual({
      code: 'invalid_url',
      detail: 'endpoint ivr has no url: it is for URLs that it matches',
    });
  });

  it('tells what the caller hears meanwhile', () => {
    const client = clientWith({
      defaults: { while_waiting: { play: 'default.wav' } },
      endpoints: { ivr: { url: 'https://a.example', while_waiting: { play: 'own.wav', after_ms: 300 } } },
    });
    expect(client.source('https://b.example')).toMatchObject({
      waiting: { play: 'default.wav', afterMs: 1000 },
    });
    expect(client.source('ivr')).toMatchObject({ waiting: { play: 'own.wav', afterMs: 300 } });
    expect(client.source('ivr', { waiting: { play: 'x', afterMs: 1 } })).toMatchObject({
      waiting: { play: 'x' },
    });
    expect(clientWith().source('https://b.example')).not.toHaveProperty('waiting');
  });
});

describe('secrets', () => {
  it('are masked in the target as it is shown', () => {
    const client = clientWith({
      endpoints: { ivr: { match: ['https://a.example'], secret_parameters: ['customer'] } },
    });
    expect(client.describe('ivr')).toBe('ivr');
    expect(client.describe('https://a.example/?customer=7&token=8&n={n}')).toBe(
      'https://a.example/?customer=***&token=***&n={n}',
    );
    expect(client.describe('https://user:hush@b.example/?customer=7')).toBe(
      'https://***@b.example/?customer=7',
    );
  });

  it("are not shown of a URL with what is nobody's business, nor of what its call hides", async () => {
    const app = await httpApp(answers([]));
    const call = {
      ...callWith({ cti_digits: '4711', n: '1' }),
      isMasked: (name: string) => name === 'cti_digits',
    };
    const attempts: string[] = [];
    const asked = async (target: string, shown?: string): Promise<void> => {
      const source = clientWith().source(target, shown === undefined ? {} : { shown });
      if ('code' in source) throw new Error(source.code);
      const signal = new AbortController().signal;
      await source.start(call, { signal, onAttempt: ({ url }) => attempts.push(url) });
    };
    await asked(`${app.origin}/4712?x=4712&n={n}`, `${app.origin}/***?x=***&n={n}`);
    await asked(`${app.origin}/?d={cti_digits}&n={n}`);
    await asked(`${app.origin}/4712`, 'not a URL');
    expect(app.seen.map(({ url }) => url)).toEqual(['/4712?x=4712&n=1', '/?d=4711&n=1', '/4712']);
    expect(attempts).toEqual([
      `${app.origin}/***?x=***&n=1`,
      `${app.origin}/?d=***&n=1`,
      `${app.origin}/***`,
    ]);
  });

  it('are in no attempt, answer or log line', async () => {
    const lines: string[] = [];
    const log = {
      debug: (fields: object, message: string) => lines.push(JSON.stringify({ ...fields, message })),
      warn: (fields: object, message: string) => lines.push(JSON.stringify({ ...fields, message })),
    };
    const app = await httpApp((request, response, count) => {
      if (count === 1) answers(LIST)(request, response, count);
      else response.writeHead(500).end();
    });
    const settings: Settings = {
      defaults: { breaker: { failures: 1 } },
      endpoints: {
        ivr: {
          url: `${app.origin}/x?token=hush1&customer=hush2&digits={digits}&n=1`,
          headers: { Authorization: 'hush3' },
          secret_parameters: ['customer'],
        },
      },
    };
    const client = clientWith(settings, { log });
    const call = callWith({ digits: 'hush4' });
    const asked = [await ask(client, 'ivr', { call }), await ask(client, 'ivr', { call })];
    expect(app.seen[0]?.url).toBe('/x?token=hush1&customer=hush2&digits=hush4&n=1');
    expect(outcomeOf(asked[1]?.answer ?? { kind: 'done' })).toBe('http_status');
    const shown = JSON.stringify([asked, lines]);
    expect(shown).not.toContain('hush');
    expect(shown).toContain('/x?token=***&customer=***&digits=***&n=1');
    expect(lines.map((line) => (JSON.parse(line) as { message: string }).message)).toEqual([
      'app asked',
      'circuit breaker changed',
      'app failed',
    ]);
    expect(JSON.parse(lines[2] ?? '')).toMatchObject({
      uuid: CALL_UUID,
      attempt: 1,
      code: 'http_status',
      status: 500,
    });
  });
});
