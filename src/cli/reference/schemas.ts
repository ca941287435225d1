import { z } from 'zod';
import { actionListSchema } from '../../call/action-list.js';
import { receivedEventSchema } from '../../callbacks/event-schema.js';
import { configSchema } from '../../config/schema.js';
import type { JsonSchema } from '../../config/shape.js';
import { flowSchema } from '../../flow/schema.js';
import { caseFileSchema } from '../../flow-test/case-file.js';
import { functionsFileSchema } from '../../functions/settings.js';
import { requestBodySchema } from '../../source/curl/request-body-schema.js';

const SECRET_ALTERNATIVES: readonly JsonSchema[] = [
  {
    type: 'object',
    properties: { env: { type: 'string', description: 'Environment variable that holds the value.' } },
    required: ['env'],
    additionalProperties: false,
  },
  {
    type: 'object',
    properties: { file: { type: 'string', description: 'File that holds the value, relative to this one.' } },
    required: ['file'],
    additionalProperties: false,
  },
];

/** The JSON Schema of switchhook.yaml, for editors. */
export function configurationSchema(): JsonSchema {
  const schema = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  return { title: 'switchhook configuration', ...publishable(schema) };
}

/** The JSON Schema of functions.yaml, for editors. */
export function functionsSchema(): JsonSchema {
  const schema = z.toJSONSchema(functionsFileSchema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  return { title: 'switchhook functions', ...publishable(schema) };
}

/** The JSON Schema of a flow, for editors. */
export function flowFileSchema(): JsonSchema {
  const schema = z.toJSONSchema(flowSchema(), { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  return { title: 'switchhook flow', ...schema };
}

/** The JSON Schema of a file of test cases, for editors. */
export function flowCasesSchema(): JsonSchema {
  const schema = z.toJSONSchema(caseFileSchema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  return { title: 'switchhook flow test cases', ...schema };
}

/** The JSON Schema of what an HTTP app answers. */
export function actionsSchema(): JsonSchema {
  const schema = z.toJSONSchema(actionListSchema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  return { title: 'switchhook action list', ...schema };
}

/** The JSON Schema of what an HTTP app is told by POST. */
export function requestSchema(): JsonSchema {
  const schema = z.toJSONSchema(requestBodySchema, { io: 'input' }) as JsonSchema;
  return { title: 'switchhook request to an app', ...schema };
}

/** The JSON Schema of what receivers of callbacks get. */
export function callbackSchema(): JsonSchema {
  const schema = z.toJSONSchema(receivedEventSchema, { io: 'input' }) as JsonSchema;
  return { title: 'switchhook callback', ...schema };
}

/** Our own marks are not JSON Schema; what they mean to a reader of the file is said in its terms. */
function publishable(schema: JsonSchema): JsonSchema {
  const rest = mapped(schema);
  if (schema.secret !== true) return rest;
  const { description, ...text } = rest;
  return { ...(description !== undefined && { description }), anyOf: [text, ...SECRET_ALTERNATIVES] };
}

function mapped(schema: JsonSchema): JsonSchema {
  const each = (map: Readonly<Record<string, JsonSchema>>): Record<string, JsonSchema> =>
    Object.fromEntries(Object.entries(map).map(([key, value]) => [key, publishable(value)]));
  const list = (items: readonly JsonSchema[]): JsonSchema[] => items.map(publishable);
  const marks = new Set(['secret', 'path']);
  return {
    ...Object.fromEntries(Object.entries(schema).filter(([key]) => !marks.has(key))),
    ...(schema.properties && { properties: each(schema.properties) }),
    ...(schema.$defs && { $defs: each(schema.$defs) }),
    ...(typeof schema.additionalProperties === 'object' && {
      additionalProperties: publishable(schema.additionalProperties),
    }),
    ...(schema.items && { items: publishable(schema.items) }),
    ...(schema.anyOf && { anyOf: list(schema.anyOf) }),
    ...(schema.oneOf && { oneOf: list(schema.oneOf) }),
    ...(schema.allOf && { allOf: list(schema.allOf) }),
  };
}
