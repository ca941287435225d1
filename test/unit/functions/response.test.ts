import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_RESPONSE_BYTES, readResponse } from '../../../src/functions/response.js';
import type { ResponseRules } from '../../../src/functions/response.js';

const MAP: ResponseRules = { kind: 'string_map', coerce: false, required: [] };
const JSON_RULES: ResponseRules = { ...MAP, kind: 'json' };
const read = (text: string | Buffer, rules: Partial<ResponseRules> = {}) =>
  readResponse(text, { ...MAP, ...rules });

describe('a string map', () => {
  it('is a flat object of strings', () => {
    expect(read('{"a":"1","b":""}')).toEqual({ ok: true, values: { a: '1', b: '' } });
    expect(read('{}')).toEqual({ ok: true, values: {} });
  });

  it.each([
    ['{"a":1}', '"a" is a number, a string map holds strings alone; coerce allows it'],
    ['{"a":true}', '"a" is a boolean, a string map holds strings alone; coerce allows it'],
    ['{"a":null}', '"a" is null, a string map holds strings alone'],
    ['{"a":{}}', '"a" is an object, a string map holds strings alone'],
    ['{"a":["1"]}', '"a" is a list, a string map holds strings alone'],
    ['"a"', 'expected an object, got a string'],
    ['7', 'expected an object, got a number'],
    ['null', 'expected an object, got null'],
    ['', 'empty'],
    [' \n', 'empty'],
    ['{"a":', 'not JSON'],
    ['<html>', 'not JSON'],
  ])('is not %s', (text, detail) => {
    expect(read(text)).toEqual({ ok: false, code: 'function_not_understood', detail });
  });

  it('takes numbers and booleans when they are to become strings, and nothing more', () => {
    expect(read('{"a":1.5,"b":false}', { coerce: true })).toEqual({
      ok: true,
      values: { a: '1.5', b: 'false' },
    });
    expect(read('{"a":null}', { coerce: true })).toMatchObject({ ok: false });
    expect(read('{"a":{}}', { coerce: true })).toMatchObject({ ok: false });
  });
});

describe('json', () => {
  it('may be nested', () => {
    const text = '{"a":{"b":[1,null,{"c":true}]}}';
    expect(readResponse(text, JSON_RULES)).toEqual({ ok: true, values: JSON.parse(text) as object });
  });

  it.each([32, 10_000])('is not nested %i levels deep', (levels) => {
    const text = `{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`;
    expect(readResponse(text, JSON_RULES)).toMatchObject({ detail: 'nested more than 32 levels deep' });
  });

  it('is an object', () => {
    expect(readResponse('[]', JSON_RULES)).toMatchObject({ code: 'function_not_understood' });
  });
});

it('is at most 32 kB of UTF-8', () => {
  const room = MAX_RESPONSE_BYTES - '{"a":""}'.length;
  expect(read(`{"a":"${'x'.repeat(room)}"}`)).toMatchObject({ ok: true });
  expect(read(`{"a":"${'x'.repeat(room + 1)}"}`)).toMatchObject({ code: 'function_too_large' });
  expect(read(`{"a":"${'ü'.repeat(room / 2 + 1)}"}`)).toMatchObject({ code: 'function_too_large' });
  expect(read(Buffer.from([0x7b, 0xff, 0x7d]))).toMatchObject({ detail: 'not UTF-8' });
});

it('an exception is one in either kind, and only with a message', () => {
  expect(read('{"errorMessage":"no","errorType":"E","trace":[]}')).toMatchObject({
    code: 'function_exception',
    detail: 'E: no',
  });
  expect(readResponse('{"errorMessage":""}', JSON_RULES)).toMatchObject({ code: 'function_exception' });
  expect(readResponse('{"errorMessage":{}}', JSON_RULES)).toMatchObject({ ok: true });
  expect(read(`{"errorMessage":"${'x'.repeat(2000)}"}`)).toMatchObject({ detail: 'x'.repeat(500) });
});

it('has what is required', () => {
  expect(read('{"a":"1"}', { required: ['a'] })).toMatchObject({ ok: true });
  expect(read('{"a":"1"}', { required: ['b', 'toString'] })).toMatchObject({
    code: 'function_not_understood',
    detail: 'without "b", "toString"',
  });
});

it('keeps names that mean something to JavaScript as plain names', () => {
  const result = read('{"__proto__":"x","constructor":"y"}');
  expect(result.ok && Object.entries(result.values)).toEqual([
    ['__proto__', 'x'],
    ['constructor', 'y'],
  ]);
  expect({}).not.toHaveProperty('x');
});

it('brings back what was answered, and never throws', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.string()), (map) => {
      fc.pre(!Object.hasOwn(map, 'errorMessage'));
      const result = read(JSON.stringify(map));
      expect(result.ok && Object.entries(result.values)).toEqual(
        Object.entries(JSON.parse(JSON.stringify(map)) as object),
      );
    }),
  );
  fc.assert(fc.property(fc.uint8Array(), (bytes) => void read(Buffer.from(bytes), { kind: 'json' })));
  fc.assert(fc.property(fc.json(), (text) => void readResponse(text, JSON_RULES)));
});
