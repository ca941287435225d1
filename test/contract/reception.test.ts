import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { actionsSchema, requestSchema } from '../../src/cli/reference/schemas.js';
import { eventually } from '../support/eventually.js';
import { freeTcpPort } from '../support/ports.js';
import { LANGUAGES, Reception, RECEPTION_FOLDER } from '../support/reception.js';
import type { Language } from '../support/reception.js';
import { type Settings, summaryOf } from '../support/test-daemon.js';
import { onEverySwitch } from './suite.js';

/** The example app of docs/guide/writing-an-app.md, in every language that this machine has. */
interface Running extends Language {
  readonly port: number;
  readonly endpoint: string;
}

const newSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`;
const secret = newSecret();
const folder = mkdtempSync(join(tmpdir(), 'switchhook-callbacks-'));
const running: Running[] = [];
for (const language of LANGUAGES) {
  if (language.missing !== undefined) continue;
  const endpoint = `reception-${language.name.toLowerCase()}`;
  running.push({ ...language, endpoint, port: await freeTcpPort() });
}
const apps = new Map<string, Reception>();

beforeAll(async () => {
  const desks = { SALES: 'user/10003', SUPPORT: 'user/busy' };
  for (const { port, endpoint, ...language } of running) {
    apps.set(endpoint, await Reception.start(language, port, { ...desks, SIGNING_SECRET: secret }));
  }
}, 180_000);

afterAll(async () => {
  await Promise.all([...apps.values()].map((app) => app.stop()));
  rmSync(folder, { recursive: true, force: true });
});

/** The configuration that the guide shows, once for each app, with an older secret that is being replaced. */
function settings(): Settings {
  interface Written {
    readonly endpoints: { readonly reception: object };
    readonly callbacks: { readonly receivers: { readonly reception: object } };
  }
  const template = readFileSync(join(RECEPTION_FOLDER, 'switchhook.yaml'), 'utf8');
  const endpoints: Record<string, object> = {};
  const receivers: Record<string, object> = {};
  for (const { endpoint, port } of running) {
    const text = template
      .replaceAll('http://127.0.0.1:9000', `http://127.0.0.1:${port}`)
      .replaceAll('[reception]', `[${endpoint}]`)
      .replaceAll('- { env: SIGNING_SECRET }', `- ${newSecret()}\n      - ${secret}`)
      .replaceAll(/^ {6}- whsec/gm, '        - whsec');
    const written = parse(text) as Written;
    endpoints[endpoint] = written.endpoints.reception;
    receivers[endpoint] = written.callbacks.receivers.reception;
  }
  return { endpoints, callbacks: { folder, receivers } };
}

const MENU_RAN = ['answer ok', 'set ok', 'set ok', 'play_and_get_digits ok', 'cti_curl ok'];

onEverySwitch(
  'the example app',
  settings(),
  ({ scenario }) => {
    for (const { name, endpoint } of running) {
      scenario(`in ${name} connects the caller, and hears of it`, async ({ expect, call, daemon }) => {
        const placed = await call({ url: endpoint });
        await placed.begun('play_and_get_digits');
        await placed.digits('1');
        const record = await daemon.record(placed.uuid);
        expect(summaryOf(record)).toEqual([...MENU_RAN, 'bridge ok', 'cti_curl ok', 'hangup ok']);
        expect(record.result).toBe('done');
        await placed.begun('bridge', /user\/10003$/);
        const told = await eventually(`${name} to be told of the end`, () => {
          const lines = apps.get(endpoint)?.output.split('\n') ?? [];
          const ours = lines.filter((line) => line.includes(placed.uuid));
          return ours.some((line) => line.includes('call.ended')) ? ours : undefined;
        });
        expect(told.map((line) => /call\.\w+|transfer\.\w+/.exec(line)?.[0])).toEqual([
          'call.started',
          'call.answered',
          'transfer.completed',
          'call.ended',
        ]);
      });

      scenario(`in ${name} says so when nobody answers`, async ({ expect, call, daemon }) => {
        const placed = await call({ url: endpoint });
        await placed.begun('play_and_get_digits');
        await placed.digits('2');
        const record = await daemon.record(placed.uuid);
        expect(summaryOf(record)).toEqual([
          ...MENU_RAN,
          'bridge failed',
          'cti_curl ok',
          'playback ok',
          'hangup ok',
        ]);
        await placed.begun('bridge', /user\/busy$/);
        await placed.begun('playback', 'say:Nobody is there. Please call again.');
      });
    }

    scenario('is missed without harm: the caller gets the operator', async ({ expect, call, daemon }) => {
      const [first] = running;
      const placed = await call({ url: `http://127.0.0.1:${first?.port ?? 0}/calls/nobody-home` });
      const record = await daemon.record(placed.uuid);
      expect(summaryOf(record)).toEqual(['bridge ok']);
    });
  },
  // What an app is asked does not depend on how a call was handed over.
  { handOvers: ['socket'] },
);

