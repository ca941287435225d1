import { createRequire } from 'node:module';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { loadTarget } from '../targets.js';
import { Mailbox } from './mailbox.js';
import type { Finding, WorkerOrder, WorkerReport } from './messages.js';
import { signature } from './try-input.js';

export interface HuntOptions {
  readonly target: string;
  /** CPU time of this process, which does nothing else meanwhile. 0: seeds and `inputs` alone. */
  readonly seconds: number;
  readonly seed: number;
  /** Tried first, and mutated like the seeds. */
  readonly inputs?: readonly Uint8Array[];
  readonly onFinding?: (finding: Finding) => void;
  /** Ends it before its time. */
  readonly signal?: AbortSignal;
}

export interface HuntResult {
  readonly inputs: number;
  /** Blocks of the covered code that were reached. */
  readonly blocks: number;
  /** Inputs that reached something new. */
  readonly kept: number;
  readonly cpuSeconds: number;
  readonly findings: readonly Finding[];
}

/** An input that takes more of the CPU than this has hung; more of the clock, when it waits for something. */
const MOST_CPU_MS = 1_000;
const MOST_WAIT_MS = 15_000;
const TSX = path.dirname(createRequire(import.meta.url).resolve('tsx/esm/api')).replace(/esm.api$/, '');
/** A worker does not inherit that TypeScript can be run. */
const START = `
  import(${JSON.stringify(pathToFileURL(path.join(TSX, 'esm/api/index.mjs')).href)}).then(({ register }) => {
    register();
    return import(${JSON.stringify(pathToFileURL(path.join(import.meta.dirname, 'worker.ts')).href)});
  }).catch((error) => setImmediate(() => { throw error; }));
`;
const LOOK_EVERY_MS = 20;
/** So many workers may be lost before a hunt is given up. */
const MOST_LOST = 2;
const MOST_FINDINGS = 20;

/** Feeds a target in a worker of its own, and watches over it. Only one hunt at a time in a process. */
export async function hunt(options: HuntOptions): Promise<HuntResult> {
  const { maxHeapMb = 256 } = await loadTarget(options.target);
  let began = process.cpuUsage();
  const findings = new Map<string, Finding>();
  const kept: Uint8Array[] = [];
  let inputs = 0;
  let blocks = 0;
  const add = (finding: Finding): void => {
    const name = signature(finding);
    if (findings.has(name)) return;
    findings.set(name, finding);
    options.onFinding?.(finding);
  };
  const isOver = (): boolean =>
    cpuMs(began) >= options.seconds * 1_000 ||
    findings.size >= MOST_FINDINGS ||
    options.signal?.aborted === true;
  for (let lost = 0; lost <= MOST_LOST && findings.size < MOST_FINDINGS; lost++) {
    const order: Omit<WorkerOrder, 'memory'> = {
      target: options.target,
      seed: options.seed + lost,
      inputs: [...(options.inputs ?? []), ...kept],
    };
    const end = await work(order, {
      maxHeapMb,
      // What it takes to load the target does not count.
      begun: () => {
        if (lost === 0) began = process.cpuUsage();
      },
      over: isOver,
      add,
      keep: (input) => kept.push(input),
    });
    inputs += end.inputs;
    blocks = Math.max(blocks, end.blocks);
    if (end.finished) break;
  }
  return {
    inputs,
    blocks,
    kept: kept.length,
    cpuSeconds: cpuMs(began) / 1_000,
    findings: [...findings.values()],
  };
}

function cpuMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1_000;
}

interface Watch {
  readonly maxHeapMb: number;
  readonly begun: () => void;
  readonly over: () => boolean;
  readonly add: (finding: Finding) => void;
  readonly keep: (input: Uint8Array) => void;
}

interface End {
  /** By itself, and not because an input killed it. */
  readonly finished: boolean;
  readonly inputs: number;
  readonly blocks: number;
}

async function work(
  order: Omit<WorkerOrder, 'memory'>,
  { maxHeapMb, begun, over, add, keep }: Watch,
): Promise<End> {
  const mailbox = new Mailbox();
  const worker = new Worker(START, {
    eval: true,
    workerData: { ...order, memory: mailbox.memory },
    execArgv: [],
    // As much stack as the main thread has; workers have four times that.
    resourceLimits: { maxOldGenerationSizeMb: maxHeapMb, stackSizeMb: 1 },
  });
  let end: End | 'died' | undefined;
  let ready = false;
  const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  worker.on('message', (message: WorkerReport) => {
    if (message.kind === 'ready') {
      ready = true;
      begun();
    } else if (message.kind === 'finding') add(message.finding);
    else if (message.kind === 'kept') keep(message.input);
    else end = { finished: true, inputs: message.inputs, blocks: message.blocks };
  });
  worker.on('error', (error: NodeJS.ErrnoException) => {
    if (!ready) throw error;
    end = 'died';
    const kind = error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'memory' : 'died';
    add({
      kind,
      message: kind === 'memory' ? `more than ${maxHeapMb} MB` : String(error.stack),
      input: mailbox.input,
    });
  });
  const watching = new AbortController();
  void gone.then(() => watching.abort());
  const hung = await watch(mailbox, watching.signal, () => ready && over());
  if (hung !== undefined) {
    add(hung);
    await worker.terminate();
  }
  await gone;
  const how = end;
  if (typeof how === 'object') return how;
  if (how === undefined && hung === undefined)
    throw new Error(`the worker of ${order.target} ended by itself`);
  return { finished: false, inputs: mailbox.count, blocks: 0 };
}

/** Until the worker is gone, or an input hangs; asks the worker to end when the time is over. */
async function watch(mailbox: Mailbox, gone: AbortSignal, over: () => boolean): Promise<Finding | undefined> {
  let count = -1;
  let since = process.cpuUsage();
  let waited = 0;
  let lookedMs = performance.now();
  while (!gone.aborted) {
    await wait(LOOK_EVERY_MS, undefined, { signal: gone }).catch(() => undefined);
    const nowMs = performance.now();
    // When the whole process was halted, the input did not wait meanwhile.
    waited += Math.min(nowMs - lookedMs, 10 * LOOK_EVERY_MS);
    lookedMs = nowMs;
    if (over()) mailbox.stop();
    if (mailbox.count !== count || !mailbox.running) {
      count = mailbox.count;
      since = process.cpuUsage();
      waited = 0;
      continue;
    }
    const cpu = cpuMs(since);
    if (waited < MOST_WAIT_MS && (cpu < MOST_CPU_MS || waited < MOST_CPU_MS)) continue;
    const message = `not over after ${Math.round(cpu)} ms of CPU time, ${Math.round(waited)} ms in all`;
    return { kind: 'hung', message, input: mailbox.input };
  }
  return undefined;
}
