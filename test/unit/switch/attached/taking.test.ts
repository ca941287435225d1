import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { AppError } from '../../../../src/errors.js';
import type { ErrorCode } from '../../../../src/errors.js';
import type { EslCommand, EslReply } from '../../../../src/esl/connection.js';
import { Claims } from '../../../../src/switch/attached/claims.js';
import { Taking, type TakingOptions } from '../../../../src/switch/attached/taking.js';

const UUID = '0f8fad5b-d9cb-469f-a165-70867728950e';
const PARKED = new Map([
  ['Unique-ID', UUID],
  ['Caller-Profile-Index', '1'],
  ['variable_cti_curl', 'http://127.0.0.1/'],
]);

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A switch that does not answer the first claim. */
function taking(failure: ErrorCode) {
  let claims = 0;
  const answer = ({ line }: EslCommand): Promise<EslReply> => {
    if (line.startsWith('api hash insert_ifempty') && (claims += 1) === 1)
      return Promise.reject(new AppError(failure, ''));
    const text = line.endsWith('profile_index')
      ? '1'
      : line.startsWith('api uuid_getvar')
        ? '_undef_'
        : '+OK';
    return Promise.resolve({ ok: true, text, frame: undefined as never });
  };
  const send = (commands: readonly EslCommand[]): Promise<EslReply>[] => commands.map(answer);
  const taken: string[] = [];
  const guard = { task: '', arm: () => ({ line: 'api arm' }) };
  const options = {
    line: { connection: { send: answer, sendBatch: send }, send, tell: send },
    claims: new Claims('unit', () => undefined),
    staleClaims: { watch: () => undefined, isLate: () => false },
    held: {
      get: () => undefined,
      plan: () => ({ uuid: UUID, guard, target: undefined }),
      marks: () => [],
      hold: () => ({ end: () => undefined, onUnpark: () => undefined }),
    },
    parking: { has: () => false },
    attach: true,
    warn: () => undefined,
    onChannel: () => void taken.push(UUID),
    isFull: () => false,
    isDraining: () => false,
  };
  return { made: new Taking(options as unknown as TakingOptions), taken };
}

it('asks again for a parked channel when the switch was too busy to answer', async () => {
  const { made, taken } = taking('switch_timeout');
  made.onParked(PARKED);
  await vi.advanceTimersByTimeAsync(900);
  expect(taken).toEqual([]);
  await vi.advanceTimersByTimeAsync(200);
  expect(taken).toEqual([UUID]);
});

it('leaves it to the next connection when this one is gone', async () => {
  const { made, taken } = taking('switch_closed');
  made.onParked(PARKED);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(taken).toEqual([]);
});
