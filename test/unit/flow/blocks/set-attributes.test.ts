import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asFileName, asText, asVariableValue, asWord } from '../../../../src/flow/blocks/safe-value.js';
import { resume } from '../../../../src/flow/engine.js';
import { around, Walk } from '../walk.js';

function setting(parameters: string, attributes: Readonly<Record<string, string>> = {}): Walk {
  return new Walk({
    flows: { main: around(`type: set_attributes\n${parameters}`, ['error']) },
    inputs: { attributes },
  });
}

it('sets texts, numbers, yes and no, and what references bring', () => {
  const walk = setting(
    'attributes: { a: x, b: 5, c: true, d: "$.Attributes.old!", e: $.Attributes.nobody }\nflow_attributes: { f: $.ContactId }',
    { old: 'o' },
  );
  expect(walk.exits).toEqual(['it:next', 'at-next']);
  expect(walk.state.attributes).toEqual({ old: 'o', a: 'x', b: '5', c: 'true', d: 'o!', e: '' });
  expect(walk.state.flowAttributes).toEqual({ f: 'c0ffee' });
});

it('works all values out before it sets the first', () => {
  const walk = setting('attributes: { a: $.Attributes.b, b: $.Attributes.a }', { a: '1', b: '2' });
  expect(walk.state.attributes).toEqual({ a: '2', b: '1' });
});

it('forgets', () => {
  expect(setting('remove: [a]', { a: '1', b: '2' }).state.attributes).toEqual({ b: '2' });
});

describe('export', () => {
  const EXPORTS =
    "attributes: { a: { value: '$.Attributes.in', export: true }, b: { value: x, export: my_var }, c: { value: y } }";

  it('sets channel variables', () => {
    const walk = setting(EXPORTS, { in: "it's 5 o'clock, Bob" });
    expect(walk.said).toEqual(["set cti_a=it's 5 o'clock, Bob", 'set my_var=x']);
    expect(walk.done().exits).toEqual(['it:next', 'at-next']);
  });

  it.each([
    ['refused', 'action_refused'],
    ['failed', 'action_failed'],
  ])('leaves by error when one is %s', (status, error) => {
    const walk = setting(EXPORTS, { in: 'x' }).done({ set: { status } });
    expect(walk.exits).toEqual(['it:error', 'at-error']);
    expect(walk.state.error).toBe(error);
  });

  it('takes away what FreeSWITCH would expand', () => {
    expect(setting(EXPORTS, { in: '${system(x)}\n\\x' }).said[0]).toBe('set cti_a=_{system(x)} _x');
  });

  it('does not set twice what is made of itself, when the call is resumed', () => {
    const walk = setting("attributes: { n: { value: '$.Attributes.n+', export: true } }", { n: 'a' });
    const again = resume(walk.set, walk.state, walk.call);
    expect(again.state.attributes).toEqual({ n: 'a+' });
    expect(again.step).toEqual(walk.step);
  });

  it('tells which of them are masked', () => {
    const main = `
start: ask
error: done
blocks:
  ask: { type: get_digits, mask: true, next: keep }
  keep: { type: set_attributes, attributes: { pin: { value: $.StoredInput, export: true } }, next: done }
  done: { type: end }`;
    expect(new Walk({ flows: { main } }).types('12', '#').step).toMatchObject({ masked: ['cti_pin'] });
  });
});

describe('a value', () => {
  const nasty = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(
        fc.constantFrom(
          '$',
          '{',
          '}',
          '\\',
          '|',
          ',',
          '<',
          "'",
          '"',
          '^^',
          '\n',
          '\0',
          ' ',
          '/',
          '..',
          'a',
          '!',
          '~',
          '%[',
        ),
      )
      .map((parts) => parts.join('')),
  );

  it('can not do anything as the value of a variable', () => {
    fc.assert(
      fc.property(nasty, (value) => {
        expect(asVariableValue(value)).not.toMatch(/[$\\\r\n\0]/);
      }),
    );
  });

  it('is a word, or refused', () => {
    fc.assert(
      fc.property(nasty, (value) => {
        expect(asWord(value) ?? '').not.toMatch(/[\s$\\'"|,{}[\]<>^!~%;=/\0]/);
      }),
    );
  });

  it('is a text without anything that means something', () => {
    fc.assert(
      fc.property(nasty, (value) => {
        expect(asText(value)).not.toMatch(/[\r\n$\\'"|{}[\]<>~%;=\0]/);
      }),
    );
  });

  it('stays in its folder', () => {
    fc.assert(
      fc.property(nasty, (value) => {
        expect(asFileName(value)).toMatch(/^[A-Za-z0-9_+-]*$/);
      }),
    );
  });
});
