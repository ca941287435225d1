import autocannon from 'autocannon';
import { within } from '../../support/eventually.js';
import type { Child } from '../children.js';
import { Children } from '../children.js';
import { table } from '../report.js';
import { median } from '../statistics.js';

/** What the child process says when it listens. */
export interface ActionServerGreeting {
  readonly urls: Readonly<Record<Served, string>>;
}

export interface CpuReport {
  readonly cpuMs: number;
}

type Served = 'static' | 'flow' | 'bareStatic' | 'bareFlow';

export interface ActionFigures {
  /** Requests for each second of CPU that the server used: what one core can do. Median over the rounds. */
  readonly perCoreSecond: Readonly<Record<Served, number>>;
  /** Requests per second as they were, on a machine that does other things, too. */
  readonly perSecond: Readonly<Record<Served, number>>;
  readonly staticRatio: number;
  readonly flowRatio: number;
}

const ORDER: readonly Served[] = ['bareStatic', 'static', 'bareFlow', 'flow'];
const WARM_UP_S = 1;

/** `/v1/actions` against a bare fastify route that answers the same bytes, in turns, on one core each. */
export async function actionsPart(
  rounds: number,
  seconds: number,
  print: (text: string) => void,
): Promise<ActionFigures> {
  const children = new Children();
  try {
    const { child, greeting } = await children.startScript('action server', './action-server.ts');
    const { urls } = greeting as ActionServerGreeting;
    const rates: Record<Served, number[]> = { static: [], flow: [], bareStatic: [], bareFlow: [] };
    const cores: Record<Served, number[]> = { static: [], flow: [], bareStatic: [], bareFlow: [] };
    for (const served of ORDER) await load(urls[served], WARM_UP_S);
    for (let round = 0; round < rounds; round += 1) {
      for (const served of round % 2 === 0 ? ORDER : [...ORDER].reverse()) {
        const before = await cpuOf(child);
        const rate = await load(urls[served], seconds);
        const usedS = ((await cpuOf(child)) - before) / 1000;
        rates[served].push(rate);
        cores[served].push((rate * seconds) / usedS);
      }
    }
    const perSecond = mapped(rates, median);
    const perCoreSecond = mapped(cores, median);
    const staticRatio = perCoreSecond.static / perCoreSecond.bareStatic;
    const flowRatio = perCoreSecond.flow / perCoreSecond.bareFlow;
    const row = (what: string, served: Served, bare: Served, ratio: number): string[] => [
      what,
      perCoreSecond[served].toFixed(0),
      perCoreSecond[bare].toFixed(0),
      ratio.toFixed(2),
      `${perSecond[served].toFixed(0)} / ${perSecond[bare].toFixed(0)}`,
    ];
    print(
      `Action server, requests per second of one core\n${table(
        ['', 'switchhook', 'bare fastify', 'ratio', 'per second'],
        [
          row('a static entry', 'static', 'bareStatic', staticRatio),
          row("a flow's first segment", 'flow', 'bareFlow', flowRatio),
        ],
      )}\n`,
    );
    return { perCoreSecond, perSecond, staticRatio, flowRatio };
  } finally {
    await children.stopAll();
  }
}

/** @returns requests per second */
async function load(url: string, seconds: number): Promise<number> {
  const { requests, errors, non2xx } = await autocannon({
    url,
    duration: seconds,
    connections: 100,
    pipelining: 10,
    workers: 2,
  });
  if (errors > 0 || non2xx > 0)
    throw new Error(`${url}: ${errors} errors, ${non2xx} answers that are not 2xx`);
  return requests.average;
}

async function cpuOf(child: Child): Promise<number> {
  const report = new Promise<CpuReport>((resolve) => {
    child.process.once('message', (message) => resolve(message as CpuReport));
  });
  child.process.send('cpu');
  return (await within('the use of CPU', report, 10_000)).cpuMs;
}

function mapped(from: Readonly<Record<Served, number[]>>, of: (values: readonly number[]) => number) {
  return {
    static: of(from.static),
    flow: of(from.flow),
    bareStatic: of(from.bareStatic),
    bareFlow: of(from.bareFlow),
  };
}
