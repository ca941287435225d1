import { expect, it } from 'vitest';
import { hunt } from './hunt/hunt.js';
import type { HuntResult } from './hunt/hunt.js';

function huntFor(target: string, seconds: number): Promise<HuntResult> {
  return hunt({ target, seconds, seed: 1 });
}

it('finds what throws, does not hold, pollutes or rejects, and makes the input small', async () => {
  const { findings } = await huntFor('planted-faults', 2);
  const found = findings.map(({ kind, message, input }) => [
    kind,
    message.split('\n')[0],
    Buffer.from(input).toString(),
  ]);
  expect(found).toContainEqual(['threw', 'TypeError: planted', 'throws']);
  expect(found).toContainEqual(['threw', 'Broken: planted, too', 'broken']);
  expect(found).toContainEqual(['polluted', 'Object.prototype.planted', 'pollutes']);
  expect(found.map(([, message]) => message)).toContain('unhandled rejection: Error: nobody waits for it');
}, 60_000);

it('finds what does not end', async () => {
  const { findings } = await huntFor('planted-hang', 3);
  expect(findings.map(({ kind }) => kind)).toEqual(['hung']);
  expect(Buffer.from(findings[0]?.input ?? []).toString()).toContain('hang');
}, 120_000);

it('finds what takes all memory', async () => {
  const { findings } = await huntFor('planted-memory', 3);
  expect(findings.map(({ kind }) => kind)).toContain('memory');
  expect(Buffer.from(findings.find(({ kind }) => kind === 'memory')?.input ?? []).toString()).toContain(
    'memory',
  );
}, 120_000);
