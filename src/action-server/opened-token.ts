import type { ErrorCode } from '../errors.js';
import type { Continuation } from './continuation.js';
import { readContinuation } from './continuation.js';
import type { TokenSeal } from './token.js';

/** What a token has to fit. */
export interface TokenBearer {
  readonly entry: string;
  /** '' where the client did not say. */
  readonly uuid: string;
  readonly nowMs: number;
}

/** Where the call goes on, or why this token does not say. */
export function openedToken(
  token: string,
  seal: TokenSeal,
  { entry, uuid, nowMs }: TokenBearer,
): Continuation | { readonly code: ErrorCode; readonly detail: string } {
  const opened = seal.open(token);
  if (!opened.ok) return { code: opened.code, detail: '' };
  const from = readContinuation(opened.text);
  if (from === undefined) return { code: 'token_foreign', detail: 'of another version' };
  if (from.entry !== entry) return { code: 'token_foreign', detail: `of the entry ${from.entry}` };
  if (from.expires * 1000 <= nowMs) return { code: 'token_expired', detail: '' };
  if (from.uuid !== '' && uuid !== '' && uuid !== from.uuid)
    return { code: 'token_foreign', detail: `of the call ${from.uuid}` };
  return from;
}
