import { randomUUID } from 'node:crypto';
import { AppError } from '../errors.js';
import type { FunctionAttempt } from './attempt.js';
import { contactDataOf } from './contact-event.js';
import type { FunctionInvoker, InvocationResult } from './invoke.js';
import type { JsonObject, JsonValue } from './json.js';
import { missingParameters } from './invoke.js';
import type { FunctionSettings } from './settings.js';
import type { FunctionUse } from './uses.js';

export interface TrialOptions {
  /** Instead of the examples of the declared parameters. */
  readonly parameters: JsonObject;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly caller?: string;
  readonly called?: string;
  readonly instanceArn?: string;
}

export interface FunctionTrial {
  readonly name: string;
  /** JSON, as it was sent. */
  readonly request: string;
  /** As it came, when something came. */
  readonly response: string | undefined;
  readonly result: InvocationResult;
  readonly attempts: readonly FunctionAttempt[];
  /** What doesn't agree with the declarations, without being a reason for the error exit. */
  readonly remarks: readonly string[];
  /** Flows that use it, and what they would miss of this response. */
  readonly flows: readonly (FunctionUse & { readonly missing: readonly string[] })[];
}

/**
 * Invokes a function as a call would, with example values, and compares the response with what is declared and with
 * what the flows use of it.
 * @throws AppError `usage` when a required parameter has neither a value nor an example
 */
export async function tryFunction(
  invoker: FunctionInvoker,
  name: string,
  settings: FunctionSettings,
  uses: readonly FunctionUse[],
  options: TrialOptions,
): Promise<FunctionTrial> {
  const parameters = { ...examplesOf(settings), ...options.parameters };
  const missing = missingParameters(settings, parameters);
  if (missing.length > 0) {
    throw new AppError('usage', `no value and no example for the required ${missing.join(', ')}`);
  }
  const values: Readonly<Record<string, string>> = {
    caller_id_number: options.caller ?? '+4930123456',
    destination_number: options.called ?? '1000',
    direction: 'inbound',
  };
  const channel = {
    uuid: randomUUID(),
    get: (one: string) => (Object.hasOwn(values, one) ? values[one] : undefined),
  };
  let request = '';
  let response: string | undefined;
  const result = await invoker.invoke({
    name,
    parameters,
    contact: contactDataOf(
      channel,
      { attributes: options.attributes ?? {}, languageCode: 'en-US' },
      options.instanceArn,
    ),
    signal: new AbortController().signal,
    onRequest: (event) => {
      request = event;
    },
    onResponse: (body) => {
      response = body;
    },
  });
  return {
    name,
    request,
    response,
    result,
    attempts: result.attempts,
    remarks: remarksOn(settings, parameters, result),
    flows: uses.map((use) => ({
      ...use,
      missing: result.ok
        ? use.outputs.filter((output) => !Object.hasOwn(result.values, output))
        : use.outputs,
    })),
  };
}

function examplesOf(settings: FunctionSettings): Record<string, JsonValue> {
  return Object.fromEntries(
    Object.entries(settings.parameters ?? {}).flatMap(([name, { example }]) =>
      example === undefined ? [] : [[name, example]],
    ),
  );
}

function remarksOn(settings: FunctionSettings, parameters: JsonObject, result: InvocationResult): string[] {
  const remarks: string[] = [];
  if (settings.parameters !== undefined) {
    for (const name of Object.keys(parameters)) {
      if (!Object.hasOwn(settings.parameters, name)) remarks.push(`parameter ${name} is not declared`);
    }
  }
  if (settings.outputs === undefined || !result.ok) return remarks;
  for (const name of Object.keys(settings.outputs)) {
    if (!Object.hasOwn(result.values, name)) remarks.push(`output ${name} is declared and was not answered`);
  }
  for (const name of Object.keys(result.values)) {
    if (!Object.hasOwn(settings.outputs, name))
      remarks.push(`output ${name} was answered and is not declared`);
  }
  return remarks;
}
