import { execFile } from 'node:child_process';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { KEEP_FREED_MEMORY } from '../bench/bed.js';
import { Children, type Child } from '../bench/children.js';
import { reserveManyMediaPorts } from '../bench/media-ports.js';
import { prioritize, PRIORITY } from '../bench/priority.js';
import { addSipProfile } from '../bench/sip-profile.js';
import { Undo } from '../bench/undo.js';
import { type RealSwitch, startRealSwitch } from '../freeswitch/switch.js';
import { within } from '../support/eventually.js';
import { Line } from '../support/line.js';
import { freeSipPort, freeTcpPort } from '../support/ports.js';
import { CallersProcess } from './callers-process.js';
import { writeConfiguration } from './configuration.js';
import { SoakDaemon } from './daemon.js';
import { soakDialplan } from './dialplan.js';
import type { AppOrder, ReceiverOrder, Tally } from './orders.js';

/** Three quarters of a thousand calls at a time. */
const MEDIA_PORTS = 2000;
const START_LIMIT_MS = 90_000;

/** Everything that the mix needs: FreeSWITCH, two daemons that share its calls, an app, a receiver, callers. */
export class SoakBed {
  readonly folder: string;
  readonly freeswitch: RealSwitch;
  readonly a: SoakDaemon;
  readonly b: SoakDaemon;
  readonly callers: CallersProcess;
  /** Between the daemons and FreeSWITCH's Event Socket. */
  readonly eventSocket: Line;
  readonly #binary: string;
  readonly #app: Child;
  readonly #receiver: Child;
  readonly #reconfigure: (daemon: SoakDaemon, turn: number) => Promise<void>;

  private constructor(
    parts: Pick<SoakBed, 'folder' | 'freeswitch' | 'a' | 'b' | 'callers' | 'eventSocket'> & {
      binary: string;
      app: Child;
      receiver: Child;
      reconfigure: (daemon: SoakDaemon, turn: number) => Promise<void>;
    },
  ) {
    this.folder = parts.folder;
    this.freeswitch = parts.freeswitch;
    this.a = parts.a;
    this.b = parts.b;
    this.callers = parts.callers;
    this.eventSocket = parts.eventSocket;
    this.#binary = parts.binary;
    this.#app = parts.app;
    this.#receiver = parts.receiver;
    this.#reconfigure = parts.reconfigure;
  }

  /** `onStop` is told at once how to undo what was started, should the run be interrupted on the way. */
  static async start(
    binary: string,
    folder: string,
    onStop: (stop: () => Promise<void>) => void,
  ): Promise<SoakBed> {
    const undo = new Undo();
    onStop(() => undo.all());
    await mkdir(folder, { recursive: true });
    const children = new Children();
    undo.push(() => children.stopAll());
    const { child: app, greeting: appAt } = await children.startScript('web service', '../soak/app.ts');
    const { child: receiver, greeting: receiverAt } = await children.startScript(
      'receiver of callbacks',
      '../soak/receiver.ts',
    );
    prioritize(app.pid, PRIORITY.app);
    prioritize(receiver.pid, PRIORITY.app);
    const ports = {
      app: (appAt as { port: number }).port,
      receiver: (receiverAt as { port: number }).port,
      a: await freeTcpPort(),
      b: await freeTcpPort(),
    };
    const media = await reserveManyMediaPorts(MEDIA_PORTS);
    undo.push(() => media.release());
    const freeswitch = await within(
      'FreeSWITCH to start',
      startRealSwitch({
        binary,
        coreDumps: true,
        extraDialplan: soakDialplan(ports),
        env: KEEP_FREED_MEMORY,
        globals: { rtp_start: String(media.first), rtp_end: String(media.last) },
      }),
      START_LIMIT_MS,
    );
    undo.push(() => freeswitch.stop());
    const sipPort = await freeSipPort();
    await addSipProfile(freeswitch, sipPort);
    const eventSocket = await Line.before(freeswitch.eventSocketPort);
    undo.push(() => eventSocket.close());

    const configuration = await writeConfiguration(folder, {
      app: ports.app,
      receiver: ports.receiver,
      eventSocket: eventSocket.port,
      password: freeswitch.eventSocketPassword,
    });
    const [a, b] = await Promise.all(
      (['a', 'b'] as const).map(async (name) => {
        const daemon = new SoakDaemon({
          name,
          config: join(folder, `${name}.yaml`),
          socketPort: ports[name],
          httpPort: await freeTcpPort(),
          logFile: join(folder, `${name}.log`),
        });
        await configuration.write(daemon.place, 0);
        await daemon.start();
        undo.push(() => daemon.end('SIGKILL', 5000));
        return daemon;
      }),
    );
    if (a === undefined || b === undefined) throw new Error('the daemons did not start');
    const callers = await CallersProcess.start(children, sipPort);
    // First of all the callers, or there would be new calls while the switch waits for the last to end.
    undo.push(() => children.stopAll());
    return new SoakBed({
      folder,
      freeswitch,
      a,
      b,
      callers,
      eventSocket,
      binary,
      app,
      receiver,
      reconfigure: (daemon, turn) => configuration.write(daemon.place, turn),
    });
  }

