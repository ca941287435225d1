import { z } from 'zod';
import { checked } from '../../checked.js';
import { AppError } from '../../errors.js';
import type { ContactRecord } from '../../records/contact-record.js';
import type { RecordPlace, RecordReader } from '../../records/record-reader.js';
import type { ApiFeature } from '../api.js';
import { uuidSchema } from '../contract/calls.js';
import { recordFilterSchema, recordSchema, recordsSchema } from '../contract/records.js';
import type { RecordAnswer } from '../contract/records.js';
import { readCursor, writeCursor } from '../cursor.js';

/** @param reader undefined: no records are kept in a file */
export function recordRoutes(reader: Pick<RecordReader, 'page'> | undefined): ApiFeature {
  const kept = (): Pick<RecordReader, 'page'> => {
    if (reader === undefined) throw new AppError('records_not_configured');
    return reader;
  };
  return (api) => {
    api.read({
      url: '/records',
      summary: 'Contact records of calls that ended, the newest first.',
      description:
        'Read from the file of `records.file` and those put aside. Long lists come in pages; a page may be empty and have a cursor.',
      errors: ['records_not_configured'],
      requires: 'viewer',
      query: recordFilterSchema,
      response: recordsSchema,
      handler: async ({ query }) => {
        const page = await kept().page({
          matches: (record) => isWhole(record) && passes(record, query),
          limit: query.limit,
          ...(query.cursor === undefined ? {} : { from: placeOf(query.cursor) }),
        });
        if (page === undefined)
          throw new AppError(
            'invalid_request',
            'query.cursor: the file that it led to is not there any more',
          );
        const { records, next } = page;
        return {
          records: records.map(answerOf),
          ...(next === undefined ? {} : { next_cursor: writeCursor(next.inode, next.offset) }),
        };
      },
    });
    api.read({
      url: '/records/:uuid',
      summary: 'The contact record of a call.',
      errors: ['no_such_record', 'records_not_configured'],
      description: 'Of a channel that was handed over several times, the newest.',
      requires: 'viewer',
      params: z.strictObject({ uuid: uuidSchema }),
      response: recordSchema,
      handler: async ({ params: { uuid } }) => {
        let from: RecordPlace | undefined;
        for (;;) {
          const page = await kept().page({
            matches: (record) => record.contact_id === uuid && isWhole(record),
            contains: uuid,
            limit: 1,
            ...(from === undefined ? {} : { from }),
          });
          const found = page?.records[0];
          if (found !== undefined) return answerOf(found);
          from = page?.next;
          if (from === undefined) throw new AppError('no_such_record', uuid);
        }
      },
    });
  };
}

/** A line that a disk or a person has spoilt must not take the others along. */
function isWhole(record: ContactRecord): boolean {
  return checked(recordSchema, record).success;
}

function passes(record: ContactRecord, query: z.output<typeof recordFilterSchema>): boolean {
  const { number, flow, program, result, since, until } = query;
  const ended = Date.parse(record.ended_at);
  const ends = [record.customer_endpoint?.address ?? '', record.system_endpoint?.address ?? ''];
  return (
    (number === undefined || ends.some((address) => address.includes(number))) &&
    (flow === undefined || record.flow?.name === flow) &&
    (program === undefined || record.program.includes(program)) &&
    (result === undefined || record.result === result) &&
    (since === undefined || ended >= Date.parse(since)) &&
    (until === undefined || ended < Date.parse(until))
  );
}

/** What is in the file is plain JSON. */
function answerOf(record: ContactRecord): RecordAnswer {
  return { ...record };
}

function placeOf(cursor: string): RecordPlace {
  const [inode, offset] = readCursor(cursor, 2);
  if (!isCount(inode) || !isCount(offset))
    throw new AppError('invalid_request', 'query.cursor: not a cursor of this list');
  return { inode, offset };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
