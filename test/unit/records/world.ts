import { existsSync, readFileSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import type { z } from 'zod';
import type { ContactRecord } from '../../../src/records/contact-record.js';
import type { ProcessMark } from '../../../src/process-mark.js';
import type { RecordBegin } from '../../../src/records/record-builder.js';
import { Records } from '../../../src/records/records.js';
import type { RecordsLog } from '../../../src/records/log.js';
import { recordsConfigSchema } from '../../../src/records/settings.js';

export const CALL_UUID = '0f8fad5b-d9cb-469f-a165-70867728950e';
/** A process that has never been. */
export const DEAD: ProcessMark = { pid: 4_194_303, begun: 7 };

export function begin(contactId = CALL_UUID): RecordBegin {
  return {
    contactId,
    customerEndpoint: { address: '+493012345', type: 'TELEPHONE_NUMBER' },
    systemEndpoint: { address: '1000', type: 'TELEPHONE_NUMBER' },
    startedEpochMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
    program: 'flow/support',
  };
}

export const END = { endedEpochMs: Date.UTC(2026, 0, 2, 3, 4, 15), result: 'done' as const };

export function recordsWith(
  settings: z.input<typeof recordsConfigSchema>,
  more: { readonly mark?: ProcessMark; readonly log?: RecordsLog } = {},
): Records {
  const records = new Records({
    settings: recordsConfigSchema.parse(settings),
    egress: { allowed_addresses: [], denied_addresses: [] },
    ...more,
  });
  onTestFinished(() => records.close());
  return records;
}

export function linesOf(path: string): ContactRecord[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as ContactRecord);
}
