import { expect, it } from 'vitest';
import { Walk } from '../walk.js';

const CHOICES = `{ '1': one, '2': two, '*': star }`;

function menu(more = '', choices = CHOICES): Walk {
  const main = `
start: it
blocks:
  it:
    type: menu
    choices: ${choices}
    exits: { no_input: silent, no_match: wrong, error: broken }
${more.replaceAll(/^/gm, '    ')}
  one: { type: end }
  two: { type: end }
  star: { type: end }
  silent: { type: end }
  wrong: { type: end }
  broken: { type: end }`;
  return new Walk({ flows: { main } });
}

it.each([
  ['1', 'one'],
  ['2', 'two'],
  ['*', 'star'],
])('leads %s to its block', (key, block) => {
  const walk = menu().types(key);
  expect(walk.exits).toEqual([`it:${key}`, block]);
  expect(walk.state.storedInput).toBe(key);
});

it('asks for one key without terminators where every choice is one key', () => {
  expect(menu().said).toEqual(['read 1 1 silence cti_digits 5000 none 2000']);
});

it('asks for as many as the longest choice has, ended by #', () => {
  expect(menu('', "{ '1': one, '12': two }").said).toEqual(['read 1 2 silence cti_digits 5000 # 2000']);
  expect(menu('', "{ '1': one, '1#': two }").said).toEqual(['read 1 2 silence cti_digits 5000 none 2000']);
});

it('repeats with the words for it, and gives up', () => {
  const walk = menu(
    'prompt: { file: m.wav }\nno_input: { file: i.wav }\nno_match: { file: n.wav }\ntries: 3',
  ).types('');
  expect(walk.said).toEqual(['read 1 1 file_string://i.wav!m.wav cti_digits 5000 none 2000']);
  walk.types('9');
  expect(walk.said).toEqual(['read 1 1 file_string://n.wav!m.wav cti_digits 5000 none 2000']);
  expect(walk.types('9').exits).toEqual(['it:no_match', 'wrong']);
  expect(menu('tries: 1').types('').exits).toEqual(['it:no_input', 'silent']);
});

it('takes a key during the prompt at once', () => {
  const walk = menu("prompt: It's Bob's").interrupts('2');
  expect(walk.exits).toEqual(['it:2', 'two']);
});

it('leaves by error when the prompt can not be played', () => {
  expect(menu('prompt: x').done({ digits: { status: 'failed' } }).exits).toEqual(['it:error', 'broken']);
});
