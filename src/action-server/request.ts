import { AppError } from '../errors.js';
import type { ErrorCode } from '../errors.js';
import type { TraceContext } from '../http-client/trace-context.js';
import type { Parameters } from './asked-call.js';
import type { Incoming } from './protection.js';
import type { Format } from './served.js';

export interface ActionRequest extends Incoming {
  readonly entry: string;
  /** Of the query, and of a form or JSON body. */
  readonly parameters: Parameters;
  /** How the client named this server. */
  readonly host: string | undefined;
  /** The client's own trace, which functions and apps are to be in; read only where one is asked. */
  readonly trace?: TraceContext | undefined;
  /** Told once, when the answer is out or the client is gone: whether it was still there. */
  onDelivered(listener: (arrived: boolean) => void): void;
}

export interface ActionAnswer {
  readonly format: Format;
  readonly body: string;
  /** Why these are the fallback actions. */
  readonly reason?: ErrorCode;
}

/** @throws AppError `invalid_request` */
export function formatOf(format: unknown, userAgent: unknown): Format {
  if (format === 'json' || format === 'httapi' || format === 'switchhook') return format;
  if (format !== undefined) throw new AppError('invalid_request', 'format is json, httapi or switchhook');
  // Our own runner says who it is; it does not expand ${…}.
  return userAgent === 'switchhook' ? 'switchhook' : 'json';
}

/** The channel, '' where the client did not say; mod_httapi names it `session_id`. */
export function uuidOf({ uuid, session_id: session }: Parameters): string {
  const given = uuid ?? session ?? '';
  return /^[\w.:-]{1,128}$/.test(given) ? given : '';
}
