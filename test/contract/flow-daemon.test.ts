import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import type { ReadConfig } from '../../src/config/load.js';
import { startDaemon } from '../../src/daemon.js';
import { AppError } from '../../src/errors.js';
import { eventually } from '../support/eventually.js';
import { flowsIn } from '../support/flows.js';
import { outcomesOf } from '../support/test-daemon.js';
import { onEverySwitch, suiteSettings } from './suite.js';

const folder = await mkdtemp(join(tmpdir(), 'switchhook-flows-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

const PARKS = `
start: mark
inputs: [who]
blocks:
  mark:
    type: set_attributes
    attributes:
      mark: { value: "VERSION for $.Attributes.who on {$.SystemEndpoint.Address}", export: true }
    next: tone
    exits: { error: back }
  tone: { type: play_prompt, prompt: { silence_ms: 700 }, next: again, exits: { error: back } }
  again:
    type: set_attributes
    attributes:
      again: { value: VERSION, export: true }
    next: back
    exits: { error: back }
  back: { type: end }
`;

const SLOW = `
start: ask
error: back
blocks:
  ask: { type: invoke_function, function: slow, next: back }
  back: { type: end }
`;

const ASKS_APP = `
start: answer
error: failed
blocks:
  answer: { type: run_actions, actions: [{ application: answer }], next: app }
  app: { type: cti_curl, url: 'URL', next: after }
  after: { type: set_attributes, attributes: { after: { value: ran, export: true } }, next: back }
  failed: { type: set_attributes, attributes: { after: { value: $.Error.Code, export: true } }, next: back }
  back: { type: end }
`;

const DIGITS = `
start: pin
error: back
blocks:
  pin: { type: get_digits, prompt: { silence_ms: 5000 }, min: 4, max: 4, mask: true, next: keep }
  keep: { type: set_attributes, attributes: { pin: $.StoredInput, name: Ada }, next: talk }
  talk: { type: transfer, to: { user: '10003' }, next: bye }
  bye: { type: disconnect }
  back: { type: end }
`;

/** Is there as soon as the slow function is asked about that call. */
function askedFile(uuid: string): string {
  return join(folder, `asked-${uuid}`);
}

await mkdir(join(folder, 'flows'));
const files = {
  'flows/parks.yaml': PARKS.replaceAll('VERSION', 'one'),
  'flows/slow.yaml': SLOW,
  'flows/digits.yaml': DIGITS,
  'flows/entered.yaml': PARKS.replaceAll('VERSION', 'entered').replace('silence_ms: 700', 'silence_ms: 100'),
  'slow.js': `
    const { writeFileSync } = require('node:fs');
    exports.handler = ({ Details: { ContactData } }) => {
      writeFileSync(\`${askedFile('${ContactData.ContactId}')}\`, '');
      return new Promise((resolve) => setTimeout(resolve, 60000, {}));
    };`,
  'functions.yaml': JSON.stringify({ functions: { slow: { file: 'slow.js', timeout_ms: 8000 } } }),
};
for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);

const RECORDS = join(folder, 'contacts.jsonl');
const settings = {
  ...flowsIn(join(folder, 'flows'), {
    numbers: { 'program-by-number': 'parks', '/program-[0-9]+/': 'entered' },
  }),
  functions: { file: join(folder, 'functions.yaml') },
  records: { file: RECORDS, state_folder: join(folder, 'state') },
};

interface WrittenRecord {
  readonly contact_id: string;
  readonly [key: string]: unknown;
}

async function recordsOf(uuid: string): Promise<WrittenRecord[]> {
  const text = await readFile(RECORDS, 'utf8').catch(() => '');
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as WrittenRecord).filter((one) => one.contact_id === uuid);
}

function writtenRecord(uuid: string): Promise<WrittenRecord> {
  return eventually(`the contact record of ${uuid}`, async () => (await recordsOf(uuid))[0]);
}

