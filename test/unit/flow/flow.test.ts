import { describe, expect, it } from 'vitest';
import { BLOCK_TYPES } from '../../../src/flow/blocks/table.js';
import { readFlow } from '../../../src/flow/flow.js';
import { flowSchema } from '../../../src/flow/schema.js';
import { z } from 'zod';
import { faultsOf } from './walk.js';

describe('readFlow', () => {
  it.each<[string, string, string]>([
    ['no object', '[]', '1:1 schema: invalid input: expected object'],
    ['nothing', '', 'schema: invalid input: expected object'],
    ['no start', 'blocks: { a: { type: end } }', 'schema: "start" is missing'],
    ['no blocks', 'start: a\nblocks: {}', '2:1 schema: the flow has no blocks'],
    [
      'an unknown key',
      'start: a\nstrat: b\nblocks: { a: { type: end } }',
      '2:1 schema: "strat" is not known here',
    ],
    ['no type', 'start: a\nblocks:\n  a: { next: b }', '3:3 schema: the block has no type'],
    ['no block', 'start: a\nblocks:\n  a: 5', '3:3 schema: the block has no type'],
    [
      'an unknown type',
      'start: a\nblocks:\n  a: { type: play_promt }',
      '3:8 schema: "play_promt" is not a type of block; there are play_prompt',
    ],
    [
      'a type by the name of an object',
      'start: a\nblocks:\n  a: { type: constructor }',
      'is not a type of block',
    ],
    [
      'an unknown parameter',
      'start: a\nblocks:\n  a:\n    type: wait\n    ms: 5\n    seconds: 1',
      '6:5 schema: "seconds" is not known here',
    ],
    ['a missing parameter', 'start: a\nblocks:\n  a:\n    type: wait', '3:3 schema: "ms" is missing'],
    [
      'a wrong value',
      'start: a\nblocks:\n  a:\n    type: wait\n    ms: soon',
      '5:5 schema: invalid input: expected number',
    ],
    ['a bad name of a block', 'start: a\nblocks:\n  a b: { type: end }', 'a block name is letters'],
    [
      'next of a block that ends',
      'start: a\nblocks:\n  a: { type: disconnect, next: b }',
      '3:26 schema: "next" is not known here',
    ],
    [
      'a prompt with two kinds',
      'start: a\nblocks:\n  a: { type: play_prompt, prompt: { text: x, file: y } }',
      'schema: "file" is not known here',
    ],
    [
      'a prompt with an unknown kind',
      'start: a\nblocks:\n  a: { type: play_prompt, prompt: { txt: x } }',
      'schema: "txt" is not known here; there are text, ssml',
    ],
    [
      'whom to call, mistyped',
      'start: a\nblocks:\n  a: { type: transfer, to: { usr: x } }',
      'schema: "usr" is not known here; there are user, group, number, gateway, sip, profile',
    ],
    ['an empty prompt', "start: a\nblocks:\n  a: { type: play_prompt, prompt: '' }", 'schema'],
    [
      'no key for a choice',
      "start: a\nblocks:\n  a: { type: menu, choices: { 'x': b } }",
      'expected keys such as',
    ],
    [
      'a condition without a comparison',
      'start: a\nblocks:\n  a: { type: branch, cases: [{ when: { value: x }, next: b }] }',
      'expected one of equals',
    ],
    [
      'an attribute called __proto__',
      'start: a\nblocks:\n  a: { type: set_attributes, remove: [__proto__] }',
      'attribute name',
    ],
  ])('tells of %s', (_title, text, expected) => {
    expect(faultsOf(text).join('\n')).toContain(expected);
  });

  it('tells of all blocks at once', () => {
    expect(faultsOf('start: a\nblocks:\n  a: { type: wait }\n  b: { type: nonsense }')).toHaveLength(2);
  });

  it('does without places', () => {
    const read = readFlow({ name: 'x', file: 'x.yaml', document: { start: 'a' }, place: () => undefined });
    expect(read).toMatchObject({ ok: false, problems: [{ file: 'x.yaml', severity: 'error' }] });
  });
});

describe('types of blocks', () => {
  it('are all there', () => {
    expect(BLOCK_TYPES.map(({ type }) => type)).toEqual([
      'play_prompt',
      'get_digits',
      'menu',
      'invoke_function',
      'set_attributes',
      'branch',
      'hours',
      'distribute',
      'loop',
      'wait',
      'transfer',
      'queue',
      'record',
      'run_actions',
      'cti_curl',
      'go_to_flow',
      'call_flow',
      'return',
      'disconnect',
      'end',
    ]);
  });

  it('are in the schema for editors', () => {
    const schema = JSON.stringify(z.toJSONSchema(flowSchema(), { io: 'input' }));
    for (const { type } of BLOCK_TYPES) expect(schema).toContain(`"const":"${type}"`);
  });
});
