import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  actionListSchema,
  configuredActionListSchema,
  parseActionList,
} from '../../../src/call/action-list.js';

function refused(input: string | Buffer): string {
  const parsed = parseActionList(input);
  if (parsed.ok) throw new Error('was accepted');
  return `${parsed.code}: ${parsed.detail}`;
}

function accepted(input: string | Buffer): Extract<ReturnType<typeof parseActionList>, { ok: true }> {
  const parsed = parseActionList(input);
  if (!parsed.ok) throw new Error(`${parsed.code}: ${parsed.detail}`);
  return parsed;
}

describe('a list as an app answers it', () => {
  it('is read with its defaults', () => {
    const list = accepted(
      '[{"application":"answer"},{"application":"bridge","data":"user/10001","id":"b","on_error":"stop","timeout_ms":5000}]',
    );
    expect(list.actions).toEqual([
      { application: 'answer', data: '', onError: 'continue' },
      { application: 'bridge', data: 'user/10001', id: 'b', onError: 'stop', timeoutMs: 5000 },
    ]);
    expect(list.warnings).toEqual([]);
  });

  it('may be empty', () => expect(accepted('[]').actions).toEqual([]));

  it('may begin with a byte order mark and hold any character', () => {
    const text = '\uFEFF[{"application":"say","data":"Grüße 😀 \\u0000"}]';
    expect(accepted(text).actions[0]?.data).toBe('Grüße 😀 \u0000');
    expect(accepted(Buffer.from(text)).actions[0]?.data).toBe('Grüße 😀 \u0000');
  });

  it('takes the last of duplicate keys, and duplicate actions as they are', () => {
    const list = accepted('[{"application":"a","data":"1","data":"2"},{"application":"a","data":"2"}]');
    expect(list.actions).toHaveLength(2);
    expect(list.actions[0]).toEqual(list.actions[1]);
  });

  it('names unknown keys by their path and goes on', () => {
    const list = accepted('[{"application":"a"},{"application":"b","dta":"x","bad key\\n":{"deep":[1]}}]');
    expect(list.warnings).toEqual([
      '[1].dta: unknown key, ignored',
      '[1]["bad key\\n"]: unknown key, ignored',
    ]);
    expect(list.actions[1]).toEqual({ application: 'b', data: '', onError: 'continue' });
  });

  it('names a limited number of unknown keys', () => {
    const keys = Array.from({ length: 500 }, (_, index) => `"k${index}":1`).join(',');
    expect(accepted(`[{"application":"a",${keys}}]`).warnings).toHaveLength(21);
  });

  it('takes nothing from keys that are special in JavaScript', () => {
    const list = accepted(
      '[{"application":"a","__proto__":{"data":"evil","polluted":1},"constructor":{"prototype":{"polluted":1}}}]',
    );
    expect(list.actions).toEqual([{ application: 'a', data: '', onError: 'continue' }]);
    expect(list.warnings).toHaveLength(2);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(refused('[{"application":"a","id":{"length":{"toString":""}}}]')).toMatch(
      /^invalid_actions: .*"length"/,
    );
    expect(refused('[{"__proto__":{"application":"a"}}]')).toMatch(/^invalid_actions: \[0\]\.application/);
  });
});

describe('what is not JSON', () => {
  it.each([
    ['', 'not_json: an empty answer; 204 or [] means nothing to do'],
    [' \n', 'not_json: an empty answer; 204 or [] means nothing to do'],
    ['<html><body>Error</body></html>', 'not_json: looks like HTML or XML'],
    ['[{"application":"a"},]', 'not_json: not a JSON text'],
    ["[{'application':'a'}]", 'not_json: not a JSON text'],
    ['[{"application":"a"}', 'not_json: not a JSON text'],
    ['[1] [2]', 'not_json: not a JSON text'],
  ])('%j', (text, expected) => expect(refused(text)).toContain(expected));

  it.each([[[0xff, 0xfe]], [[0x5b, 0x22, 0xc3, 0x22, 0x5d]], [[0xed, 0xa0, 0x80]]])('bytes %j', (bytes) => {
    expect(refused(Buffer.from(bytes))).toBe('not_json: not UTF-8');
  });

  it('never quotes the answer', () => {
    expect(refused('secret-token-1234')).not.toContain('secret');
  });
});

