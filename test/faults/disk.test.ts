import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CallbackReceiver } from '../support/callback-receiver.js';
import { DaemonProcess } from '../support/daemon-process.js';
import { eventually } from '../support/eventually.js';
import { TinyDisk } from '../support/tiny-disk.js';
import { type Bed, onEveryBed, type BedOptions } from './bed.js';
import { repeat } from './form.js';

const LIST = [
  { application: 'answer' },
  { application: 'playback', data: 'silence_stream://100' },
  { application: 'set', data: 'cti_done=yes' },
];
const CALLS = repeat(10, 100);

/** Records and outbox are on a small disk. */
function on(disk: TinyDisk, more: Partial<BedOptions> = {}): BedOptions {
  return {
    ...more,
    settings: (_ground, folder) => {
      // Where what must hold in the end looks for them.
      symlinkSync(join(disk.path, 'contacts.jsonl'), join(folder, 'contacts.jsonl'));
      return Promise.resolve({
        records: { file: join(disk.path, 'contacts.jsonl'), state_folder: join(disk.path, 'state') },
        callbacks: { folder: join(disk.path, 'outbox') },
      });
    },
  };
}

async function placed(bed: Bed, count: number): Promise<void> {
  const calls = await bed.calls(count, 50, { actions: LIST });
  await Promise.all(calls.map((call) => call.returned()));
}

