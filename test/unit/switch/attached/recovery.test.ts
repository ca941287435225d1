import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { AppError } from '../../../../src/errors.js';
import type { EslClient } from '../../../../src/esl/client.js';
import type { EslCommand, EslReply } from '../../../../src/esl/connection.js';
import type { AttachedChannel } from '../../../../src/switch/attached/attached-channel.js';
import { Claims } from '../../../../src/switch/attached/claims.js';
import { Recovery } from '../../../../src/switch/attached/recovery.js';

const UUID = '0f8fad5b-d9cb-469f-a165-70867728950e';
const PARKED = {
  'Unique-ID': UUID,
  'Channel-State': 'CS_EXECUTE',
  'Answer-State': 'ringing',
  variable_current_application: 'park',
  variable_cti_curl: 'http://127.0.0.1/',
};

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A switch that answers as the test says, and has one channel, which waits to be taken. */
function recovery(held: ReadonlyMap<string, AttachedChannel> = new Map()) {
  const says = { late: 0, channels: true, broken: false };
  const destroyed: string[] = [];
  const reply = (text: string): EslReply => ({ ok: true, text, frame: undefined as never });
  const answer = ({ line }: EslCommand): Promise<EslReply> => {
    if (says.broken) return Promise.reject(new AppError('switch_closed', ''));
    if (says.late > 0) {
      says.late -= 1;
      return Promise.reject(new AppError('switch_timeout', ''));
    }
    if (line === 'api show channels as json') {
      const rows = says.channels ? [{ uuid: UUID, application: 'park' }] : [];
      return Promise.resolve(reply(JSON.stringify({ rows })));
    }
    if (line.startsWith('api uuid_getvar')) return Promise.resolve(reply('_undef_'));
    if (line.startsWith('api uuid_dump')) return Promise.resolve(reply(JSON.stringify(PARKED)));
    return Promise.resolve(reply(''));
  };
  const connection = {
    send: answer,
    sendBatch: (commands: readonly EslCommand[]) => commands.map(answer),
    destroy: (_detail: string, kind: string) => void destroyed.push(kind),
  };
  const parked: string[] = [];
  const made = new Recovery({ connection } as unknown as EslClient, new Claims('unit', () => undefined), {
    instance: 'unit',
    attach: true,
    log: () => undefined,
    held: () => held,
    isBeingTaken: () => false,
    resume: () => undefined,
    parked: (headers) => void parked.push(headers.get('Unique-ID') ?? ''),
    forget: () => undefined,
    mark: () => undefined,
    taken: () => undefined,
  });
  return { made, says, parked, destroyed };
}

it('looks again for parked channels when the switch was too busy to answer', async () => {
  const { made, says, parked } = recovery();
  says.late = 1;
  void made.begin();
  await vi.advanceTimersByTimeAsync(0);
  expect(parked).toEqual([]);
  await vi.advanceTimersByTimeAsync(2000);
  expect(parked).toEqual([UUID]);
});

it('looks for them now and then, as long as the connection lasts', async () => {
  const { made, says, parked } = recovery();
  says.channels = false;
  void made.begin();
  await vi.advanceTimersByTimeAsync(60_000);
  says.channels = true;
  await vi.advanceTimersByTimeAsync(30_000);
  expect(parked).toEqual([UUID]);
  says.broken = true;
  await vi.advanceTimersByTimeAsync(30_000);
  says.broken = false;
  await vi.advanceTimersByTimeAsync(300_000);
  expect(parked).toEqual([UUID]);
  expect(vi.getTimerCount()).toBe(0);
});

it('begins anew on another connection when it could not look at what it holds', async () => {
  const channel = { uuid: UUID, gone: new AbortController().signal, reconcile: vi.fn() };
  const held = new Map([[UUID, channel as unknown as AttachedChannel]]);
  const { made, says, destroyed } = recovery(held);
  made.interrupt();
  says.late = 1;
  await made.begin();
  expect(destroyed).toEqual(['timeout']);
  expect(channel.reconcile).not.toHaveBeenCalled();
  void made.begin();
  await vi.advanceTimersByTimeAsync(0);
  expect(channel.reconcile).toHaveBeenCalledOnce();
  await made.usable(channel as unknown as AttachedChannel);
});
