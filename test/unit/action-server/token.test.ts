import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReplayMemory } from '../../../src/action-server/replay-memory.js';
import { signedBase, Signer } from '../../../src/action-server/signer.js';
import { TokenSeal } from '../../../src/action-server/token.js';
import { Caller, World } from './world.js';
import type { WorldOptions } from './world.js';

const FLOW = `
start: ask
blocks:
  ask: { type: get_digits, max: 1, tries: 5, next: again, exits: { no_input: end, no_match: end } }
  again: { type: go_to_flow, flow: flow }
  end: { type: end }
`;

const OPTIONS: WorldOptions = {
  flows: { flow: FLOW, other: FLOW },
  entries: {
    flow: { flow: 'flow', fallback_actions: [{ application: 'transfer', data: 'operator XML default' }] },
    other: { flow: 'other' },
  },
};

const FALLBACK = [{ application: 'transfer', data: 'operator XML default' }];

const digits = (line: { application: string }, variables: Record<string, string>): void => {
  if (line.application === 'read') Object.assign(variables, { read_result: 'success', cti_digits: '1' });
};

async function begun(world: World, path = '/v1/actions/flow?uuid=call-1'): Promise<string> {
  return new Caller(digits).run(await world.list(path)) ?? '';
}

function changed(url: string, change: (token: string) => string): string {
  return url.replace(/token=[^&]+/, (token) => `token=${change(token.slice(6))}`);
}

describe('a continuation token', () => {
  it.each([
    ['cut', 'token_altered', (url: string) => changed(url, (token) => token.slice(0, -4))],
    ['with a letter changed', 'token_altered', (url: string) => changed(url, flip)],
    ['that is none', 'token_altered', (url: string) => changed(url, () => 'abc')],
    ['that is empty', 'token_altered', (url: string) => changed(url, () => '')],
    ['of a later version', 'token_altered', (url: string) => changed(url, (token) => `2${token.slice(1)}`)],
    [
      'of another key',
      'token_foreign',
      (url: string) => changed(url, (token) => token.replace(/\.[^.]+\./, '.AAAAAA.')),
    ],
    ['of another call', 'token_foreign', (url: string) => url.replace('uuid=call-1', 'uuid=call-2')],
  ])('%s leads to the fallback actions', async (_what, reason, change) => {
    const world = new World(OPTIONS);
    const answer = await world.ask(change(await begun(world)));
    expect(answer).toMatchObject({ format: 'json', reason });
    expect(JSON.parse(answer.body)).toEqual(FALLBACK);
    expect(world.log).toMatchObject([{ level: 'warn', fields: { code: reason, entry: 'flow' } }]);
  });

  it('of another server leads to the fallback actions', async () => {
    const world = new World(OPTIONS);
    const url = await begun(new World({ ...OPTIONS, key: 'quite another key' }));
    expect((await world.ask(url)).reason).toBe('token_foreign');
  });

  it('of another entry leads to the fallback actions', async () => {
    const world = new World(OPTIONS);
    const url = await begun(world, '/v1/actions/other');
    expect((await world.ask(url.replace('/other', '/flow'))).reason).toBe('token_foreign');
  });

  it('is good for its time and not longer', async () => {
    const world = new World({ ...OPTIONS, settings: { token_ttl_s: 60 } });
    const [inTime, late] = [await begun(world), await begun(world)];
    world.nowMs += 59_000;
    expect((await world.ask(inTime)).reason).toBeUndefined();
    world.nowMs += 1000;
    expect(await world.ask(late)).toMatchObject({ reason: 'token_expired', body: JSON.stringify(FALLBACK) });
  });

  it('is good once, and so is every one before it', async () => {
    const world = new World(OPTIONS);
    const first = await begun(world);
    const second = new Caller(digits).run(await world.list(first)) ?? '';
    expect((await world.ask(first)).reason).toBe('token_replayed');
    expect((await world.ask(second)).reason).toBeUndefined();
    expect((await world.ask(first)).reason).toBe('token_replayed');
    expect((await world.ask(second)).reason).toBe('token_replayed');
  });

  it('can be sent again by a client that was gone before it had the answer, and gets the same', async () => {
    const world = new World(OPTIONS);
    const url = await begun(world);
    const lost = await world.ask(url, { onDelivered: (listener) => listener(false) });
    const again = await world.ask(url);
    expect(again).toEqual(lost);
    expect((await world.ask(url)).reason).toBe('token_replayed');
  });

  it('of flows that have changed leads to the fallback actions', async () => {
    const world = new World(OPTIONS);
    const changedFlows = new World({
      ...OPTIONS,
      flows: { flow: FLOW.replace('tries: 5', 'tries: 4'), other: FLOW },
    });
    expect((await changedFlows.ask(await begun(world))).reason).toBe('flow_version_gone');
  });

  it('keeps what was typed to itself', async () => {
    const world = new World(OPTIONS);
    const url = await begun(world);
    expect(Buffer.from(url.split('.')[3] ?? '', 'base64url').toString('latin1')).not.toContain('flow');
  });
});