const { missing } = TinyDisk;
if (missing !== undefined) {
  describe.skip(`a disk that is full or read-only (skipped: ${missing})`, () => {
    it('is not tried on this machine', () => undefined);
  });
} else {
  onEveryBed('a disk', ({ bed, kind }) => {
    it('that is full holds up no call, and takes everything when there is room again', async () => {
      // Large enough for the records of all calls.
      const disk = TinyDisk.mount(repeat(512, 8192));
      const one = await bed(on(disk));
      await placed(one, 3);
      for (let round = 0; round < repeat(1, 10); round += 1) {
        disk.fill();
        await placed(one, CALLS);
        await eventually('trouble with all files', () =>
          one.logged(/can not be written/).length >= (round + 1) * 3 ? true : undefined,
        );
        disk.free();
        await eventually('all files to be written again', () =>
          one.logged(/written again/).length >= (round + 1) * 3 ? true : undefined,
        );
      }
      await one.settled({ calls: 3 + repeat(1, 10) * CALLS });
      for (const what of ['contact records', 'contact journal', 'callbacks: the outbox']) {
        expect(one.logged(new RegExp(`${what} can not be written`)), what).toHaveLength(repeat(1, 10));
        expect(one.logged(new RegExp(`${what} (is|are) written again`)), what).toHaveLength(repeat(1, 10));
      }
      const segments = readdirSync(join(disk.path, 'outbox'), { recursive: true });
      expect(segments.filter((name) => String(name).endsWith('.jsonl'))).toHaveLength(0);
    });

    it('that is full keeps no record from a receiver for good, and is not what ends the daemon', async () => {
      const disk = TinyDisk.mount();
      const got: string[] = [];
      const one = await bed({
        settings: ({ app }, folder) => {
          const { url } = app.route(({ body }) => {
            got.push((JSON.parse(body) as { contact_id: string }).contact_id);
            return { status: 204 };
          });
          return Promise.resolve({
            records: {
              file: join(folder, 'contacts.jsonl'),
              state_folder: join(disk.path, 'state'),
              http: { url, retry_delay_ms: 10 },
            },
          });
        },
      });
      await placed(one, 2);
      await eventually('two records', () => (got.length === 2 ? true : undefined));
      disk.fill();
      await placed(one, CALLS);
      await eventually('trouble', () => one.logged(/contact records can not be spooled/).at(0));
      disk.free();
      await eventually('all records', () => (got.length >= 2 + CALLS ? true : undefined));
      await one.settled({ calls: 2 + CALLS });
      expect(new Set(got).size).toBe(2 + CALLS);
      one.logSaysOnce(/contact records can not be spooled/);
    });

    it('that is full when the daemon stops loses no line of the calls before', async () => {
      const disk = TinyDisk.mount();
      const one = await bed(on(disk));
      await placed(one, 3);
      await eventually('records', () =>
        existsSync(one.records) && readFileSync(one.records, 'utf8').split('\n').length === 4
          ? true
          : undefined,
      );
      disk.fill();
      await placed(one, CALLS);
      one.daemon.signal('SIGTERM');
      expect(await one.daemon.exited()).toEqual({ code: 0, signal: null });
      expect(one.logged(/contact records not written/)).toHaveLength(1);
      disk.free();
      const lines = readFileSync(one.records, 'utf8').split('\n').slice(0, -1);
      expect(lines.length).toBeGreaterThanOrEqual(3);
      for (const line of lines) expect(JSON.parse(line)).toMatchObject({ result: 'done' });
    });

    it('that limits the size of files does not end the daemon', async () => {
      const disk = TinyDisk.mount();
      const one = await bed(on(disk, { process: { prefix: ['prlimit', '--fsize=2000:unlimited'] } }));
      await placed(one, 8);
      await eventually('trouble', () => one.logged(/contact records can not be written/).at(0));
      expect(one.daemon.isRunning).toBe(true);
      execFileSync('prlimit', ['--pid', String(one.daemon.pid), '--fsize=unlimited']);
      await one.settled({ calls: 8 });
      one.logSaysOnce(/contact records can not be written/);
    });

    it('that is full of the log costs lines of it, and tells how many', async () => {
      const disk = TinyDisk.mount();
      const log = join(disk.path, 'log');
      const one = await bed({ process: { prefix: ['sh', '-c', `exec "$@" > ${log}`, 'sh'] } });
      disk.fill();
      await placed(one, CALLS);
      disk.free();
      await placed(one, 1);
      await one.settled({ calls: CALLS + 1 });
      const lines = readFileSync(log, 'utf8')
        .split('\n')
        .filter((line) => line.startsWith('{'));
      const told = lines.filter((line) => line.includes('log lines lost'));
      expect(told).toHaveLength(1);
      expect((JSON.parse(told[0] ?? '{}') as { lines: number }).lines).toBeGreaterThan(0);
    });

    it('that is full of recordings loses no call without a trace', async () => {
      const one = await bed();
      const folder = join(one.switch.recordings, `full-${process.pid}-${kind}`);
      mkdirSync(folder, { recursive: true });
      const disk = TinyDisk.mount(64, folder);
      disk.fill();
      const actions = [
        { application: 'answer' },
        { application: 'record_session', data: `${folder}/a.wav` },
        ...LIST,
      ];
      const call = await one.call({ actions });
      await call.returned();
      expect(await call.get('cti_done')).toBe('yes');
      // FreeSWITCH ends a call of which `record` can't write the file (mod_dptools.c record_function).
      const record = [
        { application: 'answer' },
        { application: 'record', data: `${folder}/b.wav 1` },
        ...LIST,
      ];
      await one.call({ actions: record });
      await one.settled({ calls: 2, ends: ['done', 'hung_up'] });
    });

    it('that is read-only when the daemon starts holds up no call, and is written when it can be', async () => {
      const disk = TinyDisk.mount();
      const settings: BedOptions['settings'] = (_ground, folder) => {
        symlinkSync(join(disk.path, 'contacts.jsonl'), join(folder, 'contacts.jsonl'));
        disk.readOnly();
        return Promise.resolve({
          records: { file: join(disk.path, 'contacts.jsonl'), state_folder: join(disk.path, 'state') },
        });
      };
      const one = await bed({ settings });
      await placed(one, 3);
      await eventually('trouble', () => one.logged(/contact records can not be written/).at(0));
      disk.writable();
      await one.settled({ calls: 3 });
      one.logSaysOnce(/contact records can not be written/);
      one.logSaysOnce(/contact journal can not be written/);
    });
  });

  describe('a daemon whose promises the disk can not keep', () => {
    it('does not start, and says why in one line', async () => {
      const disk = TinyDisk.mount();
      disk.readOnly();
      const receiver = await CallbackReceiver.start();
      try {
        for (const [settings, code] of [
          [
            { callbacks: { folder: join(disk.path, 'outbox'), receivers: { crm: receiver.settings } } },
            'callbacks_unwritable',
          ],
          [{ audit_log: { file: join(disk.path, 'audit.jsonl') } }, 'audit_log_unwritable'],
        ] as const) {
          const refused = await DaemonProcess.start(settings).then(
            () => 'it started',
            (error: unknown) => String(error),
          );
          expect(refused).toContain(code);
          expect(refused.split('\n').filter((line) => line.includes(code))).toHaveLength(1);
        }
      } finally {
        await receiver.stop();
      }
    });

    it('does what an operator asks, and writes who it was into the log instead of the audit log', async () => {
      const disk = TinyDisk.mount();
      const file = join(disk.path, 'audit.jsonl');
      const daemon = await DaemonProcess.start({
        audit_log: { file },
        log: { level: 'info', format: 'json' },
      });
      try {
        const reload = (): Promise<number> =>
          fetch(`${daemon.httpOrigin}/v1/reload`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ what: 'config' }),
          }).then(({ status }) => status);
        expect(await reload()).toBe(200);
        const [before = ''] = readFileSync(file, 'utf8').split('\n');
        disk.fill();
        // What is left of the last page takes some lines, and one of them in part.
        for (let n = 0; n < 40; n += 1) expect(await reload()).toBe(200);
        const instead = daemon.log.filter(({ code_of_file: code }) => code === 'audit_log_unwritable');
        expect(instead.length).toBeGreaterThan(0);
        disk.free();
        expect(await reload()).toBe(200);
        const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
        const whole = lines.filter((line) => line.endsWith('}'));
        expect(whole).toHaveLength(42 - instead.length);
        for (const line of whole) expect(JSON.parse(line)).toMatchObject({ action: 'reload' });
        expect(lines[0]).toBe(before);
      } finally {
        await daemon.stop();
      }
    });
  });
}
