import { describe, expect, it } from 'vitest';
import { MAX_ENTRIES, MAX_PATH } from '../../../src/records/contact-record.js';
import { RecordBuilder } from '../../../src/records/record-builder.js';
import { begin, CALL_UUID, END } from './world.js';

const visit = {
  flow: 'support',
  version: 'abc',
  block: 'ask',
  type: 'menu',
  exit: 'next',
  enteredAt: 1000,
  leftAt: 1500,
};

describe('a contact record', () => {
  it('says what became of the call', () => {
    const builder = RecordBuilder.begin(begin(), ['pin']);
    builder.visit(visit);
    builder.visit({ ...visit, block: 'transfer', exit: 'busy', error: 'action_failed' });
    builder.attributes({ tier: 'gold', pin: '9753' });
    builder.invoked({
      name: 'balance',
      block: 'ask',
      atEpochMs: 1000,
      durationMs: 12.6,
      tries: 2,
      result: 'ok',
    });
    builder.transferred({ to: 'user/1001', atEpochMs: 2000, result: 'busy', cause: 'USER_BUSY' });
    builder.queued({ name: 'support', atEpochMs: 3000, result: 'answered', agent: '1002' });
    builder.entered({ block: 'ask', atEpochMs: 1200, digits: '4711', secret: false });
    builder.entered({ block: 'pin', atEpochMs: 1300, digits: '975311', secret: true });
    builder.recorded('/var/rec/a.wav');
    const record = builder.end({
      ...END,
      result: 'hung_up',
      hangupCause: 'NORMAL_CLEARING',
      error: { code: 'flow_loop', detail: 'x' },
    });
    expect(record).toMatchObject({
      version: 1,
      contact_id: CALL_UUID,
      initial_contact_id: CALL_UUID,
      initiation_method: 'INBOUND',
      started_at: '2026-01-02T03:04:05.678Z',
      ended_at: '2026-01-02T03:04:15.000Z',
      duration_ms: 9322,
      flow: { name: 'support', version: 'abc' },
      path: [
        { block: 'ask', exit: 'next', error: null, entered_at: '1970-01-01T00:00:01.000Z', duration_ms: 500 },
        { block: 'transfer', exit: 'busy', error: 'action_failed' },
      ],
      attributes: { tier: 'gold', pin: '***' },
      functions: [{ name: 'balance', duration_ms: 13, tries: 2, result: 'ok', detail: '' }],
      transfers: [{ to: 'user/1001', result: 'busy', cause: 'USER_BUSY' }],
      queue: { name: 'support', agent: '1002' },
      digits: [
        { block: 'ask', digits: '****' },
        { block: 'pin', digits: '***' },
      ],
      recordings: ['/var/rec/a.wav'],
      result: 'hung_up',
      error: { code: 'flow_loop' },
      hangup_cause: 'NORMAL_CLEARING',
      resumed: 0,
    });
    expect(JSON.stringify(record)).not.toMatch(/4711|9753/);
  });

  it('has an id by which everybody knows it', () => {
    const id = RecordBuilder.begin(begin()).id;
    expect(id).toMatch(/^rec_[0-9a-f]{32}$/);
    expect(RecordBuilder.begin(begin()).id).toBe(id);
    expect(RecordBuilder.begin({ ...begin(), startedEpochMs: 1 }).id).not.toBe(id);
    expect(RecordBuilder.begin(begin('other')).id).not.toBe(id);
  });

  it('goes on where another daemon left it', () => {
    const first = RecordBuilder.begin(begin());
    first.visit(visit);
    const second = RecordBuilder.resume(JSON.parse(JSON.stringify(first.draft())) as never);
    second.visit({ ...visit, block: 'second' });
    const record = second.end(END);
    expect(record.path.map(({ block }) => block)).toEqual(['ask', 'second']);
    expect(record).toMatchObject({ record_id: first.id, resumed: 1, duration_ms: 9322 });
  });

  it('does not grow for ever', () => {
    const builder = RecordBuilder.begin(begin());
    for (let i = 0; i < MAX_PATH + 7; i += 1) builder.visit(visit);
    for (let i = 0; i < MAX_ENTRIES + 7; i += 1) builder.recorded(`/var/rec/${i}`);
    builder.transferred({ to: 'x'.repeat(5000), atEpochMs: 0, result: '', cause: '' });
    builder.entered({ block: 'a', atEpochMs: 0, digits: '1'.repeat(5000), secret: false });
    const record = builder.end(END);
    expect(record.path).toHaveLength(MAX_PATH);
    expect(record.path_omitted).toBe(7);
    expect(record.recordings).toHaveLength(MAX_ENTRIES);
    expect(record.transfers[0]?.to).toHaveLength(1000);
    expect(record.digits[0]?.digits).toHaveLength(64);
  });
});
