import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { receivedEventSchema } from '../../src/callbacks/event-schema.js';
import { eventually } from '../support/eventually.js';
import type { Settings } from '../support/test-daemon.js';
import { onEverySwitch } from './suite.js';
import type { World } from './suite.js';

/** What a receiver was told, in order, when a call had this list. */
async function toldOf(
  { app, call, anotherDaemon, cleanUpWith }: World,
  actions: readonly unknown[],
  { digits, settings = {} }: { digits?: string; settings?: Settings } = {},
): Promise<unknown[]> {
  const folder = mkdtempSync(join(tmpdir(), 'switchhook-callbacks-'));
  const receiver = app.route(() => ({ status: 204 }));
  const daemon = await anotherDaemon({
    ...settings,
    callbacks: { folder, receivers: { all: { url: receiver.url, show_digits: true } } },
  });
  cleanUpWith(async () => {
    await daemon.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const placed = await call({ url: app.list(actions).url, hosts: daemon.host });
  if (digits !== undefined) {
    await placed.begun('read');
    await placed.digits(digits);
  }
  return eventually('the last event', () => {
    const told = receiver.requests.map(({ body }) => JSON.parse(body) as { type: string });
    return told.some(({ type }) => type === 'call.ended') ? told : undefined;
  });
}

onEverySwitch(
  'callbacks',
  {},
  ({ scenario }) => {
    scenario('have the shapes that are published', async (world) => {
      const { expect } = world;
      const told = await toldOf(
        world,
        [
          { application: 'answer', id: 'first' },
          { application: 'read', data: '1 4 silence_stream://3000 digits 3000 #' },
          { application: 'record', data: `${world.switch.recordings}/shapes.wav 1` },
          { application: 'bridge', data: 'user/busy' },
          { application: 'bridge', data: 'user/10003' },
          { application: 'system', data: 'true' },
          { application: 'hangup' },
        ],
        { digits: '42#' },
      );
      // What the schema does not know, it would leave out.
      for (const event of told) expect(receivedEventSchema.parse(event)).toEqual(event);
      const types = told.map((event) => (event as { type: string }).type);
      expect(new Set(types)).toEqual(
        new Set([
          'call.started',
          'call.answered',
          'action.completed',
          'digits',
          'recording.saved',
          'transfer.failed',
          'transfer.completed',
          'call.ended',
        ]),
      );
      expect(types.at(-1)).toBe('call.ended');
    });

    scenario('have them when the program fails, too', async (world) => {
      const { expect } = world;
      const told = await toldOf(world, [{ application: 'cti_curl', data: 'nobody' }]);
      for (const event of told) expect(receivedEventSchema.parse(event)).toEqual(event);
      expect(told.at(-1)).toMatchObject({ data: { result: 'failed', error: { code: 'invalid_url' } } });
    });
  },
  // What is told does not depend on how a call was handed over.
  { handOvers: ['socket'] },
);
