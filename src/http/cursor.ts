import { AppError } from '../errors.js';

/** A place in a list, as clients hand it back: nothing that they should read. */
export function writeCursor(...parts: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** @throws AppError `invalid_request` */
export function readCursor(cursor: string, length: number): unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(parts) && parts.length === length) return parts as unknown[];
  } catch {
    // As with every other text that is no cursor.
  }
  throw new AppError('invalid_request', 'query.cursor: not a cursor of this list');
}
