import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { stringify } from 'yaml';
import type { Answer, SeenRequest } from '../support/example-app.js';
import { eventually } from '../support/eventually.js';
import { flowsIn } from '../support/flows.js';
import { leaksIn } from '../support/log-trail/search.js';
import { readTrail, trail } from '../support/log-trail/trail.js';
import { freeTcpPort } from '../support/ports.js';
import type { Settings } from '../support/test-daemon.js';
import { onEverySwitch } from './suite.js';
import type { World } from './suite.js';

const folder = await mkdtemp(join(tmpdir(), 'switchhook-secrets-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

const secret = (name: string): string => `${name}-${randomBytes(12).toString('hex')}`;
const signing = (): string => `whsec_${randomBytes(32).toString('base64')}`;

const FLOW = {
  start: 'card',
  error: 'bye',
  blocks: {
    card: {
      type: 'get_digits',
      prompt: { silence_ms: 5000 },
      min: 16,
      max: 16,
      mask: true,
      next: 'look-up',
      exits: { error: 'bye' },
    },
    'look-up': {
      type: 'invoke_function',
      function: 'lookup',
      parameters: { card: '$.StoredInput' },
      next: 'bye',
    },
    bye: { type: 'end' },
  },
};

/** Sends back whatever it was sent, where an answer is expected: as careless apps do. */
function echo({ url, headers, body }: SeenRequest): Answer {
  return { status: 500, body: JSON.stringify([url.href, headers, body]) };
}

/** What echoes, and is not even a failure. */
function garbage({ url, headers, body }: SeenRequest): Answer {
  return { status: 200, body: `${url.href} ${JSON.stringify(headers)} ${body}` };
}

/** A daemon with a secret wherever one can be, and everybody that it asks fails. */
async function allSecrets({ app }: World): Promise<Settings> {
  const place = await mkdtemp(join(folder, 'daemon-'));
  await mkdir(join(place, 'flows'));
  await writeFile(join(place, 'flows/pay.yaml'), stringify(FLOW));
  const careless = app.route(echo);
  const lookup = { url: `${app.route(garbage).url}?api_key=${secret('function-key')}`, retry_delay_ms: 1 };
  const headers = { Authorization: `Bearer ${secret('function-header')}` };
  await writeFile(
    join(place, 'functions.yaml'),
    stringify({ functions: { lookup: { ...lookup, headers, signing_secrets: [signing()] } } }),
  );
  const asked = (name: string, url: string): Settings => ({
    url: `${url}?token=${secret(`${name}-token`)}&card={account_card}`,
    headers: { 'X-Custom': secret(`${name}-header`), Cookie: `a=${secret(`${name}-cookie`)}` },
    signing_secrets: [signing()],
    method: 'POST',
  });
  return {
    app: { policy: 'suite', tries: 2, retry_delay_ms: 1 },
    endpoints: {
      echoes: asked('echoes', careless.url),
      garbage: asked('garbage', app.route(garbage).url),
      down: asked('down', `http://127.0.0.1:${await freeTcpPort()}/`),
    },
    http: {
      host: '127.0.0.1',
      port: 0,
      tokens: [
        { name: 'alice', role: 'operator', token: secret('alice-token') },
        { name: 'victor', role: 'viewer', token: secret('victor-token') },
      ],
    },
    switches: {
      // Nobody is there.
      gone: { host: '127.0.0.1', port: await freeTcpPort(), password: secret('password') },
    },
    ...flowsIn(join(place, 'flows'), { state_key: secret('state-key') }),
    functions: { file: join(place, 'functions.yaml') },
    records: {
      file: join(place, 'contacts.jsonl'),
      http: {
        url: app.route(echo).url,
        headers: { Authorization: secret('records-header') },
        signing_secrets: [signing()],
        retry_delay_ms: 5,
      },
    },
    callbacks: {
      folder: join(place, 'callbacks'),
      receivers: {
        crm: { url: app.route(echo).url, signing_secrets: [signing()], retry_delay_ms: 5 },
      },
    },
    actions: {
      token_key: secret('token-key'),
      entries: {
        pay: { flow: 'pay', protection: { tokens: [secret('entry-token')], signing_secrets: [signing()] } },
      },
    },
    audit_log: { file: join(place, 'audit.jsonl') },
  };
}

const CARD = () => Array.from({ length: 16 }, () => Math.floor(Math.random() * 10)).join('');

onEverySwitch(
  'a daemon that is given secrets, and by callers their card numbers, while everything fails',
  {},
  ({ scenario }) => {
    scenario('tells of the failures, and of no secret', async (world) => {
      const { expect } = world;
      const settings = await allSecrets(world);
      const daemon = await world.anotherDaemon(settings);
      const hosts = daemon.host;

      for (const name of ['echoes', 'garbage', 'down']) {
        const card = CARD();
        const list = [
          { application: 'answer' },
          { application: 'read', data: '16 16 silence_stream://5000 account_card 5000 #' },
          { application: 'cti_curl', data: name },
        ];
        const call = await world.callWith(list, { hosts });
        await call.playing();
        await call.digits(card);
        const record = await daemon.record(call.uuid);
        expect(record.result).toBe('failed');
      }

      const call = await world.call({ flow: 'pay', hosts });
      await call.playing();
      await call.digits(CARD());
      await daemon.record(call.uuid);

      const { tokens } = settings['http'] as { tokens: readonly { token: string }[] };
      const [alice = '', victor = ''] = tokens.map(({ token }) => token);
      const ask = async (path: string, token: string, method = 'POST'): Promise<number> => {
        const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
        const body = method === 'GET' ? null : JSON.stringify({ cause: token });
        return (await fetch(`${daemon.httpOrigin}${path}`, { method, headers, body })).status;
      };
      expect(await ask(`/v1/calls/${call.uuid}/hangup`, victor)).toBe(403);
      expect(await ask(`/v1/calls/${call.uuid}/hangup?token=${alice}`, alice)).toBe(400);
      expect(await ask(`/v1/${alice}`, alice)).toBe(404);
      const wrong = secret('wrong-token');
      trail?.noteSecret('a token that is not known', wrong);
      expect(await ask(`/v1/calls/${call.uuid}/hangup`, wrong)).toBe(401);
      expect(await ask(`/v1/actions/pay?key=${wrong}`, wrong, 'GET')).toBeGreaterThanOrEqual(400);

      if (trail === undefined) throw new Error('no trail');
      const { audit_log: auditLog } = settings as { audit_log: { file: string } };
      const audit = await readFile(auditLog.file, 'utf8');
      expect(audit).toContain('"forbidden"');
      const left = await eventually('the failures to be told', () => {
        const found = readTrail(trail?.folder ?? '');
        const text = Buffer.concat(found.logs).toString();
        const told = ['connect_refused', 'http_status', 'not_json', 'function_', 'switch_unreachable'];
        return told.every((word) => text.includes(word)) ? found : undefined;
      });
      for (const name of ['token', 'header', 'cookie', 'password', 'signing', 'key', 'entered']) {
        const places = [...left.secrets.values()].join(' ').toLowerCase();
        expect(places).toContain(name);
      }
      expect(leaksIn({ logs: [...left.logs, Buffer.from(audit)], secrets: left.secrets })).toEqual([]);
    });
  },
  { handOvers: ['socket'] },
);