describe('what is JSON and not a list of actions', () => {
  it.each([
    ['{"application":"a"}', 'expected an array of actions, got an object'],
    ['null', 'expected an array of actions, got null'],
    ['"playback"', 'expected an array of actions, got a string'],
    ['[null]', '[0]: '],
    ['[["application","a"]]', '[0]: '],
    ['["answer"]', '[0]: '],
    ['[{"application":"a"},{"data":"x"}]', '[1].application: '],
    ['[{"application":""}]', '[0].application: '],
    ['[{"application":"play back"}]', '[0].application: '],
    ['[{"application":"a^system:x"}]', '[0].application: '],
    ['[{"application":7}]', '[0].application: '],
    ['[{"application":"sleep","data":1000}]', '[0].data: '],
    ['[{"application":"a","data":null}]', '[0].data: '],
    ['[{"application":"a","data":["x"]}]', '[0].data: '],
    ['[{"application":"a","id":5}]', '[0].id: '],
    ['[{"application":"a","on_error":"retry"}]', '[0].on_error: '],
    ['[{"application":"a","timeout_ms":"5"}]', '[0].timeout_ms: '],
    ['[{"application":"a","timeout_ms":0}]', '[0].timeout_ms: '],
    ['[{"application":"a","timeout_ms":1.5}]', '[0].timeout_ms: '],
  ])('%s', (text, expected) => expect(refused(text)).toContain(`invalid_actions: ${expected}`));
});

describe('limits', () => {
  it('are 100 actions', () => {
    const list = (count: number): string => JSON.stringify(new Array(count).fill({ application: 'a' }));
    expect(accepted(list(100)).actions).toHaveLength(100);
    expect(refused(list(101))).toBe('too_large: 101 actions, at most 100 are allowed');
  });

  it('are 64 kB, counted in bytes', () => {
    const list = (data: string): string => JSON.stringify([{ application: 'a', data }]);
    const room = 65_536 - list('').length;
    expect(accepted(list('x'.repeat(room))).actions).toHaveLength(1);
    expect(refused(list('x'.repeat(room + 1)))).toContain('too_large: 65537 bytes');
    expect(refused(list('ü'.repeat(room / 2 + 1)))).toContain('too_large: 65537 bytes');
  });

  it('hold against nesting, wherever it stands', () => {
    const deep = '['.repeat(32_000) + ']'.repeat(32_000);
    expect(refused(deep)).toContain('invalid_actions');
    expect(refused(deep.slice(1))).toContain('not_json');
    const inside = `[{"application":"a","x":${'{"a":'.repeat(9_000)}1${'}'.repeat(9_000)}}]`;
    expect(accepted(inside).warnings).toEqual(['[0].x: unknown key, ignored']);
  });
});

describe('any input', () => {
  it('gives a list or a refusal, never an exception', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json(), fc.uint8Array()), (input) => {
        const parsed = parseActionList(typeof input === 'string' ? input : Buffer.from(input));
        if (!parsed.ok) expect(['not_json', 'invalid_actions', 'too_large']).toContain(parsed.code);
      }),
    );
  });

  it('comes back as it was written when it is a list', () => {
    const entry = fc.record({
      application: fc.stringMatching(/^[a-z0-9_]{1,64}$/),
      data: fc.string({ unit: 'grapheme' }),
    });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 20 }), (list) => {
        expect(accepted(Buffer.from(JSON.stringify(list))).actions).toEqual(
          list.map((item) => ({ ...item, onError: 'continue' })),
        );
      }),
    );
  });
});

describe('the published schema', () => {
  it('says what the parser holds to', () => {
    const schema = z.toJSONSchema(actionListSchema, { io: 'input' });
    expect(schema).toMatchObject({
      type: 'array',
      maxItems: 100,
      items: {
        type: 'object',
        required: ['application'],
        properties: { data: { type: 'string', default: '' } },
      },
    });
  });

  it('is strict in the configuration', () => {
    expect(configuredActionListSchema.safeParse([{ application: 'a', dta: 'x' }]).success).toBe(false);
    expect(configuredActionListSchema.safeParse([{ application: 'a', data: 'x' }]).success).toBe(true);
  });
});