const CALL = {
  uuid: '0f8fad5b-d9cb-469f-a165-70867728950e',
  caller_id_number: '+493012345',
  caller_id_name: 'Ms "Example"',
  destination_number: '1000',
  context: 'public',
  variables: {},
};
const EVENT = {
  id: 'evt_1',
  type: 'call.ended',
  timestamp: '2026-01-01T00:00:00.000Z',
  sequence: 1,
  call: { id: 'a', uuid: CALL.uuid },
  data: { result: 'done' },
};

function headersFor(body: string, { by = secret, ageS = 0, id = 'msg_1' } = {}): Record<string, string> {
  const time = new Date(Date.now() - ageS * 1000);
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(time.getTime() / 1000)),
    'webhook-signature': new Webhook(by).sign(id, time, body),
  };
}

for (const { name, missing } of LANGUAGES) {
  if (missing === undefined) continue;
  describe.skip(`the example app in ${name} (skipped: ${missing})`, () => {
    it('is not run on this machine', () => undefined);
  });
}

describe.each(running)('the example app in $name, asked directly', ({ port, endpoint }) => {
  const post = (path: string, body: string, headers = headersFor(body)): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', body, headers });

  it.each([
    ['the menu', '/calls', {}, 'play_and_get_digits'],
    ['the choice', '/calls/choice', { digits: '1' }, 'bridge'],
    ['no choice', '/calls/choice', {}, 'bridge'],
    ['a success', '/calls/after', { originate_disposition: 'SUCCESS' }, 'hangup'],
    ['a failure', '/calls/after', { originate_disposition: 'NO_ANSWER' }, 'playback'],
  ])('answers %s by the published schemas', async (_what, path, variables, application) => {
    const body = { ...CALL, variables };
    const request = z.fromJSONSchema(JSON.parse(JSON.stringify(requestSchema())) as never);
    expect(request.safeParse(body).error).toBeUndefined();
    const answer = await post(path, JSON.stringify(body));
    expect(answer.status).toBe(200);
    const list = (await answer.json()) as { application: string }[];
    const schema = z.fromJSONSchema(JSON.parse(JSON.stringify(actionsSchema())) as never);
    expect(schema.safeParse(list).error).toBeUndefined();
    expect(list.map((action) => action.application)).toContain(application);
  });

  it('takes an event', async () => {
    const answer = await post('/events', JSON.stringify(EVENT));
    expect(answer.status).toBe(204);
    await eventually('the event in its log', () =>
      apps.get(endpoint)?.output.includes(`call.ended ${CALL.uuid}`) === true ? true : undefined,
    );
  });

  it('keeps the lines of events apart that come at the same time', async () => {
    const send = async (lane: number): Promise<void> => {
      for (let at = 0; at < 50; at += 1) {
        const uuid = `at-once-${lane}-${at}`;
        const event = { ...EVENT, type: 'call.started', call: { id: uuid, uuid } };
        expect((await post('/events', JSON.stringify(event))).status).toBe(204);
      }
    };
    await Promise.all(Array.from({ length: 4 }, (_none, lane) => send(lane)));
    await eventually('all of them in its log', () => {
      const lines = apps.get(endpoint)?.output.split('\n') ?? [];
      const whole = lines.filter((line) => /call\.started at-once-\d-\d+ \{"result": ?"done"\}$/.test(line));
      return whole.length === 200 ? true : undefined;
    });
  });

  const body = JSON.stringify(CALL);
  const good = (): Record<string, string> => headersFor(body);
  const without = (header: string): Record<string, string> =>
    Object.fromEntries(Object.entries(good()).filter(([name]) => name !== header));
  const forgeries: Readonly<Record<string, () => Record<string, string>>> = {
    'without a signature': () => without('webhook-signature'),
    'without a timestamp': () => without('webhook-timestamp'),
    'without an id': () => without('webhook-id'),
    'without any of it': () => ({ 'content-type': 'application/json' }),
    'signed with another secret': () => headersFor(body, { by: newSecret() }),
    'signed for another body': () => headersFor(JSON.stringify({ ...CALL, destination_number: '0900' })),
    'signed for another message': () => ({ ...good(), 'webhook-id': 'msg_2' }),
    'that is too old': () => headersFor(body, { ageS: 400 }),
    'from the future': () => headersFor(body, { ageS: -400 }),
    'with the timestamp of another': () => ({
      ...good(),
      'webhook-timestamp': String(Math.floor(Date.now() / 1000) - 7),
    }),
    'with an odd timestamp': () => ({ ...good(), 'webhook-timestamp': '²³' }),
    'with an endless timestamp': () => ({ ...good(), 'webhook-timestamp': '9'.repeat(5000) }),
    'with an empty signature': () => ({ ...good(), 'webhook-signature': '' }),
    'with half a signature': () => ({ ...good(), 'webhook-signature': 'v1,' }),
    'with a signature of another version': () => ({
      ...good(),
      'webhook-signature': good()['webhook-signature']?.replace('v1,', 'v2,') ?? '',
    }),
    'with an odd signature': () => ({ ...good(), 'webhook-signature': 'v1 ,, v1,ü, %%%' }),
  };
  it.each(Object.entries(forgeries))('refuses a request %s', async (_what, headers) => {
    for (const path of ['/calls', '/calls/choice', '/calls/after', '/events']) {
      const answer = await post(path, body, headers());
      expect(answer.status, path).toBe(401);
      expect(await answer.text()).not.toContain('application');
    }
  });

  it('refuses an empty request, whatever it calls itself', async () => {
    for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded', '']) {
      const answer = await post('/calls', '', type === '' ? {} : { 'content-type': type });
      expect(answer.status, type).toBe(401);
    }
  });

  it('takes one signature of two', async () => {
    const id = 'msg_1';
    const other = headersFor(body, { by: newSecret(), id })['webhook-signature'] ?? '';
    const headers = headersFor(body, { id });
    const ours = headers['webhook-signature'] ?? '';
    for (const both of [`${other} ${ours}`, `${ours} ${other}`]) {
      const answer = await post('/calls', body, { ...headers, 'webhook-signature': both });
      expect(answer.status).toBe(200);
    }
  });

  it.each([
    ['what is not JSON', '/calls', '{', [400]],
    ['what is too large', '/calls', `{"a":"${'x'.repeat(70_000)}"}`, [413]],
    ['an unknown path', '/nothing', body, [404]],
  ])('refuses %s', async (_what, path, text, statuses) => {
    expect(statuses).toContain((await post(path, text)).status);
  });

  it('has nothing to say to a GET', async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/calls`);
    expect(answer.ok).toBe(false);
    expect(await answer.text()).not.toContain('"application"');
  });
});

describe('docs/guide/writing-an-app.md', () => {
  const page = readFileSync(join(RECEPTION_FOLDER, '../writing-an-app.md'), 'utf8');
  const blocks = [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)];
  const shown = (fence: string): (string | undefined)[] =>
    blocks.filter((block) => block[1] === fence).map((block) => block[2]);

  it.each([...LANGUAGES, { name: 'YAML', file: 'switchhook.yaml', fence: 'yaml' }])(
    'shows the app in $name as it is run here',
    ({ file, fence }) => {
      expect(shown(fence)).toContain(readFileSync(join(RECEPTION_FOLDER, file), 'utf8'));
    },
  );
});
