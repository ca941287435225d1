import { afterEach, describe, expect, it } from 'vitest';
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { createHttpApp } from '../../../src/http/app.js';
import { Caller, World } from '../action-server/world.js';
import type { Line, WorldOptions } from '../action-server/world.js';

/** What a switch sees of the action server: headers, status, types of content. */

const FLOW = `
start: ask
blocks:
  ask: { type: get_digits, prompt: { file: /srv/ask.wav }, min: 1, max: 1, tries: 3, next: ask, exits: { no_input: end, no_match: end, error: end } }
  end: { type: end }
`;
const FALLBACK = [{ application: 'transfer', data: 'operator XML default' }];
const LIST = [{ application: 'answer', data: '' }];
const TOKEN = 'token-0123456789abcdef';
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

const apps: FastifyInstance[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

interface Served {
  readonly world: World;
  readonly ask: (url: string, more?: InjectOptions) => Promise<LightMyRequestResponse>;
}

interface Listening {
  readonly world: World;
  readonly get: (url: string) => Promise<Answered>;
}

interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

function served(options: WorldOptions): Served & { readonly app: FastifyInstance } {
  const world = new World(options);
  const health = { state: 'ok', calls: 0, reasons: [] } as const;
  const app = createHttpApp({ health: () => health, actions: () => world.server });
  apps.push(app);
  return { world, app, ask: (url, more = {}) => app.inject({ method: 'GET', url, ...more }) };
}

/** Over a connection: that the client has an answer is only known there. */
async function listening(options: WorldOptions): Promise<Listening> {
  const { world, app } = served(options);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  return {
    world,
    async get(url) {
      const answer = await fetch(url.replace(/^(https:\/\/ivr\.example)?\//, `http://127.0.0.1:${port}/`));
      return {
        status: answer.status,
        headers: Object.fromEntries(answer.headers),
        body: await answer.text(),
      };
    },
  };
}

const digits = ({ application }: Line, variables: Record<string, string>): void => {
  if (application === 'read') Object.assign(variables, { read_result: 'success', cti_digits: '1' });
};

function next({ body }: Answered): string {
  // mod_httapi says by itself which channel it is.
  const [, action] = /<continue action="([^"]+)"/.exec(body) ?? [];
  if (action !== undefined) return `${action.replaceAll('&amp;', '&')}&uuid=call-1`;
  return new Caller(digits).run(JSON.parse(body) as Line[]) ?? '';
}

const WITH_FLOW: WorldOptions = {
  flows: { flow: FLOW, other: FLOW },
  policy: { play: { roots: ['/srv'] } },
  entries: {
    flow: { flow: 'flow', fallback_actions: FALLBACK },
    other: { flow: 'other', fallback_actions: FALLBACK },
  },
  settings: { token_ttl_s: 60 },
};

describe('a token that is not good', () => {
  const changed = (url: string, change: (token: string) => string): string =>
    url.replace(/token=([^&]+)/, (_whole, token: string) => `token=${change(token)}`);

  interface Bad {
    readonly what: string;
    readonly reason: string;
    readonly before?: (server: Listening, url: string) => unknown;
    readonly change?: (url: string) => string;
    readonly entry?: string;
  }
  const BAD: readonly Bad[] = [
    { what: 'replayed', reason: 'token_replayed', before: ({ get }, url) => get(url) },
    { what: 'expired', reason: 'token_expired', before: ({ world }) => (world.nowMs += 60_000) },
    {
      what: 'altered',
      reason: 'token_altered',
      change: (url) => changed(url, (token) => `${token.slice(0, -3)}AAA`),
    },
    {
      what: 'of another key',
      reason: 'token_foreign',
      change: (url) => changed(url, (token) => token.replace(/\.[^.]+/, '.AAAAAA')),
    },
    {
      what: 'of another entry',
      reason: 'token_foreign',
      change: (url) => url.replace('/flow?', '/other?'),
      entry: 'other',
    },
    {
      what: 'of another call',
      reason: 'token_foreign',
      change: (url) => url.replace('uuid=call-1', 'uuid=call-2'),
    },
  ];
  const FORMATS = [
    {
      format: 'json',
      type: 'application/json; charset=utf-8',
      wanted: JSON.stringify(FALLBACK),
    },
    {
      format: 'httapi',
      type: 'text/xml; charset=utf-8',
      wanted:
        '<document type="text/freeswitch-httapi"><work>' +
        '<execute application="transfer" data="operator XML default"/><break/></work></document>',
    },
  ];

  it.each(BAD.flatMap((bad) => FORMATS.map((format) => ({ ...bad, ...format }))))(
    '($what, $format) is answered with the fallback actions: 200, the reason in a header and in the log',
    async ({ reason, before, change = (url: string) => url, entry = 'flow', format, type, wanted }) => {
      const server = await listening(WITH_FLOW);
      const url = next(await server.get(`/v1/actions/flow?uuid=call-1&format=${format}`));
      await before?.(server, url);
      const asked = change(url);
      const { status, headers, body } = await server.get(asked);
      expect(status).toBe(200);
      expect(headers).toMatchObject({
        'content-type': type,
        'cache-control': 'no-store',
        'x-switchhook-reason': reason,
      });
      expect(body).toBe(wanted);
      expect(server.world.log).toMatchObject([{ level: 'warn', fields: { code: reason, entry } }]);
      const token = new URL(asked).searchParams.get('token') ?? '';
      expect(JSON.stringify(server.world.log)).not.toContain(token.slice(0, 60));
    },
  );

  it('says nothing of the kind when it is good', async () => {
    const { get, world } = await listening(WITH_FLOW);
    const answer = await get(next(await get('/v1/actions/flow?uuid=call-1')));
    expect(answer.status).toBe(200);
    expect(answer.headers).not.toHaveProperty('x-switchhook-reason');
    expect(world.log).toEqual([]);
  });
});

describe('a fleet that has the key in common', () => {
  it('goes on wherever it is asked; each daemon knows what was used with itself', async () => {
    const [one, other, late] = [
      await listening(WITH_FLOW),
      await listening(WITH_FLOW),
      await listening(WITH_FLOW),
    ];
    const first = next(await one.get('/v1/actions/flow?uuid=call-1'));
    const reason = async ({ get }: Listening, url: string): Promise<unknown> =>
      (await get(url)).headers['x-switchhook-reason'];
    const answer = await other.get(first);
    expect(answer.headers).not.toHaveProperty('x-switchhook-reason');
    expect(await reason(other, first)).toBe('token_replayed');
    // The other has not seen it: docs/guide/action-server.md says so.
    expect(await reason(one, first)).toBeUndefined();
    expect(await reason(one, first)).toBe('token_replayed');
    // Whoever has seen a later one knows those before it, too.
    expect(await reason(late, next(answer))).toBeUndefined();
    expect(await reason(late, first)).toBe('token_replayed');
  });
});

describe('the protection of an entry, over HTTP', () => {
  const protectedBy = (protection: object, entry: object = { list: LIST }): Served =>
    served({ entries: { main: { ...entry, protection } } });

  it('takes a bearer token or a key in the query', async () => {
    const { ask } = protectedBy({ tokens: [TOKEN] });
    const refused = await ask('/v1/actions/main');
    expect(refused.statusCode).toBe(401);
    expect(refused.json()).toMatchObject({ error: { code: 'unauthorized' } });
    expect((await ask(`/v1/actions/main?key=${TOKEN.slice(0, -1)}`)).statusCode).toBe(401);
    expect((await ask(`/v1/actions/main?key=${TOKEN}`)).json()).toEqual(LIST);
    const headers = { authorization: `Bearer ${TOKEN}` };
    expect((await ask('/v1/actions/main', { headers })).json()).toEqual(LIST);
  });

  it('has nothing to do with the tokens of the API', async () => {
    const { ask } = served({ entries: { main: { list: LIST } } });
    const headers = { authorization: 'Bearer whatever-it-is-that-somebody-sends' };
    expect((await ask('/v1/actions/main', { headers })).statusCode).toBe(200);
  });

  it('looks at the address from which the connection comes, whatever a header says', async () => {
    const { ask } = protectedBy({ addresses: ['10.0.0.0/8'] });
    expect((await ask('/v1/actions/main', { remoteAddress: '10.1.2.3' })).statusCode).toBe(200);
    expect((await ask('/v1/actions/main', { remoteAddress: '::ffff:10.1.2.3' })).statusCode).toBe(200);
    const headers = { 'x-forwarded-for': '10.1.2.3', forwarded: 'for=10.1.2.3' };
    const refused = await ask('/v1/actions/main', { remoteAddress: '192.0.2.1', headers });
    expect(refused.statusCode).toBe(403);
    expect(refused.json()).toMatchObject({ error: { code: 'address_refused' } });
  });

  it('verifies a signature over the bytes of the body', async () => {
    const { ask, world } = protectedBy({ signing_secrets: [SECRET] });
    const payload = '{ "uuid":"call-1" ,"caller_id_number":"030"}';
    const at = new Date(world.nowMs);
    const headers = (over: string): Record<string, string> => ({
      'content-type': 'application/json',
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(at.getTime() / 1000),
      'webhook-signature': new Webhook(SECRET).sign('msg_1', at, over),
    });
    const post = (over: string): Promise<LightMyRequestResponse> =>
      ask('/v1/actions/main', { method: 'POST', payload, headers: headers(over) });
    expect((await post(payload)).json()).toEqual(LIST);
    const refused = await post(JSON.stringify(JSON.parse(payload)));
    expect(refused.statusCode).toBe(401);
    expect(refused.json()).toMatchObject({ error: { code: 'signature_invalid' } });
  });

  it('answers a source that asks too often with 429, and a caller with the fallback actions', async () => {
    const sources = protectedBy({ rate_limit: { per_source_per_minute: 1 } });
    expect((await sources.ask('/v1/actions/main')).statusCode).toBe(200);
    const refused = await sources.ask('/v1/actions/main');
    expect(refused.statusCode).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await sources.ask('/v1/actions/main', { remoteAddress: '192.0.2.9' })).statusCode).toBe(200);

    const callers = protectedBy(
      { rate_limit: { per_caller_per_minute: 1 } },
      { list: LIST, fallback_actions: FALLBACK },
    );
    expect((await callers.ask('/v1/actions/main?caller=030')).json()).toEqual(LIST);
    const limited = await callers.ask('/v1/actions/main?caller=030');
    expect(limited.statusCode).toBe(200);
    expect(limited.headers['x-switchhook-reason']).toBe('rate_limited');
    expect(limited.json()).toEqual(FALLBACK);
    expect((await callers.ask('/v1/actions/main?caller=031')).json()).toEqual(LIST);
  });
});

