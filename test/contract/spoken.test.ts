import { outcomesOf } from '../support/test-daemon.js';
import { onEverySwitch } from './suite.js';

/** How flows speak: `say:<text>` where a file could stand, with the engine and voice of the channel. */
const VOICE = [
  { application: 'set', data: 'tts_engine=flite' },
  { application: 'set', data: 'tts_voice=slt' },
];
const LONG = 'one two three four five six seven eight nine ten '.repeat(6).trim();

onEverySwitch('spoken text', {}, ({ scenario }) => {
  scenario('is played to its end', async ({ expect, run }) => {
    const { record } = await run([...VOICE, { application: 'playback', data: "say:it's Bob's, a | b" }]);
    expect(outcomesOf(record).at(-1)).toMatchObject({ status: 'ok', response: 'FILE PLAYED' });
  });

  scenario('is ended by a key, which is told', async ({ expect, callWith, daemon }) => {
    const call = await callWith([
      ...VOICE,
      { application: 'set', data: 'playback_terminators=any' },
      { application: 'playback', data: `say:${LONG}` },
    ]);
    await call.begun('playback');
    await call.digits('7');
    expect(outcomesOf(await daemon.record(call.uuid)).at(-1)).toMatchObject({
      status: 'ok',
      variables: { playback_terminator_used: '7' },
    });
  });

  scenario('can be the prompt of a question', async ({ expect, callWith, daemon }) => {
    const data = `1 4 'say:${LONG}' cti_digits 3000 # 2000`;
    const call = await callWith([...VOICE, { application: 'read', data }]);
    await call.begun('read');
    await call.digits('471#');
    expect(outcomesOf(await daemon.record(call.uuid)).at(-1)).toMatchObject({
      status: 'ok',
      variables: { cti_digits: '471', read_terminator_used: '#' },
    });
  });

  scenario('fails where there is no such engine, and the call goes on', async ({ expect, run }) => {
    const { call, record } = await run([
      { application: 'set', data: 'tts_engine=unimrcp' },
      { application: 'set', data: 'tts_voice=nobody' },
      { application: 'playback', data: 'say:Hello' },
      { application: 'log', data: 'INFO next' },
    ]);
    expect(outcomesOf(record).map(({ status }) => status)).toEqual(['ok', 'ok', 'failed', 'ok']);
    await call.returned();
  });

  scenario('can be a phrase macro that does not exist', async ({ expect, run }) => {
    const { record } = await run([{ application: 'playback', data: 'phrase:nobody:x' }]);
    expect(outcomesOf(record).at(-1)?.status).toBe('failed');
  });
});
