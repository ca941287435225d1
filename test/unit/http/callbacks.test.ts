import { afterEach, describe, expect, it } from 'vitest';
import { AppError } from '../../../src/errors.js';
import type { DeadLetter, DeadLetterQuestion } from '../../../src/callbacks/dead-letters.js';
import { callbackRoutes } from '../../../src/http/routes/callbacks.js';
import { apiWith } from './api-world.js';
import type { ApiUnderTest } from './api-world.js';

let app: ApiUnderTest;
afterEach(() => app.close());

const LETTER: DeadLetter = {
  to: 'crm',
  reason: 'HTTP 422',
  attempts: 1,
  buried_at: '2026-01-02T12:00:01.000Z',
  event: {
    id: 'evt_1_2_3',
    type: 'digits',
    timestamp: '2026-01-02T12:00:00.000Z',
    sequence: 3,
    call: {
      id: 'call_1',
      uuid: 'u1',
      program: 'flow/x',
      caller: '1',
      destination: '2',
      started_at: '2026-01-02T12:00:00.000Z',
      instance: 'a',
    },
    data: { digits: '4711' },
  },
};

function world(): unknown[] {
  const asked: unknown[] = [];
  app = apiWith([
    callbackRoutes({
      status: [
        {
          receiver: 'crm',
          url: 'https://crm.example/calls',
          waiting: 7,
          delivered: 1,
          deadLetters: 1,
          failingSince: Date.UTC(2026, 0, 2),
          lastError: 'HTTP 500',
        },
      ],
      deadLetters: (question: DeadLetterQuestion, limit, after) => {
        asked.push({ ...question, limit, after });
        return Promise.resolve(Array.from({ length: Math.min(1, limit) }, () => LETTER));
      },
      deadLetter: (id) => {
        if (id !== LETTER.event.id) throw new AppError('no_such_dead_letter', id);
        return Promise.resolve(LETTER);
      },
      redeliver: (what) => {
        asked.push(what);
        return Promise.resolve(2);
      },
    }),
  ]);
  return asked;
}

const get = (url: string, role: 'viewer' | 'operator' = 'viewer') =>
  app.inject({ url: `/v1/callbacks${url}`, headers: app.as(role) });
const redeliver = (payload: object, role: 'viewer' | 'operator' = 'operator') =>
  app.inject({
    method: 'POST',
    url: '/v1/callbacks/dead-letters/redeliver',
    headers: app.as(role),
    payload,
  });

describe('callbacks over HTTP', () => {
  it('show the receivers', async () => {
    world();
    expect((await get('/receivers')).json()).toEqual([
      {
        name: 'crm',
        url: 'https://crm.example/calls',
        waiting: 7,
        delivered: 1,
        dead_letters: 1,
        failing_since: '2026-01-02T00:00:00.000Z',
        last_error: 'HTTP 500',
      },
    ]);
  });

  it('list dead letters without what was entered, page by page', async () => {
    const asked = world();
    const response = await get('/dead-letters?receiver=crm&uuid=u1&limit=1&after=evt_0');
    expect(asked).toEqual([{ receiver: 'crm', callUuid: 'u1', type: undefined, limit: 1, after: 'evt_0' }]);
    expect(response.json()).toMatchObject({
      letters: [{ id: 'evt_1_2_3', sequence: 3, uuid: 'u1' }],
      after: 'evt_1_2_3',
    });
    expect(response.body).not.toContain('4711');
  });

  it('show one of them to those who may act', async () => {
    world();
    expect((await get('/dead-letters/evt_1_2_3')).statusCode).toBe(403);
    const shown = await get('/dead-letters/evt_1_2_3', 'operator');
    expect(shown.json()).toMatchObject({ reason: 'HTTP 422', event: { data: { digits: '4711' } } });
    expect((await get('/dead-letters/evt_9', 'operator')).json()).toMatchObject({
      error: { code: 'no_such_dead_letter' },
    });
    expect((await get('/dead-letters/..%2Fx', 'operator')).statusCode).toBe(400);
  });

  it.each([
    [{ ids: ['evt_1_2_3'] }, { ids: ['evt_1_2_3'] }, 'evt_1_2_3'],
    [{ receiver: 'crm', type: 'digits' }, { receiver: 'crm', type: 'digits' }, 'crm digits'],
    [{ all: true }, {}, 'all'],
  ])('send %j again, with a line in the audit log', async (body, what, target) => {
    const asked = world();
    expect((await redeliver(body)).json()).toEqual({ redelivered: 2 });
    expect(asked).toEqual([what]);
    expect(await app.audit()).toMatchObject([
      { action: 'callbacks.redeliver', target, result: 'ok', note: '2 events' },
    ]);
  });

  it.each([
    [{}],
    [{ ids: [] }],
    [{ ids: ['x'], receiver: 'crm' }],
    [{ all: false }],
    [{ id: 'x' }],
    [{ ids: ['a b'] }],
  ])('refuse %j', async (body) => {
    const asked = world();
    expect((await redeliver(body)).json()).toMatchObject({ error: { code: 'invalid_request' } });
    expect(asked).toEqual([]);
  });

  it('send nothing again for those who may only look', async () => {
    const asked = world();
    expect((await redeliver({ all: true }, 'viewer')).statusCode).toBe(403);
    expect(asked).toEqual([]);
  });
});
