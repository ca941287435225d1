import { expect, it } from 'vitest';
import { newState } from '../../../../src/flow/state.js';
import { languageOf } from '../../../../src/source/flow/language.js';
import { setOf } from '../../flow/walk.js';

const set = setOf({
  main: "language: '$.Channel.lang$.Channel.region'\nstart: end\nblocks:\n  end: { type: end }",
});

it.each([
  ['what its references bring', { lang: 'de', region: '-AT' }, 'de-AT'],
  ['the default where they bring nothing', {}, set.speech.defaultLanguage],
  [
    'the default where they bring no end of it',
    { lang: 'x'.repeat(1_000_000), region: 'y' },
    set.speech.defaultLanguage,
  ],
])('is %s', (_, variables: Readonly<Record<string, string>>, expected) => {
  const call = { uuid: 'u', now: () => 0, get: (name: string) => variables[name] };
  expect(languageOf(set, newState(set.version, 'main', 0), call)).toBe(expected);
});
