import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { CallbackEvent } from '../../src/callbacks/event.js';

const CHILD = join(import.meta.dirname, 'callbacks-child.ts');
/** What the children say of each call, roughly: the kills are spread over all of it, up to the last delivery. */
const LINES_PER_CALL = 11;
const START = Date.UTC(2026, 0, 2);

export interface KillReport {
  readonly kills: number;
  readonly calls: number;
  readonly delivered: number;
  readonly repeated: number;
  /** What should not have happened. */
  readonly faults: readonly string[];
}

interface Progress {
  now: number;
  readonly begun: Set<string>;
  readonly open: Set<string>;
  readonly told: Map<string, number>;
  readonly taken: CallbackEvent[];
}

/**
 * Kills a process that tells of calls, again and again, while its receiver is away for a day, and looks at what the
 * receiver has in the end.
 * @param outageMs of virtual time
 * @param stepMs how far apart calls come
 */
export async function killCallbacks(kills: number, outageMs: number, stepMs: number): Promise<KillReport> {
  const folder = await mkdtemp(join(tmpdir(), 'switchhook-kills-'));
  const progress: Progress = { now: START, begun: new Set(), open: new Set(), told: new Map(), taken: [] };
  const downUntil = START + outageMs;
  try {
    // The last one is left to bring everything to its end.
    for (let n = 0; n <= kills; n += 1) {
      const lines = Math.floor((Math.random() * 2 * LINES_PER_CALL * outageMs) / stepMs / kills);
      await runChild({ folder, downUntil, stepMs }, progress, n < kills ? lines : Infinity);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const ids = new Set(progress.taken.map(({ id }) => id));
  return {
    kills,
    calls: progress.begun.size,
    delivered: ids.size,
    repeated: progress.taken.length - ids.size,
    faults: faultsOf(progress),
  };
}

/** @param killAfter so many lines of output, and a moment more; Infinity: until it has nothing left to do */
async function runChild(
  { folder, downUntil, stepMs }: { folder: string; downUntil: number; stepMs: number },
  progress: Progress,
  killAfter: number,
): Promise<void> {
  const args = [
    folder,
    String(progress.now),
    String(downUntil),
    String(stepMs),
    [...progress.open].join(','),
  ];
  // The others have ended for it, whenever it comes to that.
  [...progress.open].forEach((uuid, index) => {
    if (index % 2 === 1) progress.open.delete(uuid);
  });
  const child = spawn(process.execPath, ['--import', 'tsx', CHILD, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  const ended = new Promise<NodeJS.Signals | null>((resolve) =>
    child.once('exit', (_code, signal) => resolve(signal)),
  );
  let count = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    count += 1;
    if (count === Math.max(1, killAfter)) setTimeout(kill, Math.random() * 5);
    if (line === 'idle') kill();
    note(progress, line);
  }
  const signal = await ended;
  process.off('exit', kill);
  if (signal !== 'SIGKILL') throw new Error(`the process ended by itself:\n${complaint}`);
}

function note(progress: Progress, line: string): void {
  const [word = '', first = '', second = ''] = line.split(' ', 3);
  if (word === 'now') progress.now = Number(first);
  if (word === 'begun') {
    progress.begun.add(first);
    progress.open.add(first);
  }
  // From here on nobody knows whether it has ended: such a call does not come back.
  if (word === 'ending') progress.open.delete(first);
  if (word === 'told') progress.told.set(first, Number(second));
  if (word !== 'taken') return;
  try {
    progress.taken.push(JSON.parse(line.slice('taken '.length)) as CallbackEvent);
  } catch {
    // It was killed while it said so, and it will be sent again.
  }
}

function faultsOf({ begun, told, taken }: Progress): string[] {
  const faults: string[] = [];
  const bodies = new Map<string, string>();
  const calls = new Map<string, CallbackEvent[]>();
  for (const event of taken) {
    const text = JSON.stringify(event);
    const known = bodies.get(event.id);
    if (known !== undefined && known !== text) faults.push(`${event.id} came with another body`);
    bodies.set(event.id, text);
    if (known === undefined) calls.set(event.call.id, [...(calls.get(event.call.id) ?? []), event]);
  }
  const uuids = new Map<string, number>();
  for (const [id, events] of calls) {
    const uuid = events[0]?.call.uuid ?? '';
    uuids.set(uuid, (uuids.get(uuid) ?? 0) + events.length);
    const numbers = events.map(({ sequence }) => sequence);
    if (numbers.some((number, index) => number !== index + 1))
      faults.push(`${id}: order ${numbers.join(' ')}`);
    if (events[0]?.type !== 'call.started') faults.push(`${id}: begins with ${events[0]?.type ?? 'nothing'}`);
    const last = events.filter(({ type }) => type === 'call.ended').length;
    if (last !== 1 || events.at(-1)?.type !== 'call.ended') faults.push(`${id}: ${last} last events`);
  }
  for (const uuid of begun) if (!uuids.has(uuid)) faults.push(`${uuid}: nothing was told`);
  // Its begin, what was told, its end; more when it was killed before it could say so.
  for (const [uuid, count] of told)
    if ((uuids.get(uuid) ?? 0) < count + 1)
      faults.push(`${uuid}: ${uuids.get(uuid) ?? 0} events of ${count + 1}`);
  for (const events of calls.values())
    if (events[0]?.data['continues'] !== undefined)
      faults.push(`${events[0].call.uuid} was taken for two calls`);
  return faults;
}