  app(state: AppOrder['state']): Promise<unknown> {
    return tell(this.#app, { type: 'app', state });
  }

  receiver(state: 'up' | 'down'): Promise<unknown> {
    return tell(this.#receiver, { type: 'receiver', state });
  }

  tally(): Promise<Tally> {
    return tell(this.#receiver, { type: 'tally' }) as Promise<Tally>;
  }

  /** Both daemons read a configuration that is a little different from the one they have. */
  async reload(turn: number): Promise<void> {
    for (const daemon of [this.a, this.b]) {
      await this.#reconfigure(daemon, turn);
      daemon.signal('SIGHUP');
    }
  }

  async channels(): Promise<number> {
    return Number.parseInt(await this.freeswitch.api('show channels count'), 10);
  }

  /** What daemons have left in FreeSWITCH: claims on channels (mod_hash), and guards of them (its scheduler). */
  async marks(): Promise<number> {
    const claims = await this.freeswitch.api('hash_dump db switchhook');
    const tasks = await this.freeswitch.api('show tasks');
    return (claims.match(/^D\/switchhook_/gm) ?? []).length + (tasks.match(/cti_guard_/g) ?? []).length;
  }

  /** Why FreeSWITCH ended, as far as it can be told: signal, the end of its log, where its core says it was. */
  async autopsy(): Promise<string> {
    const { folder } = this.freeswitch;
    const log = await this.freeswitch.log().catch(() => '');
    const lines = [`FreeSWITCH ended: ${this.freeswitch.ended() ?? 'no'}`, ...log.split('\n').slice(-40)];
    const core = (await readdir(folder)).find((name) => name.startsWith('core'));
    if (core !== undefined) {
      const args = ['-batch', '-ex', 'bt 30', this.#binary, join(folder, core)];
      const backtrace = await promisify(execFile)('gdb', args, { maxBuffer: 64e6, timeout: 120_000 }).then(
        ({ stdout }) =>
          stdout
            .split('\n')
            .filter((line) => !line.startsWith('[New LWP'))
            .slice(-60)
            .join('\n'),
        (error: unknown) => `gdb: ${String(error).slice(0, 500)}`,
      );
      lines.push(backtrace);
      // The next one would have the same name, and they are large.
      await rm(join(folder, core), { force: true });
    }
    const text = `${lines.join('\n')}\n`;
    await writeFile(join(this.folder, `freeswitch-${Date.now()}.txt`), text);
    return text;
  }

  async records(): Promise<string[]> {
    const folder = join(this.folder, 'records');
    const names = await readdir(folder).catch((): string[] => []);
    return names.filter((name) => /^contacts.*\.jsonl$/.test(name)).map((name) => join(folder, name));
  }
}

function tell(child: Child, order: AppOrder | ReceiverOrder): Promise<unknown> {
  const ended = child.ended();
  if (ended !== undefined) throw new Error(ended);
  const answered = new Promise((resolve) => child.process.once('message', resolve));
  child.process.send(order);
  return within(`${child.name} to do as it is told`, answered, 20_000);
}