onEverySwitch('a daemon with flows', settings, ({ scenario }) => {
  scenario('takes attributes from the dialplan, and gives some back', async (world) => {
    const { expect, daemon } = world;
    const call = await world.call({ flow: 'parks', variables: { cti_attr_who: 'Ada' } });
    await call.returned();
    expect(await call.get('cti_mark')).toMatch(/^one for Ada on /);
    expect(await call.get('cti_status')).toBe('done');
    const record = await daemon.record(call.uuid);
    expect(record.program).toBe('flow/parks');
  });

  scenario('stops asking a function when the caller has hung up', async (world) => {
    const { expect, daemon } = world;
    const call = await world.call({ flow: 'slow' });
    await eventually('the call to be asked about', () => existsSync(askedFile(call.uuid)));
    await call.hangUp();
    const record = await daemon.record(call.uuid);
    expect(record.result).toBe('hung_up');
    // One that had been waited for, to its answer or its timeout, would be told of.
    expect(record.trace.filter(({ type }) => type === 'function')).toEqual([]);
  });

  scenario('tells of a flow that is not there', async (world) => {
    const { expect } = world;
    const call = await world.call({ flow: 'nonsense' });
    await call.returned();
    expect(await call.get('cti_error')).toBe('no_such_flow');
    expect(await call.get('cti_status')).toBe('failed');
  });

  scenario('is entered by the answer of an app', async (world) => {
    const { expect } = world;
    const call = await world.callWith([
      { application: 'set', data: 'cti_attr_who=Grace' },
      { application: 'cti_flow', data: 'entered' },
    ]);
    await call.returned();
    expect(await call.get('cti_mark')).toMatch(/^entered for /);
    expect(await call.get('cti_again')).toBe('entered');
    expect(await call.get('cti_status')).toBe('done');
  });

  scenario('goes on behind an app that it asks, and behind one that it can not ask', async (world) => {
    const { expect, app } = world;
    const good = app.list([{ application: 'playback', data: 'silence_stream://100' }]);
    const settingsOf = async (url: string): Promise<Record<string, unknown>> => {
      const own = await mkdtemp(join(tmpdir(), 'switchhook-flows-'));
      world.cleanUpWith(() => rm(own, { recursive: true, force: true }));
      await mkdir(join(own, 'flows'));
      await writeFile(join(own, 'flows/asks.yaml'), ASKS_APP.replace('URL', url));
      return flowsIn(join(own, 'flows'));
    };
    const hosts: string[] = [];
    for (const url of [good.url, 'http://127.0.0.1:9/nobody']) {
      hosts.push((await world.anotherDaemon(await settingsOf(url))).host);
    }
    if (world.handOver === 'parked') return;
    for (const [index, expected] of ['ran', 'action_failed'].entries()) {
      const call = await world.call({ flow: 'asks', hosts: hosts[index] ?? '' });
      await call.returned();
      expect(await call.get('cti_after')).toBe(expected);
      expect(await call.get('cti_status')).toBe('done');
    }
  });

  scenario('writes one record for a call, with what happened and without what is secret', async (world) => {
    const { expect, daemon } = world;
    const call = await world.call({ flow: 'digits' });
    await call.begun('read');
    await call.digits('8642');
    const record = await daemon.record(call.uuid);
    const written = await writtenRecord(call.uuid);
    expect(written).toMatchObject({
      program: 'flow/digits',
      flow: { name: 'digits' },
      attributes: { pin: '****', name: 'Ada' },
      digits: [{ block: 'pin', digits: '***' }],
      transfers: [{ to: 'user/10003', result: 'answered' }],
      result: 'done',
      resumed: 0,
    });
    expect(
      (written['path'] as { block: string; exit: string }[]).map(({ block, exit }) => `${block}:${exit}`),
    ).toEqual(['pin:next', 'keep:next', 'talk:next', 'bye:']);
    expect(JSON.stringify([written, record])).not.toContain('8642');
    expect(outcomesOf(record).find(({ application }) => application === 'bridge')?.status).toBe('ok');
    expect(await recordsOf(call.uuid)).toHaveLength(1);
  });
});

onEverySwitch(
  'a daemon with flows, over its own socket',
  settings,
  ({ scenario }) => {
    scenario('takes the flow of the number that was dialled', async (world) => {
      const { expect } = world;
      const call = await world.call({ extension: 'program-by-number' });
      await call.returned();
      expect(await call.get('cti_mark')).toContain('one for  on');
      const other = await world.call({ extension: 'program-0815' });
      await other.returned();
      expect(await other.get('cti_again')).toBe('entered');
    });

    scenario('takes the flow that the path of the socket names', async (world) => {
      const { expect } = world;
      const call = await world.call({ extension: 'socket-full', variables: { test_path: '/flows/entered' } });
      await call.returned();
      expect(await call.get('cti_again')).toBe('entered');
    });

    scenario('leaves calls on the version with which they began, and takes no broken flow', async (world) => {
      const { expect } = world;
      const own = await mkdtemp(join(tmpdir(), 'switchhook-flows-'));
      world.cleanUpWith(() => rm(own, { recursive: true, force: true }));
      await mkdir(join(own, 'flows'));
      const write = (text: string): Promise<void> => writeFile(join(own, 'flows/parks.yaml'), text);
      await write(PARKS.replaceAll('VERSION', 'old'));
      const config = configSchema.parse({
        listen: { port: 0 },
        http: { port: 0 },
        log: { level: 'silent' },
        ...suiteSettings(world.switch.recordings),
        ...flowsIn(join(own, 'flows')),
      });
      const reread = (): ReadConfig => ({ config, files: [], variables: [], warnings: [] });
      const daemon = await startDaemon(config, { reread });
      world.cleanUpWith(() => daemon.stop());
      const hosts = `127.0.0.1:${daemon.socketPort}`;

      const before = await world.call({ flow: 'parks', hosts });
      await before.playing();
      await write(PARKS.replaceAll('VERSION', 'new'));
      expect(daemon.reload().changes.map(({ path }) => path)).toEqual(['flows/parks']);
      await before.returned();
      expect(await before.get('cti_again')).toBe('old');

      const after = await world.call({ flow: 'parks', hosts });
      await after.playing();
      await write(PARKS.replace('next: tone', 'next: nowhere'));
      expect(() => daemon.reload()).toThrow(AppError);
      await after.returned();
      expect(await after.get('cti_again')).toBe('new');
      const still = await world.call({ flow: 'parks', hosts });
      await still.returned();
      expect(await still.get('cti_again')).toBe('new');
      expect(() => daemon.reload()).toThrow(/parks\.yaml:\d+:\d+: there is no block "nowhere"/);
    });
  },
  // Numbers and paths are for calls that come over a socket.
  { handOvers: ['socket'] },
);
