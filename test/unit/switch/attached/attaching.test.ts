import { expect, it } from 'vitest';
import type { EslCommand, EslReply } from '../../../../src/esl/connection.js';
import { AppError } from '../../../../src/errors.js';
import { Attaching, type AttachingOptions } from '../../../../src/switch/attached/attaching.js';
import { Claims } from '../../../../src/switch/attached/claims.js';
import { Parking } from '../../../../src/switch/attached/parking.js';

const UUID = '0f8fad5b-d9cb-469f-a165-70867728950e';

/** A switch that answers to `uuid_park` as the test says. */
function attaching(answersPark: () => Promise<EslReply>) {
  const reply = (text: string): EslReply => ({
    ok: !text.startsWith('-ERR'),
    text,
    frame: undefined as never,
  });
  const answer = ({ line }: EslCommand): Promise<EslReply> => {
    if (line.startsWith('api uuid_park')) return answersPark();
    if (line.startsWith('api uuid_dump'))
      return Promise.resolve(reply(JSON.stringify({ 'Unique-ID': UUID, 'Answer-State': 'answered' })));
    return Promise.resolve(reply('+OK'));
  };
  const connection = {
    send: answer,
    sendBatch: (commands: readonly EslCommand[]) => commands.map(answer),
  };
  const forgotten: string[] = [];
  const guard = { task: '', arm: () => ({ line: 'api arm' }), disarm: () => ({ line: 'api disarm' }) };
  const held = {
    plan: () => ({ uuid: UUID, guard, target: undefined }),
    get: () => undefined,
    marks: () => [],
    forget: (uuid: string) => void forgotten.push(uuid),
  };
  const options = { line: { connection }, claims: new Claims('unit', () => undefined), held };
  const made = new Attaching({
    ...options,
    parking: new Parking(),
    giveUp: () => undefined,
  } as unknown as AttachingOptions);
  return { made, forgotten, reply };
}

it('gives up a channel that the switch did not park', async () => {
  const { made, forgotten, reply } = attaching(() => Promise.resolve(reply('-ERR No such channel')));
  expect(await made.attach(UUID, {})).toMatchObject({ ok: false, code: 'attach_failed' });
  expect(forgotten).toEqual([UUID]);
});

it('leaves its mark and its guard on a channel of which it does not know', async () => {
  const { made, forgotten } = attaching(() => Promise.reject(new AppError('switch_closed', 'cut')));
  expect(await made.attach(UUID, {})).toMatchObject({ ok: false, code: 'attach_failed' });
  expect(forgotten).toEqual([]);
});
