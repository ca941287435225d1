import { createPublicKey, publicEncrypt } from 'node:crypto';
import { z } from 'zod';
import type { FlowEvent } from '../port.js';
import type { Fault, Move, Turn, Values } from '../block.js';
import { ERROR, fail, leave, NEXT } from '../block.js';
import type { Asked, Question } from '../speech/collect.js';
import { ask, heardBack, MOST_DIGITS } from '../speech/collect.js';
import { languageOf } from '../speech/sound.js';
import { defineBlock } from './define.js';
import { questionFacts, questionShape, terminators } from './question.js';

const parameters = z.strictObject({
  ...questionShape,
  min: z.int().min(0).max(MOST_DIGITS).default(1),
  max: z.int().min(1).max(MOST_DIGITS).default(MOST_DIGITS),
  terminators: terminators.default('#'),
  validate: z
    .strictObject({
      luhn: z.boolean().optional().describe('The check digit of cards must be right.'),
      one_of: z
        .array(z.string().regex(/^[0-9*#]+$/))
        .min(1)
        .max(1000)
        .optional()
        .describe('Only these are good.'),
      lengths: z
        .array(z.int().min(1).max(MOST_DIGITS))
        .min(1)
        .max(40)
        .optional()
        .describe('Only these lengths are good.'),
      starts_with: z
        .array(z.string().regex(/^[0-9*#]+$/))
        .min(1)
        .max(1000)
        .optional()
        .describe('It begins with one of these.'),
    })
    .optional()
    .describe('What is not good is a no-match.'),
  mask: z.boolean().default(false).describe('Logs, traces and records show stars.'),
  encrypt: z
    .string()
    .optional()
    .describe('Name of a key in `public_keys` of the flow: $.StoredInput is then the encrypted text.'),
});

type Parameters = z.output<typeof parameters>;

export const getDigits = defineBlock({
  type: 'get_digits',
  summary: 'Asks for digits; they are in $.StoredInput.',
  parameters,
  stops: 'input',
  exits: () => [
    NEXT,
    { name: 'no_input', when: 'nothing was typed in any try', instead: 'error' },
    { name: 'no_match', when: 'what was typed last was not good', instead: 'error' },
    { ...ERROR, when: 'the question could not be asked' },
  ],
  facts: (given, publicKeys) => ({ ...questionFacts(given), faults: faultsOf(given, publicKeys) }),
  enter: (given, turn) => moveOf(given, turn, ask(questionOf(given, turn), turn)),
  settle: (given, turn, event: FlowEvent) =>
    moveOf(given, turn, heardBack(questionOf(given, turn), turn, event)),
});

function faultsOf({ min, max, encrypt }: Parameters, publicKeys: Values): Fault[] {
  const faults: Fault[] = [];
  if (min > max) faults.push({ path: ['min'], message: `at least ${min} digits, but at most ${max}` });
  if (encrypt !== undefined && !Object.hasOwn(publicKeys, encrypt)) {
    faults.push({ path: ['encrypt'], message: `"${encrypt}" is not among public_keys of the flow` });
  }
  return faults;
}

function questionOf(given: Parameters, turn: Turn): Question {
  return {
    prompt: given.prompt,
    noInput: given.no_input,
    noMatch: given.no_match,
    language: languageOf(turn, given.language),
    bargeIn: given.barge_in,
    min: given.min,
    max: Math.max(given.min, given.max),
    terminators: given.terminators === 'none' ? '' : given.terminators,
    timeoutMs: given.timeout_ms,
    digitTimeoutMs: given.digit_timeout_ms,
    tries: given.tries,
    masked: given.mask || given.encrypt !== undefined,
    accepts: (digits) => isValid(digits, given.validate),
  };
}

function isValid(digits: string, rules: Parameters['validate']): boolean {
  if (rules === undefined) return true;
  const { luhn, one_of: oneOf, lengths, starts_with: startsWith } = rules;
  return (
    (luhn !== true || isLuhn(digits)) &&
    (oneOf === undefined || oneOf.includes(digits)) &&
    (lengths === undefined || lengths.includes(digits.length)) &&
    (startsWith === undefined || startsWith.some((start) => digits.startsWith(start)))
  );
}

/** ISO/IEC 7812-1, annex B. */
export function isLuhn(digits: string): boolean {
  if (!/^\d{2,}$/.test(digits)) return false;
  const sum = Array.from(digits)
    .reverse()
    .map((digit, index) => (index % 2 === 0 ? Number(digit) : Number(digit) * 2))
    .reduce((total, value) => total + (value > 9 ? value - 9 : value), 0);
  return sum % 10 === 0;
}

function moveOf({ mask, encrypt }: Parameters, turn: Turn, asked: Asked): Move {
  if (asked.to === 'none') return leave(asked.exit);
  if (asked.to !== 'digits') return asked;
  const stored = encrypt === undefined ? asked.digits : encrypted(asked.digits, turn.publicKeys[encrypt]);
  if (stored === undefined) return fail('encryption_failed');
  const others = turn.state.masked.filter((name) => name !== 'StoredInput');
  turn.update({ storedInput: stored, masked: mask ? [...others, 'StoredInput'] : others });
  return leave('next');
}

/** RSA-OAEP with SHA-256, in base64: `openssl pkeyutl -decrypt -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256`. */
function encrypted(digits: string, pem: string | undefined): string | undefined {
  if (pem === undefined) return undefined;
  try {
    return publicEncrypt({ key: createPublicKey(pem), oaepHash: 'sha256' }, Buffer.from(digits)).toString(
      'base64',
    );
  } catch {
    return undefined;
  }
}
