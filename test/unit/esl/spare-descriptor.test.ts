import { closeSync, openSync, readdirSync, readlinkSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { expect, it, onTestFinished, vi } from 'vitest';
import { SpareDescriptor } from '../../../src/esl/spare-descriptor.js';

const isLinux = process.platform === 'linux';

/** Descriptors of this process that are open on it. */
function openOn(file: string): number {
  return readdirSync('/proc/self/fd').filter((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`) === file;
    } catch {
      return false;
    }
  }).length;
}

function exhaust(): () => void {
  const taken: number[] = [];
  execFileSync('prlimit', ['--pid', String(process.pid), '--nofile=512:']);
  for (;;) {
    try {
      taken.push(openSync('/dev/zero', 'r'));
    } catch {
      break;
    }
  }
  return () => {
    for (const descriptor of taken.splice(0)) closeSync(descriptor);
  };
}

it.skipIf(!isLinux)('is given away when there is none left, and taken again when there is', () => {
  vi.useFakeTimers();
  const before = openOn('/dev/null');
  const limits = execFileSync('prlimit', [
    '--pid',
    String(process.pid),
    '--nofile',
    '--output=SOFT',
    '--noheadings',
  ]);
  const spare = new SpareDescriptor();
  let free = (): void => undefined;
  onTestFinished(() => {
    free();
    spare.stop();
    vi.useRealTimers();
    execFileSync('prlimit', ['--pid', String(process.pid), `--nofile=${limits.toString().trim()}:`]);
  });
  spare.start();
  expect(openOn('/dev/null')).toBe(before + 1);
  free = exhaust();
  vi.advanceTimersByTime(250);
  // One is free now: whoever wants it gets it.
  closeSync(openSync('/dev/zero', 'r'));
  free();
  vi.advanceTimersByTime(250);
  expect(openOn('/dev/null')).toBe(before + 1);
  vi.advanceTimersByTime(250);
  expect(openOn('/dev/null')).toBe(before + 1);
  spare.stop();
  expect(openOn('/dev/null')).toBe(before);
});
