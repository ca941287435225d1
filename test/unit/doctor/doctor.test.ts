import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { configSchema } from '../../../src/config/schema.js';
import type { Config } from '../../../src/config/schema.js';
import type { Check, CheckId, SwitchPort } from '../../../src/doctor/check.js';
import { checkConnection } from '../../../src/doctor/connection.js';
import { examine } from '../../../src/doctor/doctor.js';
import { checkDialplan, checkHandOver } from '../../../src/doctor/hand-over.js';
import { checkApplications, checkModules } from '../../../src/doctor/loaded.js';
import { checkClock, checkLimits, checkReady } from '../../../src/doctor/switch-checks.js';
import { Simulator } from '../../../src/simulator/simulator.js';
import type { SimulatorOptions } from '../../../src/simulator/simulator.js';
import type { SwitchStatus } from '../../../src/switch/admin-answers.js';

const DIALPLAN = join(import.meta.dirname, '../../../dialplan/switchhook.xml');
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function simulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const started = new Simulator({ eventSocketPassword: 'not the usual one', ...options });
  await started.start();
  ends.push(() => started.stop());
  return started;
}

/** Something that is no FreeSWITCH. */
async function listener(onConnection: (socket: net.Socket) => void): Promise<number> {
  const server = net.createServer(onConnection).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ends.push(() => new Promise((resolve) => server.close(resolve)));
  return (server.address() as net.AddressInfo).port;
}

const port = (answers: Readonly<Record<string, string>>): SwitchPort & { asked: string[] } => {
  const asked: string[] = [];
  return {
    name: 'main',
    asked,
    api: (command) => {
      asked.push(command);
      return Promise.resolve(answers[command] ?? answers[command.split(' ')[0] ?? ''] ?? '-ERR no reply');
    },
  };
};

const STATUS: SwitchStatus = {
  version: '1.10.12',
  ready: true,
  sessions: 2,
  maxSessions: 1000,
  sessionsPerSecond: 0,
  maxSessionsPerSecond: 200,
  peakPerSecond: 3,
};

