import { generateKeyPairSync, privateDecrypt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isLuhn } from '../../../../src/flow/blocks/get-digits.js';
import { around, Walk } from '../walk.js';

const EXITS = ['no_input', 'no_match', 'error'];

function asking(parameters: string, more = ''): Walk {
  return new Walk({ flows: { main: around(`type: get_digits\n${parameters}`, EXITS, more) } });
}

describe('the question', () => {
  it('asks by one read whose prompt a key interrupts', () => {
    expect(
      asking('prompt: Your number\nmin: 2\nmax: 4\ntimeout_ms: 7000\ndigit_timeout_ms: 1500').said,
    ).toEqual([
      'set tts_engine=flite',
      'set tts_voice=slt',
      "read 2 4 'say:Your number' cti_digits 7000 # 1500",
    ]);
  });

  it.each([
    ['no prompt', '', 'read 1 40 silence cti_digits 5000 # 2000'],
    ['a file', 'prompt: { file: a.wav }', 'read 1 40 a.wav cti_digits 5000 # 2000'],
    [
      'files',
      'prompt: [{ file: a.wav }, { silence_ms: 300 }, { file: b.wav }]',
      'read 1 40 file_string://a.wav!silence_stream://300!b.wav cti_digits 5000 # 2000',
    ],
    ['texts', 'prompt: [One, { silence_ms: 300 }, two]', "read 1 40 'say:One. two' cti_digits 5000 # 2000"],
    ['a phrase', 'prompt: { phrase: menu, data: x }', 'read 1 40 phrase:menu:x cti_digits 5000 # 2000'],
    ['terminators', 'terminators: "*#"', 'read 1 40 silence cti_digits 5000 *# 2000'],
    ['no terminators', 'terminators: none\nmax: 4', 'read 1 4 silence cti_digits 5000 none 2000'],
    ['an empty answer allowed', 'min: 0', 'read 1 40 silence cti_digits 5000 # 2000'],
  ])('is asked with %s', (_title, parameters, expected) => {
    expect(asking(parameters).said.at(-1)).toBe(expected);
  });

  it('plays what can not be told to read beforehand, and goes on with the key that ended it', () => {
    const walk = asking("prompt: [{ file: a.wav }, it's Bob's]\nmin: 3\nmax: 5");
    expect(walk.said.at(-1)).toBe('playback a.wav');
    walk.done();
    expect(walk.said.at(-1)).toBe("playback say:it's Bob's");
    walk.interrupts('4');
    expect(walk.said).toEqual(['read 2 4 silence cti_digits 2000 # 2000']);
    walk.types('711', '#');
    expect(walk.state.storedInput).toBe('4711');
  });

  it('asks after the last piece when no key was pressed', () => {
    const walk = asking("prompt: it's Bob's").done();
    expect(walk.said).toEqual(['read 1 40 silence cti_digits 5000 # 2000']);
  });

  it('takes one digit from a prompt where one is enough', () => {
    const walk = asking("prompt: it's Bob's\nmax: 1").interrupts('7');
    expect(walk.exits).toEqual(['it:next', 'at-next']);
    expect(walk.state.storedInput).toBe('7');
  });

  it('plays everything before it listens when keys are not to interrupt', () => {
    const walk = asking('prompt: [{ file: a.wav }, { file: b.wav }]\nbarge_in: false');
    expect(walk.said).toEqual([
      'set playback_terminators=none',
      'playback a.wav',
      'playback b.wav',
      'read 1 40 silence cti_digits 5000 # 2000',
    ]);
  });

  it('begins with what was typed during the prompt before', () => {
    const flows = {
      main: `
start: hello
blocks:
  hello: { type: play_prompt, prompt: Hello, barge_in: true, next: ask }
  ask: { type: get_digits, prompt: Your number, max: 3, next: done, exits: { error: done } }
  done: { type: end }`,
    };
    const walk = new Walk({ flows }).interrupts('1');
    expect(walk.said).toEqual(['read 1 2 silence cti_digits 2000 # 2000']);
    expect(walk.types('23').state).toMatchObject({ storedInput: '123', typed: '' });
  });
});

