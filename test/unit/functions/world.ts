import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { z } from 'zod';
import { contactDataOf } from '../../../src/functions/contact-event.js';
import type { ContactData } from '../../../src/functions/contact-event.js';
import { FunctionInvoker } from '../../../src/functions/invoke.js';
import type { FunctionInvokerOptions, Invocation, InvocationResult } from '../../../src/functions/invoke.js';
import { functionSchema } from '../../../src/functions/settings.js';

export const CALL_UUID = '0f8fad5b-d9cb-469f-a165-70867728950e';

/** A folder that goes away with the test. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'switchhook-functions-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export function file(name: string, text: string, into = folder()): string {
  const path = join(into, name);
  writeFileSync(path, text);
  return path;
}

export function contact(values: Readonly<Record<string, string>> = {}): ContactData {
  const known: Readonly<Record<string, string>> = {
    caller_id_number: '+493012345',
    destination_number: '1000',
    direction: 'inbound',
    ...values,
  };
  const channel = {
    uuid: CALL_UUID,
    get: (name: string) => (Object.hasOwn(known, name) ? known[name] : undefined),
  };
  return contactDataOf(channel, { attributes: { tier: 'gold' }, languageCode: 'en-US' });
}

export type Settings = Readonly<Record<string, z.input<typeof functionSchema>>>;

/** Functions that are given up soon. */
export function invokerWith(
  functions: Settings,
  options: Partial<FunctionInvokerOptions> = {},
): FunctionInvoker {
  const invoker = new FunctionInvoker({
    egress: { allowed_addresses: [], denied_addresses: [] },
    ...options,
  });
  onTestFinished(() => invoker.close());
  load(invoker, functions);
  return invoker;
}

export function load(invoker: FunctionInvoker, functions: Settings): void {
  invoker.load(
    new Map(
      Object.entries(functions).map(([name, settings]) => [
        name,
        functionSchema.parse({ retry_delay_ms: 1, ...settings }),
      ]),
    ),
  );
}

export function invoke(invoker: FunctionInvoker, more: Partial<Invocation> = {}): Promise<InvocationResult> {
  return invoker.invoke({
    name: 'f',
    parameters: {},
    contact: contact(),
    signal: new AbortController().signal,
    ...more,
  });
}

/** `ok`, or the code. */
export function outcomeOf(result: InvocationResult): string {
  return result.ok ? 'ok' : result.code;
}
