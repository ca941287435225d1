import type { FastifyError } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { AppError, ERRORS } from '../errors.js';
import type { ErrorCode } from '../errors.js';
import type { ErrorAnswer } from './contract/error.js';

/** What fastify refuses by itself, in our words. */
const OF_FASTIFY: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'invalid_request',
  FST_ERR_CTP_INVALID_JSON_BODY: 'invalid_request',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'invalid_request',
  FST_ERR_BAD_URL: 'invalid_request',
  FST_ERR_MAX_PARAM_LENGTH: 'invalid_request',
};

export interface RequestFailure {
  readonly error: AppError;
  /** Where in the request, `body.actions[2].data`. */
  readonly path?: string;
}

/** Whatever was thrown, as one of our errors. What is none of ours is a defect, and its message is not shown. */
export function failureOf(thrown: unknown): RequestFailure {
  if (thrown instanceof AppError) return { error: thrown };
  if (hasZodFastifySchemaValidationErrors(thrown)) {
    const { validation, validationContext } = thrown as FastifyError;
    const [issue] = validation ?? [];
    const path = pathText(validationContext ?? '', issue?.instancePath ?? '');
    return { error: new AppError('invalid_request', `${path}: ${issue?.message ?? 'not valid'}`), path };
  }
  const { code = '', message, statusCode } = thrown as Partial<FastifyError>;
  const known = OF_FASTIFY[code];
  if (known !== undefined)
    return { error: new AppError(known, known === 'invalid_request' ? (message ?? '') : '') };
  // A body that is no JSON: V8's message quotes it, which is nobody's business but the sender's.
  if (thrown instanceof SyntaxError && statusCode === 400)
    return { error: new AppError('invalid_request', 'body: not a JSON text'), path: 'body' };
  return { error: new AppError('internal', '', { cause: thrown }) };
}

export function answerOf({ error, path }: RequestFailure): ErrorAnswer {
  const { message, remedy } = ERRORS[error.code];
  return {
    error: {
      code: error.code,
      message,
      detail: error.detail,
      remedy,
      ...(path === undefined ? {} : { path }),
    },
  };
}

/** `/actions/2/data` of a body → `body.actions[2].data` */
function pathText(context: string, pointer: string): string {
  const place = context === 'querystring' ? 'query' : context;
  const parts = pointer.split('/').filter((part) => part !== '');
  return parts.reduce(
    (text, part) => (/^\d+$/.test(part) ? `${text}[${part}]` : `${text}.${shortened(part)}`),
    place,
  );
}

/** Keys come from outside. */
function shortened(part: string): string {
  return /^[\w-]{1,40}$/.test(part) ? part : JSON.stringify(part.slice(0, 40));
}
