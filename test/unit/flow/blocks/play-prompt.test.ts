import { expect, it } from 'vitest';
import { around, Walk } from '../walk.js';

function play(parameters: string): Walk {
  return new Walk({ flows: { main: around(`type: play_prompt\n${parameters}`, ['error']) } });
}

it('goes on when all was played', () => {
  expect(play('prompt: Hello').done().exits).toEqual(['it:next', 'at-next']);
});

it.each([
  ['failed', 'action_failed'],
  ['timed_out', 'action_failed'],
  ['refused', 'action_refused'],
])('leaves by error when a prompt is %s', (status, error) => {
  const walk = play('prompt: { file: nope.wav }').done({ prompt: { status } });
  expect(walk.exits).toEqual(['it:error', 'at-error']);
  expect(walk.state.error).toBe(error);
});

it('sets the voice again when that had failed', () => {
  const flows = {
    main: `
start: a
blocks:
  a: { type: play_prompt, prompt: one, next: b, exits: { error: b } }
  b: { type: play_prompt, prompt: two, next: c }
  c: { type: end }`,
  };
  const walk = new Walk({ flows }).done({ set: { status: 'refused' } });
  expect(walk.said).toContain('set tts_engine=flite');
});

it('plays on until a key ends it, which then counts as a digit', () => {
  const walk = play('prompt: [{ file: a.wav }, Hello, { file: b.wav }]\nbarge_in: true');
  expect(walk.said).toEqual(['set playback_terminators=any', 'playback a.wav']);
  walk.done();
  expect(walk.heard).toEqual(['Hello']);
  walk.interrupts('5');
  expect(walk.exits).toEqual(['it:next', 'at-next']);
  expect(walk.state.typed).toBe('5');
});

it('ends after the last piece when no key is pressed', () => {
  const walk = play('prompt: [{ file: a.wav }, Hello]\nbarge_in: true').done().done();
  expect(walk.exits).toEqual(['it:next', 'at-next']);
  expect(walk.state.typed).toBe('');
});

it('takes no more than a key from the switch', () => {
  const walk = play('prompt: Hello\nbarge_in: true').done({
    prompt: { variables: { playback_terminator_used: '12; rm' } },
  });
  expect(walk.state.typed).toBe('');
});
