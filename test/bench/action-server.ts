/**
 * A daemon that serves actions, and beside it in the same process a bare fastify that answers the same bytes:
 * whatever else this machine does, it does to both.
 */
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import Fastify from 'fastify';
import type * as Schema from '../../src/config/schema.js';
import type * as DaemonModule from '../../src/daemon.js';
import type * as Log from '../../src/telemetry/log.js';
import { DAEMON } from './peers.js';
import type { ActionServerGreeting, CpuReport } from './parts/actions.js';

/** The build that the rest of the benchmark measures, too: what runs TypeScript as it is adds to it. */
const built = async <Module>(file: string): Promise<Module> =>
  (await import(new URL(file, pathToFileURL(DAEMON)).href)) as Module;
const { configSchema } = await built<typeof Schema>('../config/schema.js');
const { startDaemon } = await built<typeof DaemonModule>('../daemon.js');
const { createLogger } = await built<typeof Log>('../telemetry/log.js');

const FLOW = `
start: hello
error: bye
blocks:
  hello: { type: play_prompt, prompt: { file: /srv/prompts/hello.wav }, next: menu }
  menu:
    type: menu
    prompt: { file: /srv/prompts/menu.wav }
    choices: { '1': operator, '2': bye }
    exits: { no_input: bye, no_match: bye }
  operator: { type: transfer, to: { user: operator }, next: bye, exits: { error: bye } }
  bye: { type: disconnect }
`;

const folder = await mkdtemp(join(tmpdir(), 'switchhook-bench-actions-'));
await mkdir(join(folder, 'flows'));
await writeFile(join(folder, 'flows/menu.yaml'), FLOW);

const config = configSchema.parse({
  listen: { host: '127.0.0.1', port: 0 },
  http: { host: '127.0.0.1', port: 0 },
  policies: { default: { play: { roots: ['/srv/prompts'] } } },
  flows: { folder: join(folder, 'flows'), versions_folder: join(folder, 'versions') },
  actions: {
    token_key: 'a key for the benchmark',
    entries: {
      static: {
        list: [
          { application: 'answer' },
          { application: 'playback', data: '/srv/prompts/hello.wav' },
          { application: 'bridge', data: 'user/10001' },
        ],
      },
      flow: { flow: 'menu' },
    },
  },
});
const log = createLogger(config.log, { write: () => undefined });
const daemon = await startDaemon(config, { log });

const origin = `http://127.0.0.1:${daemon.httpPort}`;
const paths = {
  static: '/v1/actions/static?number=7001',
  flow: '/v1/actions/flow?number=7001&caller=03012345&uuid=1f3b7c1e-7d0c-4a83-9f27-3b2f5f1c0a11',
};
const bare = Fastify();
for (const [name, path] of Object.entries(paths)) {
  const body = await (await fetch(`${origin}${path}`)).text();
  bare.get(`/${name}`, (_request, reply) =>
    reply
      .header('content-type', 'application/json; charset=utf-8')
      .header('cache-control', 'no-store')
      .send(body),
  );
}
const bareOrigin = await bare.listen({ host: '127.0.0.1', port: 0 });

process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuMs: (user + system) / 1000 } satisfies CpuReport);
});
process.once('SIGTERM', () => {
  void Promise.all([daemon.stop(), bare.close()])
    .then(() => rm(folder, { recursive: true, force: true }))
    .finally(() => process.exit(0));
});
process.send?.({
  urls: {
    static: `${origin}${paths.static}`,
    flow: `${origin}${paths.flow}`,
    // With the same query: reading it is part of what fastify does.
    bareStatic: `${bareOrigin}/static${paths.static.slice(paths.static.indexOf('?'))}`,
    bareFlow: `${bareOrigin}/flow${paths.flow.slice(paths.flow.indexOf('?'))}`,
  },
} satisfies ActionServerGreeting);
