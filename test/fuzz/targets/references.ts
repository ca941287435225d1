import { isDeeperThan } from '../../../src/flow/depth.js';
import { newState } from '../../../src/flow/state.js';
import { FlowTextTooLarge, MOST_FILLED, TextRoom } from '../../../src/flow/text-room.js';
import {
  fill,
  isMasked,
  lookUp,
  referencesIn,
  soleReference,
  template,
  textOf,
  textsIn,
  valueOf,
} from '../../../src/flow/references.js';
import type { Scope } from '../../../src/flow/references.js';
import { asTexts, jsonForm, partOf } from '../forms/json.js';
import type { JsonValue } from '../forms/json.js';
import { defineTarget, expecting, must, mustEqual } from '../target.js';

function scopeOf(values: JsonValue | undefined, external: JsonValue): Scope {
  const known = asTexts(values);
  const state = {
    ...newState('s', 'main', 0),
    attributes: known,
    flowAttributes: known,
    external,
    storedInput: known['x'] ?? '',
    masked: ['Attributes.x', 'StoredInput'],
  };
  return {
    state,
    language: 'en-US',
    // As a turn of a flow has it.
    room: new TextRoom(),
    call: {
      uuid: 'c0ffee',
      now: () => 0,
      get: (name) => (Object.hasOwn(known, name) ? known[name] : undefined),
    },
  };
}

function judge(text: string, scope: Scope): void {
  const { parts } = template(text);
  const whole = parts
    .map((part) => (typeof part === 'string' ? part.replaceAll('$.', '$$$$.') : part.text))
    .join('');
  // `$.` that stays as text is one that was written as `$$.`, or means nothing.
  mustEqual(
    whole.replaceAll('$$.', '$.').length,
    text.replaceAll('$$.', '$.').length,
    `a part is lost of "${text.slice(0, 200)}"`,
  );
  for (const reference of referencesIn(text)) {
    const value = lookUp(reference, scope);
    must(
      typeof value !== 'function' && value !== Object.prototype,
      `"${reference.text}" leads out of the values`,
    );
    must(typeof textOf(value) === 'string', `"${reference.text}" is no text`);
  }
  isMasked(text, scope);
  expecting([FlowTextTooLarge], () => judgeFilled(text, scope));
}

function judgeFilled(text: string, scope: Scope): void {
  const values: string[] = [];
  const marked = fill(text, scope, (value) => `\ue000${values.push(value) - 1}\ue001`);
  const filled = fill(text, scope);
  must(filled.length <= Math.max(MOST_FILLED, text.length), 'more is filled in than may be');
  const plain = marked.replaceAll(/\ue000(\d+)\ue001/g, (_, at: string) => values[Number(at)] ?? '');
  if (!/[\ue000\ue001]/.test(text)) mustEqual(filled, plain, 'a value was looked into');
  const sole = soleReference(text);
  const value = valueOf(text, scope);
  must(sole !== undefined || typeof value === 'string', `"${text.slice(0, 200)}" is no text`);
}

export const target = defineTarget<JsonValue>({
  name: 'references',
  about:
    'Texts with references, filled with hostile values: no part of a text gets lost, a value is never looked into for references, nothing is found that is not an own property; no more is put together than a turn may.',
  covers: ['flow/references.ts', 'flow/text-room.ts'],
  form: jsonForm([
    '$.Attributes.x', "$.Attributes['given name']", '$.External.a.b', '$.External', '{$.StoredInput}.wav', '$$.', '$$.Attributes.x', '${start.caller}', '${block.x}',
    '$.Channel.x', '$.CustomerEndpoint.Address', '$.SystemEndpoint.Type', '$.Queue.Name', '$.Error.Code', '$.ContactId', '$.LanguageCode', '$.', '{$.', '}', "['", "']",
    '$.Attributes.__proto__', '$.External.constructor.name', '$.FlowAttributes.x', '${', '.', 'text', 'values', 'external', 'x', 'a', 'b',
  ]), // prettier-ignore
  seeds: [
    { text: 'Hi $.Attributes.x, bye', values: { x: '$.Attributes.y', y: 'no' }, external: null },
    { text: '{$.StoredInput}.wav $$.Attributes.x ${start.caller}', values: { x: '12' }, external: null },
    { text: "$.External.a.b $.External['c d']", values: {}, external: { a: { b: 1 }, 'c d': true } },
    { text: '$.External', values: {}, external: [1, { a: 'b' }] },
    {
      text: '$.Channel.x$.CustomerEndpoint.Address$.Queue.Name$.LanguageCode',
      values: { x: 'y', caller_id_number: '1' },
      external: {},
    },
    { text: ['$.Attributes.x', { a: '${block.x}' }], values: { x: '${system(id)}' }, external: {} },
  ],
  found: [
    "behind a reference that takes no names, `['x y']` came out as `.x y` (`flow/references.ts`)",
    'parsed texts were kept by their number, whatever their length (`flow/parsed-texts.ts`)',
    'what stands in brackets behind a reference that takes no more names was not looked into for references, nor for `$$.` (`flow/references.ts`)',
    'a text that refers to a long value a thousand times took all memory, as did attributes that double from block to block (`flow/references.ts`, `engine.ts`)',
  ],
  run(input) {
    const scope = scopeOf(partOf(input, 'values'), partOf(input, 'external') ?? null);
    const texts = partOf(input, 'text');
    // As flows are: deeper ones are refused before anything looks for texts in them.
    if (isDeeperThan(texts, 64)) return;
    for (const { text } of textsIn(texts)) judge(text, scope);
  },
});
