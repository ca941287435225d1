import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exampleFlows } from '../support/flows.js';
import { summaryOf } from '../support/test-daemon.js';
import type { CallRecord } from '../../src/call/call.js';
import type { TestCall } from '../support/test-call.js';
import { onEverySwitch } from './suite.js';

/** The blocks that a call went through, each with the exit by which it was left. */
export function pathOf(record: CallRecord): string[] {
  return record.trace.flatMap((entry) =>
    entry.type === 'block' ? [entry.exit === '' ? entry.block : `${entry.block}:${entry.exit}`] : [],
  );
}

const settings = exampleFlows({ versions_folder: join(tmpdir(), `switchhook-versions-${process.pid}`) });

onEverySwitch('the example flows', settings, ({ scenario }) => {
  scenario("Amazon Connect's tutorial runs from start to end", async (world) => {
    const { expect, daemon } = world;
    const call = await world.call({ flow: 'connect-tutorial' });
    await call.begun('playback', /You find us/);
    const record = await daemon.record(call.uuid);
    expect(pathOf(record)).toEqual([
      'company:next',
      'greeting:next',
      'lookup:next',
      'balance:next',
      'goodbye',
    ]);
    expect(spoken(call)).toEqual([
      'Welcome to Example Corporation.',
      'Your balance is 5, 6, 7, point, 4, 3.',
      'You find us at www.example.com.',
    ]);
    expect(summaryOf(record)).not.toContain('playback failed');
    expect(summaryOf(record).at(-1)).toBe('hangup ok');
    expect(record.result).toBe('done');
  });

  scenario("Alibaba's example takes a caller to the queue of the region", async (world) => {
    const { expect, daemon } = world;
    const call = await world.call({
      flow: 'region',
      variables: { origination_caller_id_number: '01085022088' },
    });
    const record = await daemon.record(call.uuid);
    // The suite's queue has no agents: the operator takes the call.
    expect(pathOf(record)).toEqual([
      'get-region:next',
      'by-region:beijing',
      'beijing:timeout',
      'operator:next',
      'goodbye',
    ]);
    expect(record.result).toBe('done');
  });

  scenario("Alibaba's example takes a caller to the operator when the function fails", async (world) => {
    const { expect, daemon } = world;
    const call = await world.call({
      flow: 'region',
      variables: { origination_caller_id_number: 'anonymous' },
    });
    const record = await daemon.record(call.uuid);
    expect(pathOf(record)).toEqual(['get-region:exception', 'operator:next', 'goodbye']);
    const failed = record.trace.find((entry) => entry.type === 'function');
    expect(failed).toMatchObject({ function: 'get_number_region', code: 'function_exception' });
  });

  scenario("Alibaba's example takes many values of one answer", async (world) => {
    const { expect, daemon } = world;
    const call = await world.call({
      flow: 'region-many',
      variables: { origination_caller_id_number: '031186666666' },
    });
    const record = await daemon.record(call.uuid);
    expect(pathOf(record)[0]).toBe('get-caller:next');
    expect(pathOf(record)).toContain('hebei:timeout');
  });

  scenario('an order is looked up by the digits that the caller types', async (world) => {
    const { expect, daemon } = world;
    const call = await world.call({ flow: 'order-lookup' });
    await call.begun('read');
    await call.digits('100001#');
    await call.begun('playback', /say:Order/);
    await call.hangUp();
    const record = await daemon.record(call.uuid);
    expect(pathOf(record).slice(0, 3)).toEqual(['ask:next', 'lookup:next', 'known:shipped']);
    expect(record.result).toBe('hung_up');
  });

  scenario('a pin stands nowhere', async (world) => {
    const { expect, daemon } = world;
    const call = await world.call({ flow: 'password-reset' });
    await call.begun('read', /employee/);
    await call.digits('12345');
    await call.begun('read', /pin/);
    await call.digits('86420#');
    await call.begun('playback', /say:(Done|That pin)/);
    await call.hangUp();
    const record = await daemon.record(call.uuid);
    expect(pathOf(record)).toContain('pin:next');
    expect(JSON.stringify(record)).toContain('12345');
    expect(JSON.stringify(record)).not.toContain('86420');
  });

  scenario('outside of the opening hours a message is recorded, or the call is queued', async (world) => {
    const { expect, daemon } = world;
    const call = await world.call({ flow: 'opening-hours' });
    await call.begun('playback', /leave a message/);
    await call.hangUp();
    const record = await daemon.record(call.uuid);
    expect(['hours:open', 'hours:closed', 'hours:holiday']).toContain(pathOf(record)[0]);
    expect(record.result).toBe('hung_up');
  });
});

function spoken(call: TestCall): string[] {
  return call.executed.flatMap(({ application, data }) =>
    application === 'playback' && data.startsWith('say:') ? [data.slice(4)] : [],
  );
}
