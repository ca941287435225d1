import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { accessSync, constants, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EslClient } from '../../esl/client.js';
import { AppError } from '../../errors.js';
import { WATCHED_EVENTS } from '../switch-watch.js';
import { DEMO_CALLER, DEMO_DOMAIN, DEMO_NUMBER, demoDialplan, demoDirectory } from './switch.js';
import type { DemoSwitch, DemoSwitchOptions } from './switch.js';

const USUAL_FOLDERS = [
  '/usr/bin',
  '/usr/local/bin',
  '/usr/local/freeswitch/bin',
  '/opt/freeswitch/bin',
  '/opt/homebrew/bin',
];

const START_TIMEOUT_MS = 30_000;

/** @throws AppError freeswitch_missing */
export function findFreeswitch(env: Readonly<Record<string, string | undefined>>): string {
  const named = env['FREESWITCH_BIN'];
  const candidates =
    named !== undefined && named !== ''
      ? [named]
      : [...(env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== ''), ...USUAL_FOLDERS].map(
          (folder) => join(folder, 'freeswitch'),
        );
  const found = candidates.find(isExecutable);
  if (found === undefined) {
    throw new AppError(
      'freeswitch_missing',
      named ? `FREESWITCH_BIN is ${named}` : 'looked in PATH and the usual folders',
    );
  }
  return found;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Starts a FreeSWITCH of its own, on loopback ports and with a configuration made for this one call. */
export async function startFreeswitch(binary: string, options: DemoSwitchOptions): Promise<DemoSwitch> {
  const port = await freePort();
  const password = randomBytes(12).toString('hex');
  writeConfiguration(options, port, password);
  const folders = ['log', 'db', 'run'].flatMap((name) => [`-${name}`, join(options.folder, name)]);
  const child = spawn(
    binary,
    ['-nf', '-nonat', '-nocal', '-conf', join(options.folder, 'conf'), ...folders, '-temp', options.folder],
    { stdio: ['ignore', 'ignore', 'ignore'] },
  );
  const killed = killWithUs(child);
  const client = new EslClient({
    host: '127.0.0.1',
    port,
    password,
    backoff: { initialMs: 50, maxMs: 250 },
    subscriptions: [{ line: `event plain ${WATCHED_EVENTS}` }],
  });
  client.onEvent = options.onEvent;
  const stop = async (): Promise<void> => {
    await client.stop();
    await killed();
  };
  try {
    await connected(client, child);
    return {
      name: `FreeSWITCH ${(await client.api('version')).replace(/^FreeSWITCH Version /, '').split(/[ ~+]/)[0] ?? ''} (${binary})`,
      placeCall: async () => {
        const answer = await client.bgapi(
          `originate {origination_caller_id_number=${DEMO_CALLER},loopback_bowout=false}loopback/${DEMO_NUMBER}/default/XML &park()`,
        );
        if (!answer.startsWith('+OK')) throw new AppError('switch_unreachable', `originate: ${answer}`);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function connected(client: EslClient, child: ChildProcess): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const failed = new Promise<never>((_resolve, reject) => {
    const fail = (detail: string): void => reject(new AppError('switch_unreachable', detail));
    child.once('error', (error) => fail(`freeswitch could not be started: ${error.message}`));
    child.once('exit', (code) => fail(`freeswitch ended by itself with exit code ${code ?? 'none'}`));
    timer = setTimeout(
      () => fail(`freeswitch was not ready within ${START_TIMEOUT_MS} ms`),
      START_TIMEOUT_MS,
    );
  });
  client.start();
  try {
    await Promise.race([client.ready(), failed]);
  } finally {
    clearTimeout(timer);
    failed.catch(() => undefined);
  }
}

/** @returns ends the process and waits until it is gone; it goes with this process in any case */
function killWithUs(child: ChildProcess): () => Promise<void> {
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve()).once('error', () => resolve());
  });
  return async () => {
    kill();
    await gone;
    process.off('exit', kill);
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const MODULES = [
  'mod_logfile',
  'mod_event_socket',
  'mod_commands',
  'mod_dptools',
  'mod_dialplan_xml',
  'mod_loopback',
  'mod_sndfile',
];

/** FreeSWITCH's preprocessor wants each X-PRE-PROCESS on a line of its own. */
function writeConfiguration(options: DemoSwitchOptions, port: number, password: string): void {
  const conf = join(options.folder, 'conf');
  for (const name of ['conf', 'log', 'db', 'run']) mkdirSync(join(options.folder, name), { recursive: true });
  copyFileSync(
    fileURLToPath(new URL('../../../dialplan/switchhook.xml', import.meta.url)),
    join(conf, 'switchhook.xml'),
  );
  writeFileSync(join(conf, 'demo.xml'), demoDialplan(options.appUrl));
  writeFileSync(join(conf, 'directory.xml'), demoDirectory());
  writeFileSync(
    join(conf, 'freeswitch.xml'),
    `<?xml version="1.0"?>
<document type="freeswitch/xml">
  <X-PRE-PROCESS cmd="set" data="domain=${DEMO_DOMAIN}"/>
  <X-PRE-PROCESS cmd="set" data="switchhook_hosts=127.0.0.1:${options.daemonPort}"/>
  <section name="configuration">
    <configuration name="modules.conf">
      <modules>
${MODULES.map((name) => `        <load module="${name}"/>`).join('\n')}
      </modules>
    </configuration>
    <configuration name="switch.conf">
      <settings>
        <param name="loglevel" value="warning"/>
      </settings>
    </configuration>
    <configuration name="logfile.conf">
      <settings/>
      <profiles>
        <profile name="default">
          <settings><param name="logfile" value="$\${log_dir}/freeswitch.log"/></settings>
          <mappings><map name="all" value="warning,err,crit,alert"/></mappings>
        </profile>
      </profiles>
    </configuration>
    <configuration name="event_socket.conf">
      <settings>
        <param name="listen-ip" value="127.0.0.1"/>
        <param name="listen-port" value="${port}"/>
        <param name="password" value="${password}"/>
        <param name="apply-inbound-acl" value="loopback.auto"/>
        <param name="stop-on-bind-error" value="true"/>
      </settings>
    </configuration>
    <configuration name="acl.conf"><network-lists/></configuration>
    <configuration name="timezones.conf"><timezones/></configuration>
  </section>
  <section name="dialplan">
    <X-PRE-PROCESS cmd="include" data="switchhook.xml"/>
    <X-PRE-PROCESS cmd="include" data="demo.xml"/>
  </section>
  <section name="directory">
    <X-PRE-PROCESS cmd="include" data="directory.xml"/>
  </section>
</document>
`,
  );
}
