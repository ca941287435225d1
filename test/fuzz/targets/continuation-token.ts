import { readContinuation } from '../../../src/action-server/continuation.js';
import { signedBase } from '../../../src/action-server/signer.js';
import { TokenSeal } from '../../../src/action-server/token.js';
import { keyedSeal } from '../../../src/call/state-seal.js';
import { textForm } from '../forms/text.js';
import type { Random } from '../random.js';
import { defineTarget, must, mustEqual } from '../target.js';

const UUID = '0f8fad5b-d9cb-469f-a165-70867728950e';
const seal = new TokenSeal('the key of this daemon', ['the key before it']);
const former = new TokenSeal('the key before it');
const foreign = new TokenSeal('the key of somebody else');
const states = keyedSeal('the key of this daemon');

const TEXT = '{"c":"x","n":1,"x":9999999999,"u":"","k":{},"t":[0,0],"e":"main","f":"json","s":{"v":1}}';
const LONG = 'é📞'.repeat(900);
const BASE = '"e":"main"}';
/** What was ever sealed with these keys, here or in the thread that found a saved case. */
const SEALED = new Set([TEXT, '', LONG, `{"c":"x",${BASE}`]);
const SEEDS = [
  seal.seal(TEXT),
  seal.seal(''),
  seal.seal(LONG),
  former.seal(TEXT),
  seal.sign('{"c":"x",', signedBase(BASE)),
  foreign.seal(TEXT),
  states.seal(TEXT, UUID),
  '1.AAAAAA.AAAA',
  '2.AAAAAA.a.b.c',
  '',
];

export const target = defineTarget<string>({
  name: 'continuation-token',
  about:
    'Tokens of the action server and sealed states of calls: only what was sealed here is opened, in one spelling, and a state only on its own channel; all else is refused, and never throws.',
  covers: [
    'action-server/token.ts',
    'action-server/signer.ts',
    'action-server/continuation.ts',
    'call/state-seal.ts',
  ],
  form: textForm(['1.', '2.', '.', '=', '-', '_', 's1.', ...SEEDS.flatMap((token) => token.split('.'))]),
  seeds: SEEDS,
  generate(random: Random): string {
    // Two tokens, one half of each.
    const [one, other] = [random.pick(SEEDS), random.pick(SEEDS)];
    return one.slice(0, random.below(one.length + 1)) + other.slice(random.below(other.length + 1));
  },
  run(token) {
    const opened = seal.open(token);
    mustEqual(seal.open(token), opened, 'the second time');
    if (opened.ok) {
      must(SEALED.has(opened.text), `forged: ${opened.text}`);
      const spelled = token
        .split('.')
        .slice(2)
        .every((part) => Buffer.from(part, 'base64url').toString('base64url') === part);
      must(spelled, 'another spelling of a token is opened');
      must(!foreign.open(token).ok, 'opened with another key');
    } else must(['token_altered', 'token_foreign'].includes(opened.code), `code "${opened.code}"`);
    readContinuation(token);
    const state = states.open(token, UUID);
    must(state === undefined || state === TEXT, `a forged state: ${state ?? ''}`);
    must(states.open(token, 'another channel') === undefined, 'a state is opened on another channel');
  },
});
