import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../src/errors.js';
import { World } from './world.js';
import type { ActionRequest } from '../../../src/action-server/request.js';

const LIST = [{ application: 'answer', data: '' }];
const TOKEN = 'token-0123456789abcdef';
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

function worldWith(protection: unknown, entry: unknown = { list: LIST }): World {
  return new World({ entries: { main: { ...(entry as object), protection } } });
}

async function outcome(
  world: World,
  path = '/v1/actions/main',
  more: Partial<ActionRequest> = {},
): Promise<string> {
  try {
    const { reason } = await world.ask(path, more);
    return reason ?? 'served';
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
}

describe('the protection of an entry', () => {
  it('wants a token where there are some, in the header or in the URL', async () => {
    const world = worldWith({ tokens: [TOKEN, 'another-token-of-the-entry'] });
    expect(await outcome(world)).toBe('unauthorized');
    expect(await outcome(world, '/v1/actions/main?key=token-0123456789abcdee')).toBe('unauthorized');
    expect(await outcome(world, `/v1/actions/main?key=${TOKEN}`)).toBe('served');
    expect(await outcome(world, undefined, { headers: { authorization: `Bearer ${TOKEN}` } })).toBe('served');
    expect(await outcome(world, undefined, { headers: { authorization: `Basic ${TOKEN}` } })).toBe(
      'unauthorized',
    );
  });

  it('lets a continuation in by its own token, and sends a wrong one to the fallback actions', async () => {
    const flow =
      'start: ask\nblocks: { ask: { type: get_digits, max: 1, next: end, exits: { no_input: end, no_match: end } }, end: { type: end } }';
    const world = new World({
      flows: { flow },
      entries: { main: { flow: 'flow', protection: { tokens: [TOKEN] } } },
    });
    const list = await world.list(`/v1/actions/main?key=${TOKEN}`);
    const next = list.at(-1)?.data ?? '';
    expect(next).not.toContain(TOKEN);
    // A dialplan can do nothing with a 401.
    expect(await outcome(world, next.replace('token=1', 'token=2'))).toBe('token_altered');
    expect(await outcome(world, next)).toBe('served');
  });

  it('wants an address of its ranges', async () => {
    const world = worldWith({ addresses: ['192.0.2.0/28', '2001:db8::/32', '198.51.100.7'] });
    for (const [remoteAddress, expected] of [
      ['192.0.2.15', 'served'],
      ['192.0.2.16', 'address_refused'],
      ['::ffff:192.0.2.3', 'served'],
      ['2001:db8:1::1', 'served'],
      ['2001:db9::1', 'address_refused'],
      ['198.51.100.7', 'served'],
      ['', 'address_refused'],
    ] as const)
      expect([remoteAddress, await outcome(world, undefined, { remoteAddress })]).toEqual([
        remoteAddress,
        expected,
      ]);
  });

  it('wants a signature over the body that was sent, made just now', async () => {
    const world = worldWith({ signing_secrets: [SECRET] });
    const body = '{"uuid":"call-1"}';
    const signed = (at: number, over = body) => ({
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(Math.floor(at / 1000)),
      'webhook-signature': `v1,AAAA ${new Webhook(SECRET).sign('msg_1', new Date(at), over)}`,
    });
    const ask = (headers: Record<string, string>) => outcome(world, undefined, { headers, body });
    expect(await ask({})).toBe('signature_invalid');
    expect(await ask(signed(world.nowMs))).toBe('served');
    expect(await ask(signed(world.nowMs, '{"uuid":"call-2"}'))).toBe('signature_invalid');
    expect(await ask(signed(world.nowMs - 301_000))).toBe('signature_invalid');
    expect(await ask(signed(world.nowMs + 301_000))).toBe('signature_invalid');
    expect(await ask({ ...signed(world.nowMs), 'webhook-timestamp': 'now' })).toBe('signature_invalid');
  });

  it('counts callers, who get the fallback actions, and sources, who get nothing', async () => {
    const callers = worldWith({ rate_limit: { per_caller_per_minute: 2 } });
    const from = (number: string) => outcome(callers, `/v1/actions/main?caller_id_number=${number}`);
    expect([await from('1'), await from('1'), await from('1'), await from('2')]).toEqual([
      'served',
      'served',
      'rate_limited',
      'served',
    ]);
    callers.nowMs += 60_000;
    expect(await from('1')).toBe('served');

    const sources = worldWith({ rate_limit: { per_source_per_minute: 1 } });
    expect(await outcome(sources)).toBe('served');
    await expect(sources.ask('/v1/actions/main')).rejects.toMatchObject({ code: 'rate_limited' });
    expect(await outcome(sources, undefined, { remoteAddress: '192.0.2.9' })).toBe('served');
  });
});
