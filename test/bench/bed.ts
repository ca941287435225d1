import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RealSwitch, startRealSwitch } from '../freeswitch/switch.js';
import { within } from '../support/eventually.js';
import { freeSipPort, freeTcpPort } from '../support/ports.js';
import { type Child, Children } from './children.js';
import { dialplanXml, extensions, LUA_SCRIPT, type Ports } from './dialplan.js';
import { FOREIGN_EVENTS_FILE, FOREIGN_EVENTS_SCRIPT } from './foreign-events.js';
import { Generator } from './generator.js';
import { reserveManyMediaPorts } from './media-ports.js';
import { type PeerName, startPeer } from './peers.js';
import { prioritize, PRIORITY } from './priority.js';
import { addSipProfile } from './sip-profile.js';
import { Undo } from './undo.js';

/**
 * glibc gives freed memory back to the kernel and takes it again, cleared page by page: with 1.6 MB per `socket`
 * (mod_event_socket.c socket_function, two queues) that is up to a quarter of FreeSWITCH's CPU. These settings keep it;
 * docs/guide/operations.md tells users of them.
 */
export const KEEP_FREED_MEMORY = {
  MALLOC_TRIM_THRESHOLD_: '4294967295',
  MALLOC_MMAP_THRESHOLD_: '33554432',
  MALLOC_TOP_PAD_: '67108864',
};

/** Its own limits are shorter; this one is for what they don't see. Its watchdog ends it when we end. */
const START_LIMIT_MS = 90_000;

/** Everything that a run needs, started: FreeSWITCH, the web service, the call generator, and peers on demand. */
export class Bed {
  readonly freeswitch: RealSwitch;
  readonly app: Child;
  readonly generator: Generator;
  readonly #children: Children;
  readonly #ports: Ports;
  readonly #folder: string;
  readonly #processes = new Map<PeerName, Child | undefined>();

  private constructor(
    parts: Pick<Bed, 'freeswitch' | 'app' | 'generator'> & {
      children: Children;
      ports: Ports;
      folder: string;
    },
  ) {
    this.freeswitch = parts.freeswitch;
    this.app = parts.app;
    this.generator = parts.generator;
    this.#children = parts.children;
    this.#ports = parts.ports;
    this.#folder = parts.folder;
  }

  /** `onStop` is told at once how to undo what was started, should the run be interrupted on the way. */
  static async start(
    binary: string,
    onStop: (stop: () => Promise<void>) => void,
    { mediaPorts = 4000 }: { readonly mediaPorts?: number } = {},
  ): Promise<Bed> {
    const undo = new Undo();
    onStop(() => undo.all());
    const folder = await mkdtemp(join(tmpdir(), 'switchhook-bench-'));
    undo.push(() => rm(folder, { recursive: true, force: true }));
    const children = new Children();
    undo.push(() => children.stopAll());

    const { child: app, greeting } = await children.startScript('web service', 'http-app.ts');
    prioritize(app.pid, PRIORITY.app);
    const { http, https } = greeting as { http: number; https: number };
    const ports: Ports = {
      app: http,
      appTls: https,
      switchhook: await freeTcpPort(),
      switchhookContext: await freeTcpPort(),
      switchhookAttached: await freeTcpPort(),
      esl: await freeTcpPort(),
      eslAllEvents: await freeTcpPort(),
      modesl: await freeTcpPort(),
      bare: await freeTcpPort(),
      bareHold: await freeTcpPort(),
    };
    await writeFile(join(folder, FOREIGN_EVENTS_FILE), FOREIGN_EVENTS_SCRIPT);
    const luaScript = join(folder, 'ask.lua');
    await writeFile(luaScript, LUA_SCRIPT);

    const media = await reserveManyMediaPorts(mediaPorts);
    undo.push(() => media.release());
    const freeswitch = await within(
      'FreeSWITCH to start',
      startRealSwitch({
        binary,
        extraDialplan: dialplanXml(extensions(ports, luaScript)),
        env: KEEP_FREED_MEMORY,
        globals: {
          // As docs and dialplan/README.md tell users to name their daemons: once, for all calls.
          switchhook_hosts: `127.0.0.1:${ports.switchhookContext}`,
          app_port: String(http),
          app_tls_port: String(https),
          rtp_start: String(media.first),
          rtp_end: String(media.last),
        },
      }),
      START_LIMIT_MS,
    );
    undo.push(() => freeswitch.stop());
    undo.push(() => freeswitch.api('hupall NORMAL_CLEARING'));
    // First of all the generator, or there would be new calls while the switch waits for the last to end.
    undo.push(() => children.stopAll());
    const sipPort = await freeSipPort();
    await addSipProfile(freeswitch, sipPort);
    const generator = await Generator.start(children, sipPort);
    return new Bed({ freeswitch, app, generator, children, ports, folder });
  }

  /** The process behind a peer, started when needed; undefined for a peer inside FreeSWITCH. */
  async peer(name: PeerName): Promise<Child | undefined> {
    const known = this.#processes.get(name);
    if (known !== undefined && known.ended() === undefined) return known;
    const child = await startPeer(name, {
      children: this.#children,
      ports: this.#ports,
      folder: this.#folder,
      freeswitch: this.freeswitch,
    });
    if (child !== undefined) prioritize(child.pid, PRIORITY.peer);
    this.#processes.set(name, child);
    return child;
  }

  /** A process that has done nothing yet. */
  async freshPeer(name: PeerName): Promise<Child | undefined> {
    await this.#processes.get(name)?.stop();
    return await this.peer(name);
  }

  /** A further process of this run: a file of the benchmark. */
  startScript(
    name: string,
    file: string,
    env: Readonly<Record<string, string>>,
  ): Promise<{ readonly child: Child; readonly greeting: unknown }> {
    return this.#children.startScript(name, file, { env });
  }

  /** A file of this run. */
  file(name: string): string {
    return join(this.#folder, name);
  }

  /** Sessions that FreeSWITCH holds now (mod_commands.c, status_function: "%u session(s) - peak"). */
  async sessions(): Promise<number> {
    return Number(/^(\d+) session\(s\) - /m.exec(await this.freeswitch.api('status'))?.[1] ?? NaN);
  }

  /** What FreeSWITCH complained about in this run, by kind. */
  async complaints(): Promise<Readonly<Record<string, number>>> {
    const counts: Record<string, number> = {};
    for (const line of (await this.freeswitch.log()).split('\n')) {
      const text = /\[(?:WARNING|ERR|CRIT|ALERT)\] \S+ (.*)/.exec(line)?.[1];
      if (text === undefined) continue;
      const kind = text.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}|\d+/g, '#').slice(0, 120);
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
    return counts;
  }

  /** Waits until no call is left; ends by force what is still there after the time, and says how many that were. */
  async drain(timeoutMs = 3000): Promise<number> {
    const untilMs = performance.now() + timeoutMs;
    for (;;) {
      const left = await this.sessions();
      if (left === 0) return 0;
      if (performance.now() > untilMs) {
        await this.freeswitch.api('hupall NORMAL_CLEARING');
        const forcedUntilMs = performance.now() + 2000;
        while ((await this.sessions()) > 0 && performance.now() < forcedUntilMs) await pause(50);
        return left;
      }
      await pause(50);
    }
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
