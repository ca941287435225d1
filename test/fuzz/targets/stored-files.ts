import { readdirSync, writeFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { DeadLetters } from '../../../src/callbacks/dead-letters.js';
import { Outbox } from '../../../src/callbacks/outbox/outbox.js';
import { RecordJournal } from '../../../src/records/journal.js';
import { RecordReader } from '../../../src/records/record-reader.js';
import { OPEN_CALL } from '../../support/open-call.js';
import { jsonForm, partOf, asText } from '../forms/json.js';
import type { JsonValue } from '../forms/json.js';
import { Scratch } from '../support/scratch.js';
import { defineTarget, must } from '../target.js';

const scratch = new Scratch();
/** A process that has never been. */
const GONE = { pid: 4_194_303, begun: 7 };
const LEFT = `out-${GONE.pid}-${GONE.begun}-0f8fad5b-d9cb-469f-a165-70867728950e`;

const EVENT = {
  id: 'e1',
  type: 'call.started',
  timestamp: '2026-01-01T00:00:00.000Z',
  sequence: 1,
  call: { id: 'c1', uuid: 'u1' },
  data: {},
};
const RECORD = {
  record_id: `rec_${'0'.repeat(32)}`,
  contact_id: 'u1',
  started_at: '2026-01-01T00:00:00.000Z',
};

/** A text is a file as it is; of a list each item is a line. */
function fileOf(value: JsonValue | undefined): string {
  if (Array.isArray(value))
    return value.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');
  return asText(value);
}

async function outbox(folder: string, input: JsonValue): Promise<void> {
  const left = path.join(folder, LEFT);
  mkdirSync(left, { recursive: true });
  writeFileSync(path.join(left, '000000000001.jsonl'), fileOf(partOf(input, 'older')));
  writeFileSync(path.join(left, '000000000002.jsonl'), fileOf(partOf(input, 'newer')));
  writeFileSync(path.join(left, '000000000002.jsonl.crm.ack'), fileOf(partOf(input, 'ack')));
  writeFileSync(path.join(left, 'dead-letters.jsonl'), fileOf(partOf(input, 'dead')));
  const box = new Outbox({
    folder,
    receivers: ['crm'],
    maxBytes: 1_000_000,
    mark: { pid: process.pid, begun: 1 },
    syncDelayMs: 0,
  });
  try {
    const { calls, deadLetters } = box.adopt();
    for (const call of calls) {
      must(
        Array.isArray(call.recordings) && Object.keys(call.streams).length > 0,
        'a call without receivers',
      );
      box.over(call.id);
    }
    must(box.waiting('crm') >= 0 && box.bytes >= 0, 'counts');
    box.flush();
    const letters = new DeadLetters(box.deadLetters, 1_000_000);
    await letters.adopt(deadLetters);
    const found = await letters.find({ callUuid: 'u1', receiver: 'crm' }, 10);
    for (const { event } of found) must(event.call.uuid === 'u1', 'another call');
    await letters.get('e1');
    if (found.length > 0) await letters.take(found, () => Promise.resolve());
    await letters.close();
  } finally {
    box.close();
  }
}

async function records(folder: string, input: JsonValue): Promise<void> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    path.join(folder, `open-${GONE.pid}-${GONE.begun}-0f8fad5b-d9cb-469f-a165-70867728950e.jsonl`),
    fileOf(partOf(input, 'journal')),
  );
  const journal = new RecordJournal(folder, undefined, { pid: process.pid, begun: 1 });
  const { records: left, files } = journal.claim();
  for (const record of left)
    must(
      typeof record.record_id === 'string' && typeof record.contact_id === 'string',
      'a record without ids',
    );
  journal.forget(files);
  journal.close();
  const file = path.join(folder, 'contacts.jsonl');
  writeFileSync(file, fileOf(partOf(input, 'contacts')));
  const page = await new RecordReader(file).page({ matches: () => true, limit: 3 });
  must(page !== undefined && page.records.length <= 3, 'a page');
  for (const record of page.records) must(typeof record.record_id === 'string', 'a record without id');
}

export const target = defineTarget<JsonValue>({
  name: 'stored-files',
  about:
    'Outbox, acknowledgements, dead letters, journal and contact records that a crash, a disk or a person has spoilt: what can be read is taken over, the rest passed over, and nothing throws.',
  covers: [
    'callbacks/outbox/',
    'callbacks/dead-letters.ts',
    'records/journal.ts',
    'records/record-reader.ts',
  ],
  form: jsonForm([
    'older', 'newer', 'ack', 'dead', 'journal', 'contacts', 'op', 'open', 'call', 'calls', 'event', 'over', 'sealed', 'totals', 'to', 'crm', 'streams', 'sequence', 'token', 'taken', 'reason', 'attempts', 'buried_at', 'draft', 'record', 'record_id', 'contact_id',
    JSON.stringify({ op: 'open', calls: [OPEN_CALL] }), JSON.stringify({ op: 'event', to: 'crm', event: EVENT }), '{"op":"sealed","totals":{"crm":1}}', '{"taken":["e1"]}', '{"op":"over","id":"x"}',
  ]), // prettier-ignore
  seeds: [
    {
      older: [
        { op: 'open', calls: [OPEN_CALL] },
        { op: 'event', to: 'crm', event: EVENT },
        { op: 'sealed', totals: { crm: 1 } },
      ],
      newer: [
        { op: 'open', calls: [OPEN_CALL] },
        { op: 'call', call: { ...OPEN_CALL, id: 'c2' } },
        { op: 'event', to: 'crm', event: { ...EVENT, sequence: 2, type: 'call.ended' } },
        { op: 'over', call: 'c1' },
        '{"op":"event","to":"cr',
      ],
      ack: '\u0000\u0000\u0000\u0000\u0001',
      dead: [{ to: 'crm', event: EVENT, reason: 'r', attempts: 1, buried_at: 'x' }, { taken: ['e9'] }],
      journal: [
        { op: 'draft', record: RECORD },
        { op: 'over', id: 'x' },
      ],
      contacts: [RECORD, RECORD, '{"record_id"'],
    },
    // An event that does not tell of which call it is.
    {
      newer: [
        { op: 'open', calls: [OPEN_CALL] },
        { op: 'event', to: 'crm', event: { id: 'e', type: 'x', sequence: 1, timestamp: 'y' } },
      ],
    },
    { newer: '', contacts: '' },
    { newer: '\n\n', journal: '\n{', contacts: '\n'.repeat(20) },
  ],
  found: [
    'an event in the outbox for a receiver `__proto__` set a property of all objects; a receiver called `constructor` was never told of anything (`callbacks/outbox/replay.ts`, `call-ledger.ts`)',
  ],
  async run(input) {
    const folder = scratch.emptied();
    await outbox(path.join(folder, 'outbox'), input);
    await records(path.join(folder, 'records'), input);
    must(readdirSync(folder).length === 2, 'files beside the folders');
  },
});
