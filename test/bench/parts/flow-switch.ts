import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { startRealSwitch, type RealSwitch } from '../../freeswitch/switch.js';
import { eventually } from '../../support/eventually.js';
import { freeTcpPort } from '../../support/ports.js';
import { pause } from '../bed.js';
import { Children } from '../children.js';
import { DAEMON } from '../peers.js';
import { processUse } from '../proc.js';
import { table } from '../report.js';

/** Amazon Connect's tutorial on a real FreeSWITCH, with real speech and its handler in a thread. */
export interface FlowSwitchFigures {
  readonly callsPerSecond: number;
  readonly calls: number;
  readonly failed: number;
  /** Of one core, while calls came in. */
  readonly daemonCpu: number;
}

const CALLS_PER_SECOND = 50;
const SECONDS = 10;
/** Greeting, balance and address take about seven seconds to say. */
const AFTER_MS = 60_000;
const CONF = fileURLToPath(new URL('../../../conf', import.meta.url));

const DIALPLAN = `<include>
  <context name="bench">
    <extension name="tutorial">
      <condition field="destination_number" expression="^tutorial$">
        <action application="set" data="cti_flow=connect-tutorial"/>
        <action application="socket" data="127.0.0.1:\${bench_port} full"/>
      </condition>
    </extension>
  </context>
</include>`;

export async function flowSwitchPart(
  binary: string,
  print: (text: string) => void,
  onStop: (stop: () => Promise<void>) => void,
): Promise<FlowSwitchFigures | string> {
  if (!existsSync(DAEMON)) return 'dist/ is missing: npm run build';
  const folder = await mkdtemp(join(tmpdir(), 'switchhook-bench-'));
  const children = new Children();
  let freeswitch: RealSwitch | undefined;
  const stop = async (): Promise<void> => {
    await children.stopAll();
    await freeswitch?.stop();
    await rm(folder, { recursive: true, force: true });
  };
  onStop(stop);
  try {
    freeswitch = await startRealSwitch({ binary, extraDialplan: DIALPLAN });
    const [port, httpPort] = [await freeTcpPort(), await freeTcpPort()];
    const records = join(folder, 'contacts.jsonl');
    const config = join(folder, 'switchhook.yaml');
    await writeFile(config, stringify(settings(port, httpPort, records, folder)));
    const daemon = children.start('switchhook', process.execPath, [DAEMON, 'serve', '--config', config]);
    await eventually('switchhook', async () => {
      const ended = daemon.ended();
      if (ended !== undefined) throw new Error(ended);
      const answer = await fetch(`http://127.0.0.1:${httpPort}/readyz`).catch(() => undefined);
      return answer?.ok === true ? true : undefined;
    });
    await place(freeswitch, port, 20, records, 0);
    const before = processUse(daemon.pid).cpuMs;
    const beganMs = performance.now();
    const calls = CALLS_PER_SECOND * SECONDS;
    const good = await place(freeswitch, port, calls, records, 20, () => {
      const tookMs = performance.now() - beganMs;
      cpu = (processUse(daemon.pid).cpuMs - before) / tookMs;
    });
    const figures = { callsPerSecond: CALLS_PER_SECOND, calls, failed: calls - good, daemonCpu: cpu };
    const rows = [
      ['calls', `${calls} at ${CALLS_PER_SECOND}/s`, ''],
      ['failed', String(figures.failed), '0'],
      ['daemon, of one core', `${(cpu * 100).toFixed(1)} %`, '< 30 %'],
    ];
    print(`Amazon Connect's tutorial on FreeSWITCH\n${table(['', 'measured', 'wanted'], rows)}\n`);
    return figures;
  } finally {
    await stop();
  }
}

let cpu = 0;

function settings(port: number, httpPort: number, records: string, folder: string): object {
  return {
    listen: { host: '127.0.0.1', port },
    http: { host: '127.0.0.1', port: httpPort },
    log: { level: 'warn' },
    limits: { calls: 5000 },
    flows: {
      folder: join(CONF, 'flows'),
      versions_folder: join(folder, 'versions'),
      speech: { en: { engine: 'flite', voice: 'kal' } },
      state_key: 'a key for the benchmark',
    },
    functions: { file: join(CONF, 'functions.yaml') },
    records: { file: records },
  };
}

/**
 * @param known lines that are in the records already
 * @returns how many of the calls went through all of the flow
 */
async function place(
  freeswitch: RealSwitch,
  port: number,
  calls: number,
  records: string,
  known: number,
  onPlaced: () => void = () => undefined,
): Promise<number> {
  const beganMs = performance.now();
  for (let call = 0; call < calls; call += 1) {
    const dueMs = (call * 1000) / CALLS_PER_SECOND - (performance.now() - beganMs);
    if (dueMs > 0) await pause(dueMs);
    await freeswitch.api(
      `bgapi originate {bench_port=${port},loopback_bowout=false}loopback/tutorial/bench/XML &park()`,
    );
  }
  onPlaced();
  const lines = async (): Promise<string[]> =>
    (await readFile(records, 'utf8').catch(() => ''))
      .split('\n')
      .filter((line) => line !== '')
      .slice(known);
  await eventually('all records', async () => ((await lines()).length >= calls ? true : undefined), {
    timeoutMs: AFTER_MS,
    everyMs: 250,
  }).catch(() => undefined);
  return (await lines()).filter((line) => {
    const { result, path, error } = JSON.parse(line) as {
      result: string;
      path: { block: string }[];
      error: unknown;
    };
    return (
      result === 'done' &&
      error === null &&
      path.map(({ block }) => block).includes('goodbye') &&
      !path.some(({ block }) => block === 'sorry')
    );
  }).length;
}
