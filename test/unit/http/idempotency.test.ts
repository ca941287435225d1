import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AppError } from '../../../src/errors.js';
import { IdempotentAnswers } from '../../../src/http/idempotency.js';
import type { Role } from '../../../src/http/role.js';
import { apiWith } from './api-world.js';
import type { ApiUnderTest } from './api-world.js';

let api: ApiUnderTest;
let done: string[];
let act: () => Promise<string>;

beforeEach(() => {
  done = [];
  act = () => Promise.resolve(`answer ${done.length}`);
  api = apiWith([
    (routes) => {
      for (const url of ['/dial', '/other'])
        routes.change({
          url,
          summary: 'Does it.',
          requires: 'operator',
          body: z.strictObject({ to: z.string(), wait: z.boolean().default(true) }),
          response: z.object({ answer: z.string() }),
          action: 'test.dial',
          keyed: true,
          target: ({ body }) => body.to,
          handler: async ({ body }) => {
            done.push(body.to);
            return { answer: await act() };
          },
        });
    },
  ]);
});
afterEach(() => api.close());

async function send(
  key: string | undefined,
  payload: object,
  { role = 'operator', url = '/v1/dial' }: { role?: Role; url?: string } = {},
): Promise<{ status: number; answer?: string; code?: string; replayed: unknown }> {
  const headers = { ...api.as(role), ...(key === undefined ? {} : { 'idempotency-key': key }) };
  const response = await api.inject({ method: 'POST', url, headers, payload });
  const { answer, error } = response.json<{ answer?: string; error?: { code: string } }>();
  return {
    status: response.statusCode,
    ...(answer === undefined ? {} : { answer }),
    ...(error === undefined ? {} : { code: error.code }),
    replayed: response.headers['idempotent-replayed'],
  };
}

describe('a request with an Idempotency-Key', () => {
  it('is done once and answered alike, however its keys are ordered', async () => {
    expect(await send('k1', { to: 'a', wait: true })).toEqual({
      status: 200,
      answer: 'answer 1',
      replayed: undefined,
    });
    expect(await send('k1', { wait: true, to: 'a' })).toEqual({
      status: 200,
      answer: 'answer 1',
      replayed: 'true',
    });
    expect(await send('k1', { to: 'a' })).toMatchObject({ answer: 'answer 1', replayed: 'true' });
    expect(done).toEqual(['a']);
  });

  it('is done each time without a key, and with another one', async () => {
    await send(undefined, { to: 'a' });
    await send(undefined, { to: 'a' });
    await send('k1', { to: 'a' });
    await send('k2', { to: 'a' });
    expect(done).toHaveLength(4);
  });

  it('is refused when the key was used for something else: another body, another route', async () => {
    await send('k1', { to: 'a' });
    expect(await send('k1', { to: 'b' })).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
    expect(await send('k1', { to: 'a' }, { url: '/v1/other' })).toMatchObject({ status: 422 });
    expect(done).toEqual(['a']);
  });

  it('is that of one client: another with the same key has a request of its own', async () => {
    await send('k1', { to: 'a' });
    expect(await send('k1', { to: 'b' }, { role: 'admin' })).toMatchObject({
      status: 200,
      replayed: undefined,
    });
    expect(done).toEqual(['a', 'b']);
  });

  it('waits for the first one while that is being done', async () => {
    let settle: (answer: string) => void = () => undefined;
    act = () => new Promise((resolve) => (settle = resolve));
    const both = Promise.all([send('k1', { to: 'a' }), send('k1', { to: 'a' })]);
    // A third one that needs no waiting has passed by both.
    await send('k1', { to: 'b' });
    settle('late');
    expect((await both).map(({ answer }) => answer)).toEqual(['late', 'late']);
    expect(done).toEqual(['a']);
  });

  it('may be sent again when nothing was done, and not when that is not known', async () => {
    const nothingDone = [
      ...(['overloaded', 'switch_unreachable', 'switch_auth_failed', 'switch_acl_refused'] as const),
      ...(['rate_limited', 'action_refused'] as const),
    ];
    for (const code of nothingDone) {
      act = () => Promise.reject(new AppError(code));
      expect(await send(code, { to: code })).toMatchObject({ code });
      act = () => Promise.resolve('done');
      expect(await send(code, { to: code })).toMatchObject({ status: 200, answer: 'done' });
    }
    for (const code of ['switch_closed', 'switch_timeout', 'internal'] as const) {
      act = () => Promise.reject(new AppError(code));
      expect(await send(code, { to: code })).toMatchObject({ code });
      act = () => Promise.resolve('done');
      expect(await send(code, { to: code })).toMatchObject({ code });
    }
  });

  it('is not remembered when it was not valid or not allowed', async () => {
    expect(await send('k1', { to: 1 })).toMatchObject({ status: 400 });
    expect(await send('k1', { to: 'a' }, { role: 'viewer' })).toMatchObject({ status: 403 });
    expect(await send('k1', { to: 'a' })).toMatchObject({ status: 200 });
  });

  it.each(['', 'a b', 'ü', 'x'.repeat(201)])('takes no key like %j', async (key) => {
    expect(await send(key, { to: 'a' })).toMatchObject({ status: 400, code: 'invalid_request' });
    expect(done).toEqual([]);
  });

  it('leaves a line in the audit log each time', async () => {
    await send('k1', { to: 'a' });
    await send('k1', { to: 'a' });
    const lines = await api.audit();
    expect(lines.map(({ result, note }) => [result, note])).toEqual([
      ['ok', undefined],
      ['ok', 'done before, with the same key'],
    ]);
  });
});

describe('the store of answers', () => {
  const request = (key: string): Parameters<IdempotentAnswers['once']>[0] => ({
    who: 'a',
    key,
    route: 'POST /x',
    content: {},
  });

  it('is bounded: the oldest answer gives way, one that is being made never does', async () => {
    const answers = new IdempotentAnswers({ most: 2 });
    const never = new Promise<string>(() => undefined);
    void answers.once(request('running'), () => never);
    await answers.once(request('old'), () => Promise.resolve(1));
    await answers.once(request('new'), () => Promise.resolve(2));
    expect(answers.size).toBe(2);
    expect(await answers.once(request('old'), () => Promise.resolve(3))).toEqual({
      answer: 3,
      replayed: false,
    });
    void answers.once(request('running 2'), () => never);
    await expect(answers.once(request('more'), () => Promise.resolve(4))).rejects.toMatchObject({
      code: 'rate_limited',
    });
  });

  it('forgets after a while', async () => {
    let now = 0;
    const answers = new IdempotentAnswers({ keepMs: 1000, now: () => now });
    await answers.once(request('k'), () => Promise.resolve(1));
    now = 1000;
    expect(await answers.once(request('k'), () => Promise.resolve(2))).toMatchObject({ answer: 1 });
    now = 1001;
    expect(await answers.once(request('k'), () => Promise.resolve(3))).toMatchObject({ answer: 3 });
    expect(answers.size).toBe(1);
  });
});
