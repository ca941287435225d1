import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Simulator } from '../../../src/simulator/simulator.js';
import { freeTcpPort } from '../../support/ports.js';
import { Children } from '../children.js';
import { dialplanXml, extensions, type Ports } from '../dialplan.js';
import { PROMPT } from '../lists.js';
import { startPeer, unavailable } from '../peers.js';
import { processUse } from '../proc.js';
import { table } from '../report.js';
import { CONTEXT } from '../sip-profile.js';
import { percentile } from '../statistics.js';

/** The daemon's own part of a call: a list asked for and run, on a switch that costs it nothing. */
export interface SimulatorFigures {
  readonly calls: number;
  readonly failed: number;
  readonly callsPerSecond: number;
  /** Call placed to call answered, milliseconds; the simulator's own time included. */
  readonly answerP50: number;
  readonly answerP99: number;
  /** Undefined where the system does not tell. */
  readonly daemonCpuPer1000: number | undefined;
}

const AT_A_TIME = 20;
const SWITCHHOOK_XML = fileURLToPath(new URL('../../../dialplan/switchhook.xml', import.meta.url));

/** Prompts last a millisecond here: what remains is the work. */
export async function simulatorPart(
  calls: number,
  print: (text: string) => void,
  onStop: (stop: () => Promise<void>) => void,
): Promise<SimulatorFigures | string> {
  const reason = unavailable('switchhook');
  if (reason !== undefined) return reason;
  const folder = await mkdtemp(join(tmpdir(), 'switchhook-bench-'));
  const children = new Children();
  let simulator: Simulator | undefined;
  const stop = async (): Promise<void> => {
    await children.stopAll();
    await simulator?.stop();
    await rm(folder, { recursive: true, force: true });
  };
  onStop(stop);
  try {
    const { greeting } = await children.startScript('web service', 'http-app.ts');
    const { http, https } = greeting as { http: number; https: number };
    const ports: Ports = {
      ...{ app: http, appTls: https, switchhook: await freeTcpPort() },
      ...{
        switchhookContext: 0,
        switchhookAttached: 0,
        esl: 0,
        eslAllEvents: 0,
        modesl: 0,
        bare: 0,
        bareHold: 0,
      },
    };
    const daemon = await startPeer('switchhook', { children, ports, folder });
    simulator = new Simulator({
      files: [SWITCHHOOK_XML],
      xml: [dialplanXml(extensions(ports, ''))],
      durationsMs: { [PROMPT]: 1 },
    });
    await simulator.start();
    await place(simulator, 100);
    const cpuMs = (): number => (daemon === undefined ? 0 : processUse(daemon.pid).cpuMs);
    const [startMs, cpuBefore] = [performance.now(), cpuMs()];
    const { answerMs, failed } = await place(simulator, calls);
    const [tookMs, cpuUsed] = [performance.now() - startMs, cpuMs() - cpuBefore];
    const figures: SimulatorFigures = {
      calls,
      failed,
      callsPerSecond: (calls * 1000) / tookMs,
      answerP50: percentile(answerMs, 0.5),
      answerP99: percentile(answerMs, 0.99),
      daemonCpuPer1000: cpuUsed > 0 ? (cpuUsed * 1000) / calls : undefined,
    };
    print(
      `Lists against the simulator, ${AT_A_TIME} calls at a time\n${table(
        ['calls', 'failed', 'calls/s', 'p50 ms', 'p99 ms', 'daemon CPU ms per 1000'],
        [
          [
            String(calls),
            String(failed),
            figures.callsPerSecond.toFixed(0),
            figures.answerP50.toFixed(2),
            figures.answerP99.toFixed(2),
            figures.daemonCpuPer1000?.toFixed(0) ?? '-',
          ],
        ],
      )}\n`,
    );
    return figures;
  } finally {
    await stop();
  }
}

async function place(
  simulator: Simulator,
  calls: number,
): Promise<{ readonly answerMs: readonly number[]; readonly failed: number }> {
  const answerMs: number[] = [];
  let left = calls;
  let failed = 0;
  const caller = async (): Promise<void> => {
    while (left > 0) {
      left--;
      const startMs = performance.now();
      const call = simulator.placeCall({ destination: 'play-switchhook', context: CONTEXT });
      void call.answered.then(() => answerMs.push(performance.now() - startMs));
      await call.ended;
      const prompts = call.executed.filter(({ application }) => application === 'playback').length;
      if (!call.isAnswered || prompts !== 2) failed++;
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, caller));
  return { answerMs, failed };
}
