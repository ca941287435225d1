import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DeadLetters } from '../../../src/callbacks/dead-letters.js';
import type { DeadLetter } from '../../../src/callbacks/dead-letters.js';
import { folder } from '../functions/world.js';

function letter(id: number): DeadLetter {
  const event = {
    ...{ id: `e${id}`, type: 'call.ended', sequence: id, timestamp: '2026-01-01T00:00:00Z' },
    call: { id: 'c', uuid: 'u' },
  };
  const death = { reason: 'http_status: 410', attempts: 1, buried_at: '2026-01-02T00:00:00Z' };
  return { to: 'crm', event: event as unknown as DeadLetter['event'], ...death };
}

const BYTES = JSON.stringify(letter(1)).length + 1;

describe('more dead letters than there is room for', () => {
  it('make way for the newer half, and are all there for as long as that can not be written', async () => {
    const path = join(folder(), 'dead-letters.jsonl');
    const told: string[] = [];
    const log = {
      ...{ info: () => undefined, warn: () => undefined },
      error: (_fields: object, message: string) => void told.push(message),
    };
    const letters = new DeadLetters(path, 3 * BYTES, log);
    const ids = async (): Promise<string[]> => (await letters.find({}, 100)).map(({ event }) => event.id);

    mkdirSync(`${path}.kept`);
    for (const id of [1, 2, 3, 4]) await letters.add(letter(id));
    expect(await ids()).toEqual(['e1', 'e2', 'e3', 'e4']);
    expect(letters.count('crm')).toBe(4);

    rmdirSync(`${path}.kept`);
    await letters.add(letter(5));
    expect(await ids()).toEqual(['e4', 'e5']);
    expect(letters.count('crm')).toBe(2);
    expect(told).toEqual([
      'callbacks: there are too many dead letters, and all stay',
      'callbacks: dead letters thrown away, there are too many',
    ]);
  });
});
