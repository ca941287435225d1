import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { eventually } from '../support/eventually.js';
import { freeTcpPort } from '../support/ports.js';
import { type Child, type Children, MEMORY_PROBE_FLAGS } from './children.js';
import type { Ports } from './dialplan.js';

/** What is compared. The floor, mod_httapi and lua live inside FreeSWITCH; the others are processes beside it. */
export const PEERS = [
  'floor',
  'bare',
  'switchhook',
  'switchhook_context',
  'switchhook_attached',
  'mod_httapi',
  'lua',
  'esl',
  'modesl',
  'esl_all_events',
] as const;
export type PeerName = (typeof PEERS)[number];

/** `esl_all_events` is the `esl` package with its defaults; only on request, as it is slower than what it advises. */
export const DEFAULT_PEERS: readonly PeerName[] = PEERS.filter((peer) => peer !== 'esl_all_events');

export const PEER_NOTES: Readonly<Record<PeerName, string>> = {
  floor: 'the same actions in the dialplan, nobody is asked',
  bare: 'raw TCP, sync socket, fixed list, nobody is asked',
  switchhook: 'this daemon, reached by a socket action in the dialplan, as esl and modesl are',
  switchhook_context: 'this daemon, reached through dialplan/switchhook.xml',
  switchhook_attached: 'this daemon, which takes parked calls over its own connections',
  mod_httapi: 'inside FreeSWITCH, asks over HTTP per call',
  lua: 'dialplan script with mod_curl, inside FreeSWITCH',
  esl: 'npm esl 11, async full, all_events: false',
  modesl: 'npm modesl 1, async full, myevents',
  esl_all_events: 'npm esl 11, async full, its defaults',
};

/** The build in `dist/`, or another one to compare it with. */
export const DAEMON =
  process.env['BENCH_DAEMON'] ?? fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** Why a peer cannot take part, or undefined. */
export function unavailable(peer: PeerName): string | undefined {
  return peer.startsWith('switchhook') && !existsSync(DAEMON) ? 'dist/ is missing: npm run build' : undefined;
}

interface StartContext {
  readonly children: Children;
  readonly ports: Ports;
  readonly folder: string;
  /** Of the switch that it attaches calls on. */
  readonly freeswitch?: { readonly eventSocketPort: number; readonly eventSocketPassword: string };
}

/** The process behind a peer, listening; undefined for those inside FreeSWITCH. */
export async function startPeer(peer: PeerName, context: StartContext): Promise<Child | undefined> {
  const { children, ports } = context;
  const script = async (file: string, port: number, env: Record<string, string> = {}): Promise<Child> => {
    const { child } = await children.startScript(peer, file, {
      flags: MEMORY_PROBE_FLAGS,
      env: { BENCH_PORT: String(port), NODE_NO_WARNINGS: '1', ...env },
    });
    return child;
  };
  switch (peer) {
    case 'floor':
    case 'mod_httapi':
    case 'lua':
      return undefined;
    case 'bare':
      return await script('peers/bare-server.ts', ports.bare, { BENCH_HOLD_PORT: String(ports.bareHold) });
    case 'esl':
      return await script('peers/esl-server.ts', ports.esl);
    case 'esl_all_events':
      return await script('peers/esl-server.ts', ports.eslAllEvents, { BENCH_ALL_EVENTS: 'true' });
    case 'modesl':
      return await script('peers/modesl-server.ts', ports.modesl);
    case 'switchhook':
      return await startSwitchhook(context, ports.switchhook);
    case 'switchhook_context':
      return await startSwitchhook(context, ports.switchhookContext);
    case 'switchhook_attached': {
      if (context.freeswitch === undefined) throw new Error('there is no switch to attach calls on');
      const { eventSocketPort: port, eventSocketPassword: password } = context.freeswitch;
      const main = { host: '127.0.0.1', port, password };
      return await startSwitchhook(context, ports.switchhookAttached, {
        instance: 'bench',
        switches: { main },
      });
    }
  }
}

async function startSwitchhook(
  { children, ports, folder }: StartContext,
  port: number,
  more: object = {},
): Promise<Child> {
  const httpPort = await freeTcpPort();
  const config = join(folder, `switchhook-${port}.yaml`);
  await writeFile(
    config,
    stringify({
      listen: { host: '127.0.0.1', port },
      http: { host: '127.0.0.1', port: httpPort, rate_limit: { per_minute: 1_000_000 } },
      log: { level: 'warn' },
      limits: { calls: 20_000 },
      ...more,
      endpoints: {
        'bench-tls': {
          url: `https://127.0.0.1:${ports.appTls}/actions?number={destination_number}`,
          ca_file: fileURLToPath(new URL('tls/cert.pem', import.meta.url)),
        },
      },
    }),
  );
  const child = children.start('switchhook', process.execPath, [
    ...MEMORY_PROBE_FLAGS,
    DAEMON,
    'serve',
    '--config',
    config,
  ]);
  await eventually('switchhook', async () => {
    const ended = child.ended();
    if (ended !== undefined) throw new Error(ended);
    return (await isReady(httpPort)) || undefined;
  });
  return child;
}

/** Listening, and connected to its switches. */
async function isReady(port: number): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`);
    return ((await answer.json()) as { status?: string }).status === 'ok';
  } catch {
    return false;
  }
}