describe('a request for actions', () => {
  const SAYS = `
start: set
blocks:
  set: { type: run_actions, actions: [{ application: set, data: 'cti_said={$.CustomerEndpoint.Address}-{$.Channel.tier}' }], next: end }
  end: { type: end }
`;
  const said = (answer: LightMyRequestResponse): unknown => answer.json<Line[]>()[0]?.data;

  it('may be a GET, a form as mod_httapi posts it, or JSON as switchhook posts it', async () => {
    const { ask } = served({ flows: { flow: SAYS } });
    expect(said(await ask('/v1/actions/flow?caller=030&tier=gold'))).toBe('cti_said=030-gold');
    const form = await ask('/v1/actions/flow', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: 'session_id=call-1&Caller-Caller-ID-Number=030&variable_tier=gold',
    });
    expect(said(form)).toBe('cti_said=030-gold');
    const json = await ask('/v1/actions/flow', {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8' },
      payload: { uuid: 'call-1', caller_id_number: '030', variables: { tier: 'gold' } },
    });
    expect(said(json)).toBe('cti_said=030-gold');
  });

  it.each([
    ['another type of content', { 'content-type': 'text/plain' }, 'x', 415],
    ['a body without a type', {}, 'x', 415],
    ['what is not JSON', { 'content-type': 'application/json' }, '{', 400],
    ['what is no object', { 'content-type': 'application/json' }, '[1]', 400],
    ['too much', { 'content-type': 'application/x-www-form-urlencoded' }, `a=${'x'.repeat(70_000)}`, 413],
  ])('is refused with %s', async (_what, headers, payload, status) => {
    const { ask } = served({ flows: { flow: SAYS } });
    const answer = await ask('/v1/actions/flow', { method: 'POST', headers, payload });
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toHaveProperty('error.code');
  });

  it('means the first of what it says twice, and nothing by names of the language', async () => {
    const { ask } = served({ flows: { flow: SAYS } });
    expect(said(await ask('/v1/actions/flow?caller=030&caller=031&__proto__=x&constructor=y'))).toBe(
      'cti_said=030-',
    );
    const open = served({ entries: { main: { list: LIST } } });
    expect((await open.ask('/v1/actions/main?format=json&format=httapi')).json()).toEqual(LIST);
  });

  it('has an entry and a method', async () => {
    const { ask } = served({ flows: { flow: SAYS } });
    const unknown = await ask('/v1/actions/nothing');
    expect(unknown.statusCode).toBe(404);
    expect(unknown.json()).toMatchObject({ error: { code: 'no_such_entry' } });
    expect((await ask('/v1/actions/flow', { method: 'DELETE' })).statusCode).toBe(405);
  });
});
