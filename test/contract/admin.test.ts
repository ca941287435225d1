import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { readConfig } from '../../src/config/load.js';
import { type Daemon, startDaemon } from '../../src/daemon.js';
import { Simulator } from '../../src/simulator/simulator.js';
import { writeConfiguration } from '../freeswitch/switch.js';
import { eventually } from '../support/eventually.js';
import { freeTcpPort } from '../support/ports.js';
import { type CliRun, runCli } from '../unit/cli/harness.js';
import { control, SWITCHES, type SwitchKind, type SwitchUnderTest } from './switches.js';

/** A simulator on which somebody answers over SIP. */
async function simulatorWithSip(globals: Readonly<Record<string, string>>): Promise<SwitchUnderTest> {
  const folder = await writeConfiguration({ ...globals, event_socket_password: 'suite-event-socket' });
  const simulated = new Simulator({
    files: [join(folder, 'conf/freeswitch.xml')],
    eventSocketPassword: 'suite-event-socket',
    callees: () => ({ kind: 'answers' }),
  });
  await simulated.start();
  const { close, ...connection } = await control(simulated.eventSocketPort, 'suite-event-socket');
  return {
    ...connection,
    recordings: `${folder}/recordings`,
    eventSocketPort: simulated.eventSocketPort,
    eventSocketPassword: 'suite-event-socket',
    stop: async () => {
      close();
      await simulated.stop();
      await rm(folder, { recursive: true, force: true });
      return { channelsLeft: 0, detail: '' };
    },
  };
}

function start(kind: SwitchKind, globals: Readonly<Record<string, string>>): Promise<SwitchUnderTest> {
  return kind.name === 'simulator' ? simulatorWithSip(globals) : kind.start(globals);
}

