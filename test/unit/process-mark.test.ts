import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { begunIn, markOf } from '../../src/process-mark.js';

/** As Linux 6 told of node processes; `R` with 4195340 is one that was killed, between its sockets' end and its own. */
const REST = '17575 0 0 0 9 6 0 0 10 -10 1 0 5702838 0 0 18446744073709551615 0 0 0 0 0';
const stat = (name: string, state: string, flags: number): string =>
  `31166 (${name}) ${state} 31004 31003 19842 0 -1 ${flags} ${REST}`;

it('knows a process by when it began, and none that is dying or dead', () => {
  expect(begunIn(stat('node', 'S', 4194304))).toBe(5702838);
  expect(begunIn(stat('node', 'R', 4194304))).toBe(5702838);
  expect(begunIn(stat('a) Z 1 (b', 'R', 4194304))).toBe(5702838);
  expect(begunIn(stat('node', 'R', 4195340))).toBe(0);
  expect(begunIn(stat('node', 'D', 4195340))).toBe(0);
  expect(begunIn(stat('node', 'Z', 4194304))).toBe(0);
  expect(begunIn(stat('node', 'X', 4194304))).toBe(0);
});

it('knows this process, and no longer one that was killed', async () => {
  expect(markOf(process.pid)).toEqual(markOf(process.pid));
  expect(markOf(process.pid).begun).toBeGreaterThan(0);
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000); console.log()']);
  await once(child.stdout, 'data');
  const { pid = 0 } = child;
  expect(markOf(pid).begun).toBeGreaterThanOrEqual(markOf(process.pid).begun);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(markOf(pid)).toEqual({ pid, begun: 0 });
});