describe('the answer', () => {
  it('is in $.StoredInput', () => {
    const walk = asking('max: 4').types('4711');
    expect(walk.exits).toEqual(['it:next', 'at-next']);
    expect(walk.state.storedInput).toBe('4711');
  });

  it('is good without a terminator when time is over', () => {
    const variables = { read_result: 'timeout', cti_digits: '47' };
    expect(asking('').done({ digits: { variables } }).exits).toEqual(['it:next', 'at-next']);
  });

  it('may be empty where that is allowed', () => {
    expect(asking('min: 0').types('', '#').state.storedInput).toBe('');
    expect(asking('min: 0').types('', '#').exits[0]).toBe('it:next');
    expect(asking('min: 0\ntries: 1').types('').exits[0]).toBe('it:no_input');
  });

  it('is nothing after all tries', () => {
    const walk = asking('prompt: { file: q.wav }\nno_input: { file: louder.wav }\ntries: 2').types('');
    expect(walk.said).toEqual(['read 1 40 file_string://louder.wav!q.wav cti_digits 5000 # 2000']);
    expect(walk.types('').exits).toEqual(['it:no_input', 'at-no_input']);
  });

  it.each([
    ['too few', 'min: 3', '12', '#'],
    ['only a terminator', '', '', '#'],
    ['not one of them', 'validate: { one_of: ["11", "22"] }', '33', ''],
    ['of another length', 'validate: { lengths: [3, 5] }', '1234', '#'],
    ['with another beginning', 'validate: { starts_with: ["4"] }', '51', '#'],
    ['a wrong check digit', 'validate: { luhn: true }', '4111111111111112', '#'],
  ])('does not match when it is %s', (_title, parameters, digits, terminator) => {
    const walk = asking(
      `${parameters}\nprompt: { file: q.wav }\nno_match: { file: wrong.wav }\ntries: 2`,
    ).types(digits, terminator);
    expect(walk.said.at(-1)).toContain('file_string://wrong.wav!q.wav');
    expect(walk.types(digits, terminator).exits).toEqual(['it:no_match', 'at-no_match']);
  });

  it.each([
    ['one_of: ["11", "22"]', '22'],
    ['lengths: [3, 5]', '123'],
    ['starts_with: ["4"]', '42'],
    ['luhn: true', '4111111111111111'],
  ])('matches %s', (rule, digits) => {
    expect(asking(`validate: { ${rule} }`).types(digits, '#').exits[0]).toBe('it:next');
  });

  it('exits by the reason of the last try', () => {
    expect(asking('tries: 2\nmin: 3').types('').types('1', '#').exits[0]).toBe('it:no_match');
    expect(asking('tries: 2\nmin: 3').types('1', '#').types('').exits[0]).toBe('it:no_input');
  });

  it.each<[string, (walk: Walk) => Walk, string]>([
    [
      'the prompt could not be played',
      (walk) => walk.done({ digits: { status: 'failed', variables: {} } }),
      'action_failed',
    ],
    ['the policy refuses it', (walk) => walk.done({ digits: { status: 'refused' } }), 'action_refused'],
    [
      'the voice was refused',
      (walk) =>
        walk.done({
          set: { status: 'refused' },
          digits: { variables: { read_result: 'success', cti_digits: '1' } },
        }),
      'action_refused',
    ],
  ])('leaves by error when %s', (_title, then, error) => {
    const walk = then(asking('prompt: Hello'));
    expect(walk.exits).toEqual(['it:error', 'at-error']);
    expect(walk.state.error).toBe(error);
  });

  it('leaves by error when a piece of the prompt could not be played', () => {
    expect(asking("prompt: [{ file: a.wav }, Bob's]").done({ prompt: { status: 'failed' } }).exits[0]).toBe(
      'it:error',
    );
  });

  it('keeps only what keys can send', () => {
    const variables = { read_result: 'success', cti_digits: '1${x}2' };
    expect(asking('').done({ digits: { variables } }).state.storedInput).toBe('12');
  });
});

describe('secrets', () => {
  it('masks the digits, and what is made of them', () => {
    const flows = {
      main: `
start: ask
blocks:
  ask: { type: get_digits, mask: true, next: keep, exits: { error: done } }
  keep: { type: set_attributes, attributes: { pin: 'x$.StoredInput' }, next: send }
  send: { type: invoke_function, function: f, parameters: { pin: { a: [$.Attributes.pin] }, open: 1 }, next: done, exits: { error: done } }
  done: { type: end }`,
    };
    const walk = new Walk({ flows });
    expect(walk.step).toMatchObject({ masked: ['cti_digits'] });
    walk.types('1234', '#');
    expect(walk.step).toMatchObject({
      kind: 'invoke',
      parameters: { pin: { a: ['x1234'] } },
      masked: ['pin'],
    });
    expect(walk.state.masked).toEqual(['StoredInput', 'Attributes.pin']);
  });

  it('does not mask the next answer by the last one', () => {
    const flows = {
      main: `
start: a
error: done
blocks:
  a: { type: get_digits, mask: true, next: b }
  b: { type: get_digits, next: done }
  done: { type: end }`,
    };
    const walk = new Walk({ flows }).types('1234', '#');
    expect(walk.step).toMatchObject({ masked: [] });
    expect(walk.types('5', '#').state.masked).toEqual([]);
  });

  it('encrypts for the key of the flow', () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const more = `public_keys:\n  bank: |\n${pem.replaceAll(/^/gm, '    ')}`;
    const walk = asking('encrypt: bank', more).types('1234', '#');
    const key = { key: privateKey, oaepHash: 'sha256' };
    expect(privateDecrypt(key, Buffer.from(walk.state.storedInput, 'base64')).toString()).toBe('1234');
  });

  it('leaves by error when they can not be encrypted', () => {
    const walk = asking('encrypt: bank', 'public_keys: { bank: nonsense }').types('1234', '#');
    expect(walk.exits).toEqual(['it:error', 'at-error']);
    expect(walk.state).toMatchObject({ error: 'encryption_failed', storedInput: '' });
  });
});

it.each([
  ['4111111111111111', true],
  ['79927398713', true],
  ['79927398710', false],
  ['0', false],
  ['', false],
  ['4111*', false],
])('checks the digits of %s', (digits, good) => {
  expect(isLuhn(digits)).toBe(good);
});