function flip(token: string): string {
  const at = token.length - 20;
  return `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
}

describe('TokenSeal', () => {
  const seal = new TokenSeal('one key of many');

  it('opens what it has sealed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 3000 }), (text) => {
        expect(seal.open(seal.seal(text))).toEqual({ ok: true, text: Buffer.from(text).toString() });
      }),
    );
  });

  it('opens nothing else', () => {
    const token = seal.seal('the state of a call');
    fc.assert(
      fc.property(fc.nat({ max: token.length - 1 }), fc.stringMatching(/^[\w.-]$/), (at, letter) => {
        fc.pre(token[at] !== letter);
        expect(seal.open(`${token.slice(0, at)}${letter}${token.slice(at + 1)}`).ok).toBe(false);
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(seal.open(text).ok).toBe(false);
      }),
    );
  });

  it('opens what it has signed, and nothing that was changed', () => {
    const base = signedBase('what many have in common');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 5000 }), (text) => {
        const token = seal.sign(text, base);
        fc.pre(token.length <= 12_000);
        expect(seal.open(token)).toEqual({
          ok: true,
          text: `${Buffer.from(text).toString()}what many have in common`,
        });
      }),
    );
    const token = seal.sign('own', base);
    fc.assert(
      fc.property(fc.nat({ max: token.length - 1 }), fc.stringMatching(/^[\w.-]$/), (at, letter) => {
        fc.pre(token[at] !== letter);
        expect(seal.open(`${token.slice(0, at)}${letter}${token.slice(at + 1)}`).ok).toBe(false);
      }),
    );
    // Another base under the same signature.
    const [version, id, text, , signature] = token.split('.');
    const other = signedBase('what others have in common').encoded;
    expect(seal.open([version, id, text, other, signature].join('.')).ok).toBe(false);
  });

  it('signs by HMAC-SHA-256', () => {
    const key = Buffer.alloc(32, 9);
    const base = signedBase('base');
    const [, , signature] = new Signer(key).sign('text', base).split('.');
    const expected = createHmac('sha256', key).update(base.digest).update('text').digest('base64url');
    expect(signature).toBe(expected);
  });

  it('opens tokens of former keys, and seals with the new one', () => {
    const next = new TokenSeal('the next key', ['one key of many']);
    expect(next.open(seal.seal('x'))).toEqual({ ok: true, text: 'x' });
    expect(seal.open(next.seal('x'))).toEqual({ ok: false, code: 'token_foreign' });
  });
});

describe('ReplayMemory', () => {
  it('forgets the calls that were quiet for longest, and no others', () => {
    const memory = new ReplayMemory<string>(3);
    for (const call of ['a', 'b', 'c']) memory.use(call, 0);
    memory.use('a', 1);
    memory.use('d', 0);
    expect(memory.size).toBe(3);
    expect(memory.use('a', 1).kind).toBe('replayed');
    expect(memory.use('c', 0).kind).toBe('replayed');
    expect(memory.use('b', 0).kind).toBe('fresh');
  });

  it('gives an answer that got lost once more, and only then', () => {
    const memory = new ReplayMemory<string>(10);
    const first = memory.use('a', 0);
    if (first.kind !== 'fresh') throw new Error('not fresh');
    expect(memory.use('a', 0).kind).toBe('replayed');
    first.delivery.answers(Promise.resolve('x'));
    first.delivery.ended(false);
    expect(memory.use('a', 0).kind).toBe('again');
    expect(memory.use('a', 0).kind).toBe('replayed');
  });
});