describe('the connection to a switch', () => {
  const about = async (address: { port: number; password?: string }): Promise<Check> => {
    const { check, open } = await checkConnection('main', {
      host: '127.0.0.1',
      password: 'not the usual one',
      ...address,
    });
    await open?.client.stop();
    return check;
  };

  it('is fine', async () => {
    const { eventSocketPort } = await simulator();
    const check = await about({ port: eventSocketPort });
    expect(check).toMatchObject({ status: 'ok', detail: expect.stringContaining('1.10.12') as unknown });
  });

  it('has the password that everybody knows', async () => {
    const { eventSocketPort } = await simulator({ eventSocketPassword: 'ClueCon' });
    expect(await about({ port: eventSocketPort, password: 'ClueCon' })).toMatchObject({ status: 'warning' });
  });

  it('has another password', async () => {
    const { eventSocketPort } = await simulator();
    const check = await about({ port: eventSocketPort, password: 'wrong-one' });
    expect(check).toMatchObject({
      status: 'failed',
      remedy: expect.stringContaining('event_socket.conf.xml') as unknown,
    });
    expect(JSON.stringify(check)).not.toContain('wrong-one');
  });

  it('is refused by the access list', async () => {
    const { eventSocketPort } = await simulator({ eventSocketAllows: () => false });
    expect(await about({ port: eventSocketPort })).toMatchObject({
      status: 'failed',
      remedy: expect.stringContaining('apply-inbound-acl') as unknown,
    });
  });

  it('has nobody at the other end', async () => {
    const free = await listener(() => undefined);
    await ends.pop()?.();
    expect(await about({ port: free })).toMatchObject({
      status: 'failed',
      detail: expect.stringContaining(`127.0.0.1:${free}`) as unknown,
    });
  });

  it('leads to something that is no FreeSWITCH', async () => {
    const web = await listener((socket) => {
      socket.on('error', () => undefined);
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    expect(await about({ port: web })).toMatchObject({ status: 'failed' });
  });
});

describe('a switch', () => {
  it('that is paused or shutting down takes no calls', async () => {
    const checks = [
      await checkReady(port({ 'fsctl pause_check': 'true' }), STATUS),
      await checkReady(port({ 'fsctl shutdown_check': 'true' }), STATUS),
      await checkReady(port({}), { ...STATUS, ready: false }),
    ];
    expect(checks.map(({ status }) => status)).toEqual(['failed', 'failed', 'failed']);
    expect((await checkReady(port({ fsctl: 'false' }), STATUS)).status).toBe('ok');
  });

  it.each([
    [{ maxSessionsPerSecond: 30 }, 'warning'],
    [{ maxSessionsPerSecond: 100, peakPerSecond: 100 }, 'warning'],
    [{ sessions: 800 }, 'warning'],
    [{}, 'ok'],
  ])('with limits %j: %s', (limits, status) => {
    expect(checkLimits(port({}), { ...STATUS, ...limits }).status).toBe(status);
  });

  it.each([
    [0, 'ok'],
    [-3600, 'warning'],
    [5, 'warning'],
  ])('with a clock %d s off: %s', async (seconds, status) => {
    const answer = String((Date.now() + seconds * 1000) * 1000);
    expect((await checkClock(port({ strmicroepoch: answer }))).status).toBe(status);
  });

  it('without the clock that was asked for is skipped, not failed', async () => {
    expect((await checkClock(port({}))).status).toBe('skipped');
  });
});

describe('modules', () => {
  it('that are missing are named, and offered where they are installed', async () => {
    const answers = {
      module_exists: 'true',
      'module_exists mod_hash': 'false',
      'module_exists mod_sndfile': 'false',
      'global_getvar mod_dir': '/usr/lib/mod',
      'file_exists /usr/lib/mod/mod_hash.so': 'true',
      'load mod_hash': '+OK Reloading XML\n+OK',
    };
    const fake = port(answers);
    const check = await checkModules(fake);
    expect(check).toMatchObject({
      status: 'warning',
      fix: { what: expect.stringContaining('mod_hash') as unknown },
    });
    expect(check.fix?.what).not.toContain('mod_sndfile');
    await check.fix?.apply();
    expect(fake.asked.at(-1)).toBe('load mod_hash');
    const broken = await checkModules(port({ ...answers, 'load mod_hash': '-ERR [no]' }));
    await expect(broken.fix?.apply()).rejects.toThrow(/mod_hash: -ERR/);
  });

  it('without which nothing goes fail the check', async () => {
    const check = await checkModules(port({ module_exists: 'true', 'module_exists mod_dptools': 'false' }));
    expect(check.status).toBe('failed');
    expect(check.fix).toBeUndefined();
  });
});

describe('applications', () => {
  const own = [
    'socket',
    'execute_extension',
    'set',
    'multiset',
    'multiunset',
    'sleep',
    'park',
    'hangup',
    'transfer',
  ];
  const listed = (names: readonly string[]): SwitchPort =>
    port({ show: JSON.stringify({ row_count: names.length, rows: names.map((name) => ({ name })) }) });

  it('that fallbacks want must be there; those that a policy allows are named', async () => {
    const loaded = listed(own);
    const wanted = { certain: ['cti_curl', 'Park'], allowed: ['callcenter'] };
    const check = await checkApplications(loaded, wanted);
    expect(check).toMatchObject({ status: 'ok', detail: expect.stringContaining('callcenter') as unknown });
    expect(await checkApplications(loaded, { ...wanted, certain: ['speak'] })).toMatchObject({
      status: 'failed',
      detail: 'Missing: speak.',
    });
  });

  it.each(['-ERR SQL disabled, no data available!', '{"row_count": 0}', '[1]', ''])(
    'are not judged by %j',
    async (answer) => {
      const check = await checkApplications(port({ show: answer }), { certain: [], allowed: [] });
      expect(check.status).toBe('skipped');
    },
  );
});

describe('the dialplan', () => {
  async function confDir(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'switchhook-doctor-'));
    ends.push(() => rm(folder, { recursive: true, force: true }));
    await mkdir(join(folder, 'dialplan'));
    return folder;
  }
  const absent = { xml_locate: "can't find anything" };

  it('is copied where there is none, and nothing is written over', async () => {
    const folder = await confDir();
    const fake = port({ ...absent, reloadxml: '+OK [Success]' });
    const { check, present } = await checkDialplan(fake, { source: DIALPLAN, confDir: folder });
    expect([check.status, present]).toEqual(['failed', false]);
    await check.fix?.apply();
    const copy = join(folder, 'dialplan/switchhook.xml');
    expect(await readFile(copy, 'utf8')).toBe(await readFile(DIALPLAN, 'utf8'));
    await writeFile(copy, 'their own');
    const again = await checkDialplan(fake, { source: DIALPLAN, confDir: folder });
    expect(again.check.fix).toBeUndefined();
    await expect(check.fix?.apply()).rejects.toThrow(/EEXIST/);
    expect(await readFile(copy, 'utf8')).toBe('their own');
  });

  it('is not offered where the configuration is elsewhere', async () => {
    const elsewhere = { source: DIALPLAN, confDir: '/nowhere/at/all' };
    expect((await checkDialplan(port(absent), elsewhere)).check.fix).toBeUndefined();
    expect((await checkDialplan(port(absent), { source: DIALPLAN })).check.fix).toBeUndefined();
  });

  it('that does not load after the copy is told', async () => {
    const folder = await confDir();
    const fake = port({ ...absent, reloadxml: '+OK [[error near line 3]: x]' });
    const { check } = await checkDialplan(fake, { source: DIALPLAN, confDir: folder });
    await expect(check.fix?.apply()).rejects.toThrow(/error near line 3/);
  });

  it('without a socket is not ours', async () => {
    const { check } = await checkDialplan(port({ xml_locate: '<context name="switchhook"></context>' }), {
      source: DIALPLAN,
    });
    expect(check.status).toBe('failed');
  });
});