for (const kind of SWITCHES) {
  describe.skipIf(kind.missing !== undefined)(`the administration of ${kind.name}`, () => {
    let sut: SwitchUnderTest;
    let daemon: Daemon;
    let folder: string;
    let file: string;
    let settings: Record<string, unknown>;

    const switchhook = (...args: readonly string[]): Promise<CliRun> =>
      runCli(args, { SWITCHHOOK_URL: `http://127.0.0.1:${daemon.httpPort}` });
    const doctor = (...args: readonly string[]): Promise<CliRun> =>
      runCli(['doctor', '--config', file, ...args]);
    const write = (more: object = {}): Promise<void> => writeFile(file, stringify({ ...settings, ...more }));
    /** A file that the switch's dialplan section includes. */
    const breakXml = (text: string): Promise<void> =>
      writeFile(join(dirname(sut.recordings), 'conf/extra/broken.xml'), text);
    /** A SIP call that lasts. */
    const sipCall = async (): Promise<string> => {
      const port = kind.name === 'simulator' ? '5060' : await sut.api('global_getvar sip_port');
      const uuid = await sut.api('create_uuid');
      const dial = `{origination_uuid=${uuid}}sofia/internal/parking@127.0.0.1:${port}`;
      expect(await sut.api(`originate ${dial} &park`)).toBe(`+OK ${uuid}`);
      return uuid;
    };
    const lives = async (uuid: string): Promise<boolean> => (await sut.api(`uuid_exists ${uuid}`)) === 'true';

    beforeAll(async () => {
      const [listenPort, httpPort] = [await freeTcpPort(), await freeTcpPort()];
      sut = await start(kind, { switchhook_hosts: `127.0.0.1:${listenPort}` });
      folder = await mkdtemp(join(tmpdir(), 'switchhook-admin-'));
      file = join(folder, 'switchhook.yaml');
      settings = {
        listen: { port: listenPort },
        http: { port: httpPort },
        log: { level: 'silent' },
        switches: {
          main: { host: '127.0.0.1', port: sut.eventSocketPort, password: sut.eventSocketPassword },
        },
      };
      await write();
      daemon = await startDaemon(readConfig(file).config, { reread: () => readConfig(file) });
      await eventually('the daemon to be connected to the switch', async () =>
        (await switchhook('switches')).code === 0 ? true : undefined,
      );
    });

    afterAll(async () => {
      await daemon.stop();
      await sut.api('hupall');
      await sut.stop();
      await rm(folder, { recursive: true, force: true });
    });

    it('gives it commands', async () => {
      const status = await switchhook('fs', 'status');
      expect(status).toMatchObject({ code: 0, err: '' });
      expect(status.out).toMatch(/FreeSWITCH \(Version .* is ready/);
      const unknown = await switchhook('fs', 'uuid_kill', 'nobody');
      expect(unknown.code).toBe(1);
      expect(unknown.out).toContain('-ERR No such channel!');
      const refused = await switchhook('fs', 'system', 'id');
      expect(refused.code).toBe(5);
      expect(refused.err).toMatch(/^error command_refused/);
    });

    it('finds nothing in the way of a first call', async () => {
      const { code, out } = await doctor('--json');
      const { checks } = JSON.parse(out) as { checks: { id: string; status: string; detail: string }[] };
      const bad = checks.filter(({ status }) => status !== 'ok');
      expect(bad).toEqual([]);
      expect(checks.map(({ id }) => id)).toContain('hand_over');
      expect(code).toBe(0);
    });

    it('reloads access lists, XML and profiles, and tells success from failure', async () => {
      for (const what of [['acl'], ['xml'], ['profile', 'internal']])
        expect(await switchhook('reload', ...what)).toMatchObject({ code: 0 });
      await breakXml('<include>\n<context name="broken">\n</include>\n');
      try {
        for (const what of [
          ['acl'],
          ['xml'],
          ['profile', 'internal'],
          ['profile', 'internal', '--restart'],
          ['sofia'],
        ]) {
          const { code, err } = await switchhook('reload', ...what);
          expect([what, code]).toEqual([what, 1]);
          expect(err).toMatch(/^error reload_failed/);
        }
      } finally {
        await breakXml('<include>\n</include>\n');
      }
      expect((await switchhook('reload', 'xml')).code).toBe(0);
      const { code, err } = await switchhook('reload', 'profile', 'nope');
      expect(code).toBe(1);
      expect(err).toMatch(/^error no_such_profile/);
    });

    it('loses SIP calls only when told to', async () => {
      const call = await sipCall();
      for (const what of [['sofia'], ['profile', 'internal', '--restart']]) {
        const { code, err } = await switchhook('reload', ...what);
        expect(code).toBe(1);
        expect(err).toMatch(/^error calls_would_be_lost: .* — [1-9]\d* call legs? on/);
      }
      const unasked = await switchhook('reload', 'sofia', '--force');
      expect(unasked.code).toBe(2);
      expect(unasked.err).toMatch(/^error confirmation_needed/);
      expect(await lives(call)).toBe(true);

      const forced = await switchhook('reload', 'sofia', '--force', '--yes');
      expect(forced).toMatchObject({ code: 0 });
      expect(forced.out).toMatch(/[1-9]\d* call legs were ended/);
      expect(await lives(call)).toBe(false);
      expect(await sut.api('sofia status')).toMatch(/internal\t.*RUNNING/);
    });

    it('restarts a profile', async () => {
      // FreeSWITCH wants a profile to be ten seconds old.
      const done = await eventually(
        'the profile to be old enough',
        async () => {
          const run = await switchhook('reload', 'profile', 'internal', '--restart');
          if (run.code === 0) return run;
          expect(run.err).toContain('must be up for at least');
          return undefined;
        },
        { timeoutMs: 15_000, everyMs: 500 },
      );
      expect(done.out).toContain('restarting: internal');
      expect(await sut.api('sofia status')).toMatch(/internal\t.*RUNNING/);
    }, 60_000);

    it("reloads the daemon's own configuration: all of it or nothing", async () => {
      const same = await switchhook('reload', 'config');
      expect(same).toMatchObject({ code: 0, out: 'Nothing has changed.\n' });

      await write({ limits: { calls: 7 }, fs: { viewer: ['version'], operator: [], admin: [] } });
      const taken = await switchhook('reload', 'config');
      expect(taken.code).toBe(0);
      expect(taken.out).toContain('limits.calls: 2000 → 7\n');
      expect((await switchhook('fs', 'version')).code).toBe(0);
      expect((await switchhook('fs', 'status')).code).toBe(5);

      await write({ limits: { calls: 'many' } });
      const invalid = await switchhook('reload', 'config');
      expect(invalid.code).toBe(3);
      expect(invalid.err).toContain('limits.calls');
      expect((await switchhook('fs', 'status')).code).toBe(5);

      await write({ listen: { port: await freeTcpPort() } });
      const stubborn = await switchhook('reload', 'config');
      expect(stubborn.code).toBe(1);
      expect(stubborn.err).toMatch(/^error restart_needed: .* — listen\.port/);
      expect((await switchhook('fs', 'status')).code).toBe(5);

      await write();
      expect((await switchhook('reload', 'config')).code).toBe(0);
      expect((await switchhook('fs', 'status')).code).toBe(0);
    });

    it('finds a daemon that FreeSWITCH does not reach', async () => {
      await sut.api('global_setvar switchhook_hosts=127.0.0.1:9');
      const { code, out } = await doctor();
      expect(code).toBe(1);
      expect(out).toMatch(/^failed {3}hand over main: .*127\.0\.0\.1:9\.\n {9}→ /m);
    });
  });
}
