import { expect, it } from 'vitest';
import { functionSchema } from '../../../src/functions/settings.js';
import { contact, file, invoke, invokerWith, outcomeOf } from './world.js';

it('functions stay for those who began with them, and for nobody else, until they are released', async () => {
  const invoker = invokerWith({});
  const setting = functionSchema.parse({
    file: file('h.js', 'exports.handler = async () => ({ a: "1" });'),
    timeout_ms: 2000,
  });
  const before = invoker.plan(new Map([['old', setting]]));
  invoker.use(before);
  const after = invoker.plan(new Map([['new', setting]]));
  invoker.use(after);
  const asked = { name: 'old', parameters: {}, contact: contact(), signal: new AbortController().signal };
  expect(outcomeOf(await before.invoke(asked))).toBe('ok');
  expect(outcomeOf(await after.invoke(asked))).toBe('no_such_function');
  expect(outcomeOf(await invoke(invoker, { name: 'new' }))).toBe('ok');
  expect(invoker.has('old')).toBe(false);
  invoker.release(before);
  // What runs has its time to end; then its thread does.
  expect(outcomeOf(await before.invoke(asked))).toBe('ok');
  await invoker.close();
  expect(await before.invoke(asked)).toMatchObject({ code: 'function_exception', detail: 'it was stopped' });
});