describe('the test call', () => {
  const options = { throughContext: false, daemon: '127.0.0.1:8084', timeoutMs: 20 };
  const over = { originate: '+OK x', switchhook_hosts: '' };

  it.each([
    ['no_program', 'ok'],
    ['overloaded', 'warning'],
    ['too_deep', 'warning'],
    ['_undef_', 'failed'],
  ])('that comes back with %s: %s', async (code, status) => {
    const fake: SwitchPort = {
      name: 'main',
      api: (command) => {
        if (command.startsWith('originate')) return Promise.resolve(over.originate);
        if (command.endsWith(' switchhook_doctor')) return Promise.resolve('over');
        return Promise.resolve(command.endsWith(' cti_error') ? code : '+OK');
      },
    };
    expect((await checkHandOver(fake, options)).status).toBe(status);
  });

  it('that hangs is ended', async () => {
    const fake = port({ originate: '+OK x', uuid_getvar: '_undef_' });
    expect(await checkHandOver(fake, options)).toMatchObject({
      status: 'failed',
      detail: expect.stringContaining('hangs') as unknown,
    });
    expect(fake.asked.at(-1)).toMatch(/^uuid_kill /);
  });

  it('that can not be placed is skipped', async () => {
    expect((await checkHandOver(port({ originate: '-ERR CHAN_NOT_IMPLEMENTED' }), options)).status).toBe(
      'skipped',
    );
  });
});

describe('everything together', () => {
  const config = (written: object): Config => configSchema.parse(written);
  const run = async (written: object, only?: string): Promise<Record<CheckId, Check>> => {
    const told: Check[] = [];
    const checks = await examine({
      config: config(written),
      daemonUrl: 'http://127.0.0.1:9',
      dialplanFile: DIALPLAN,
      asksApps: true,
      ...(only === undefined ? {} : { only }),
      onCheck: (check) => told.push(check),
    });
    expect(told).toEqual(checks);
    return Object.fromEntries(checks.map((check) => [check.id, check])) as Record<CheckId, Check>;
  };

  it('says that no switch is configured, and that the daemon does not run', async () => {
    const checks = await run({});
    expect(checks.daemon.status).toBe('failed');
    expect(checks.switch).toMatchObject({ status: 'skipped', remedy: expect.any(String) as unknown });
  });

  it('finds a simulated switch without a daemon wanting', async () => {
    const { eventSocketPort } = await simulator({ files: [DIALPLAN] });
    const checks = await run({
      switches: { main: { host: '127.0.0.1', port: eventSocketPort, password: 'not the usual one' } },
      endpoints: { dead: { url: 'http://127.0.0.1:9/' } },
      egress: { allowed_addresses: ['127.0.0.1'] },
      app: { tries: 1 },
    });
    expect(checks.dialplan.status).toBe('ok');
    expect(checks.hand_over).toMatchObject({ status: 'failed', remedy: expect.any(String) as unknown });
    expect(checks.endpoint).toMatchObject({ subject: 'dead', status: 'failed' });
    expect(checks.endpoint.detail).toContain('connect_refused');
  });

  it('knows the names of its switches', async () => {
    await expect(run({}, 'nope')).rejects.toThrow(expect.objectContaining({ code: 'no_such_switch' }));
  });
});
