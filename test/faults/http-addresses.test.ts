import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { flowsIn } from '../support/flows.js';
import { type Answers, NameServer } from '../support/name-server.js';
import { type Bed, type BedOptions, onEveryBed } from './bed.js';
import { repeat } from './form.js';

const WATCH = join(import.meta.dirname, '../support/watch-connects.ts');
const LIST = [{ application: 'answer' }, { application: 'set', data: 'cti_after=ran' }];
const METADATA = '169.254.169.254';

/** A service that apps may not make the daemon ask: on an address of its own. */
async function internal(): Promise<{ readonly port: number; readonly seen: string[] }> {
  const seen: string[] = [];
  const port = await serve('127.0.0.9', (request, response) => {
    seen.push(request.url ?? '');
    response.end(JSON.stringify(LIST));
  });
  return { port, seen };
}

async function serve(host: string, answer: http.RequestListener, port = 0): Promise<number> {
  const server = http.createServer(answer);
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Addresses to which the daemon began to connect. */
function connectsOf(one: Bed): Set<string> {
  return new Set(one.logged(/^connects to /).map((line) => line.slice('connects to '.length)));
}

async function errorOf(one: Bed, url: string): Promise<string> {
  const call = await one.call({ url });
  await call.returned();
  expect(await call.alive()).toBe(true);
  return (await call.get('cti_error')) ?? (await call.get('cti_status')) ?? 'unreached';
}

const SETTINGS = {
  app: { policy: 'suite', retry_delay_ms: 10, connect_timeout_ms: 1000, total_timeout_ms: 3000 },
  egress: { denied_addresses: ['127.0.0.9/32'] },
};

onEveryBed(
  'an app that leads elsewhere',
  ({ bed }) => {
    const watched = (options: BedOptions = {}): Promise<Bed> =>
      bed({
        settings: SETTINGS,
        ...options,
        process: { nodeArguments: ['--import', 'tsx', '--import', WATCH], ...options.process },
      });

    it('by a redirect is not followed', async () => {
      const { port, seen } = await internal();
      const one = await watched();
      const targets = [
        `http://127.0.0.9:${port}/redirected`,
        `http://${METADATA}/latest/meta-data/`,
        '//127.0.0.9/',
        'file:///etc/passwd',
      ];
      const codes = [301, 302, 303, 307, 308];
      let calls = 0;
      for (const location of targets) {
        for (const status of codes) {
          const { url } = one.app.route(() => ({ status, headers: { location }, body: '' }));
          expect(await errorOf(one, url)).toBe('http_status');
          calls += 1;
        }
      }
      expect(seen).toEqual([]);
      await one.settled({ calls, ends: ['failed'], errors: ['http_status'] });
      expect(connectsOf(one)).toEqual(new Set(['127.0.0.1']));
      expect(one.logged(/"code":"http_status".*redirects are not followed.*app failed/)).toHaveLength(calls);
    });

    it('by a list that names internal addresses, however they are written, is refused', async () => {
      const { port, seen } = await internal();
      const one = await watched();
      const hosts = [
        ...['127.0.0.9', '127.0.0.09', '127.9', '0x7f.0.0.9', '0177.0.0.011', '2130706441'],
        ...['[::ffff:127.0.0.9]', '[::ffff:7f00:9]', '[::127.0.0.9]', '[64:ff9b::7f00:9]', '[2002:7f00:9::]'],
        ...[METADATA, '2852039166', '0xa9fea9fe', '169.254.43518', `[::ffff:${METADATA}]`],
        ...[
          '0',
          '0.0.0.0',
          '[::]',
          '255.255.255.255',
          '224.0.0.1',
          '[ff02::1]',
          '[fe80::1]',
          '[fd00:ec2::254]',
        ],
        ...['100.100.100.200', '１２７.0.0.9', '127。0。0。9'],
      ];
      for (const host of hosts) {
        const { url } = one.app.list([
          { application: 'cti_curl', data: `http://${host}:${port}/reached`, on_error: 'stop' },
        ]);
        // A way of writing that is no URL is as good.
        expect.soft(await errorOf(one, url), host).toMatch(/^(egress_refused|invalid_url|action_refused)$/);
      }
      expect(seen).toEqual([]);
      await one.settled({ calls: hosts.length, ends: ['failed'] });
      expect(connectsOf(one)).toEqual(new Set(['127.0.0.1']));
    });

    const missing = NameServer.missing;
    const names = missing === undefined ? it : it.skip;
    const title = (text: string): string => (missing === undefined ? text : `${text} (skipped: ${missing})`);
    const serverOf = async (answer: (name: string, count: number) => Answers): Promise<NameServer> => {
      const server = await NameServer.start(answer);
      onTestFinished(() => server.stop());
      return server;
    };

    names(title('by its name, at once or later, is refused before anything is connected'), async () => {
      const { port, seen } = await internal();
      // The same port on both addresses: only the name decides which it is.
      await serve(
        '127.0.0.1',
        (_request, response) => {
          response.setHeader('connection', 'close');
          response.end(JSON.stringify(LIST));
        },
        port,
      );
      const rebinding = (after: string) => (count: number) => (count === 1 ? ['127.0.0.1'] : [after]);
      const answers: Readonly<Record<string, (count: number) => readonly string[]>> = {
        'good.test': () => ['127.0.0.1'],
        'metadata.test': () => [METADATA],
        'mixed.test': () => [METADATA, '127.0.0.9', '127.0.0.1'],
        'rebinds.test': rebinding('127.0.0.9'),
        'rebinds-away.test': rebinding(METADATA),
        'nowhere.test': () => [],
        'unspecified.test': () => ['0.0.0.0'],
      };
      const server = await serverOf((name, count) => answers[name]?.(count) ?? []);
      const one = await watched({ process: { prefix: server.prefix } });
      const ask = (name: string): Promise<string> => errorOf(one, `http://${name}:${port}/`);
      expect(await ask('good.test')).toBe('done');
      expect(await ask('metadata.test')).toBe('egress_refused');
      expect(await ask('unspecified.test')).toBe('egress_refused');
      expect(await ask('nowhere.test')).toBe('dns_failed');
      expect(await ask('mixed.test')).toBe('done');
      for (const name of ['rebinds.test', 'rebinds-away.test']) {
        expect(await ask(name)).toBe('done');
        for (let round = 0; round < repeat(3, 30); round += 1) expect(await ask(name)).toBe('egress_refused');
      }
      expect(seen).toEqual([]);
      const calls = 5 + 2 + 2 * repeat(3, 30);
      await one.settled({ calls, ends: ['done', 'failed'], errors: ['egress_refused', 'dns_failed'] });
      expect(connectsOf(one)).toEqual(new Set(['127.0.0.1']));
      one.logSaysOnce(/"code":"egress_refused","detail":"metadata\.test:.*"app failed"/);
    });

    names(title('by the name of a function that rebinds is refused as well'), async () => {
      const { port, seen } = await internal();
      const answer: http.RequestListener = (_request, response) => {
        response.setHeader('connection', 'close');
        response.end('{"found":"yes"}');
      };
      await serve('127.0.0.1', answer, port);
      const server = await serverOf((_name, count) => [count === 1 ? '127.0.0.1' : '127.0.0.9']);
      const one = await watched({
        settings: async (_ground, folder) => ({ ...SETTINGS, ...(await functionFlow(folder, port)) }),
        process: { prefix: server.prefix },
      });
      const told = async (): Promise<string | undefined> => {
        const call = await one.call({ flow: 'asks' });
        await call.returned();
        return call.get('cti_told');
      };
      expect(await told()).toBe('yes');
      for (let round = 0; round < 3; round += 1) expect(await told()).toMatch(/^function_/);
      expect(seen).toEqual([]);
      await one.settled({ calls: 4, ends: ['done'] });
      expect(connectsOf(one)).toEqual(new Set(['127.0.0.1']));
    });

    names(title('to a name of which nobody knows keeps no other app from being asked'), async () => {
      const port = await serve('127.0.0.1', (_request, response) => {
        response.setHeader('connection', 'close');
        response.end(JSON.stringify(LIST));
      });
      const server = await serverOf((name) => (name === 'silent.test' ? 'silent' : ['127.0.0.1']));
      const one = await watched({ process: { prefix: server.prefix } });
      const lost = await one.calls(repeat(30, 200), 60, { url: `http://silent.test:${port}/` });
      for (let count = 0; count < 5; count += 1)
        expect(await errorOf(one, `http://good.test:${port}/`)).toBe('done');
      await Promise.all(lost.map((call) => call.returned()));
      const errors = await Promise.all(lost.map((call) => call.get('cti_error')));
      expect(errors.filter((error) => error !== 'dns_failed' && error !== 'circuit_open')).toEqual([]);
      // Once at a time, twice per question, for as long as anybody asks.
      expect(server.asked.filter((name) => name === 'silent.test').length).toBeLessThan(8);
      await one.settled({ calls: lost.length + 5, ends: ['done', 'failed'] });
    });
  },
  { on: 'simulator' },
);

const ASKS = `
start: ask
error: failed
blocks:
  ask: { type: invoke_function, function: fetch, next: told }
  told: { type: set_attributes, attributes: { told: { value: $.External.found, export: true } }, next: back }
  failed: { type: set_attributes, attributes: { told: { value: $.Error.Code, export: true } }, next: back }
  back: { type: end }
`;

async function functionFlow(folder: string, port: number): Promise<Readonly<Record<string, unknown>>> {
  const flows = join(folder, 'asking');
  await mkdir(flows);
  await writeFile(join(flows, 'asks.yaml'), ASKS);
  const file = join(folder, 'functions.yaml');
  const fetch = { url: `http://function.test:${port}/`, timeout_ms: 2000, retries: 1, retry_delay_ms: 10 };
  await writeFile(file, JSON.stringify({ functions: { fetch } }));
  return { ...flowsIn(flows), functions: { file } };
}
