import { describe, expect, it } from 'vitest';
import { around, Walk } from '../walk.js';

describe('run_actions', () => {
  function running(actions: string, attributes: Readonly<Record<string, string>> = {}, more = ''): Walk {
    const flows = { main: around(`type: run_actions\nactions:\n${actions}\n${more}`, ['failed', 'error']) };
    return new Walk({ flows, inputs: { attributes } });
  }

  const THREE = `  - { application: answer }
  - { application: bridge, data: user/1, on_error: stop, timeout_ms: 5000 }
  - { application: playback, data: a.wav }`;

  it('runs them, and goes on', () => {
    const walk = running('  - { application: answer }\n  - { application: playback, data: a.wav }');
    expect(walk.said).toEqual(['answer', 'playback a.wav']);
    expect(walk.done().exits).toEqual(['it:next', 'at-next']);
  });

  it('looks at an action that may stop the rest before it goes on', () => {
    const walk = running(THREE);
    expect(walk.said).toEqual(['answer', 'bridge user/1']);
    expect(walk.actions[1]?.timeoutMs).toBe(5000);
    expect(walk.done().said).toEqual(['playback a.wav']);
    expect(walk.done().exits).toEqual(['it:next', 'at-next']);
  });

  it('leaves the rest out when such an action fails', () => {
    const walk = running(THREE).done({ a1: { status: 'failed' } });
    expect(walk.exits).toEqual(['it:failed', 'at-failed']);
    expect(walk.state.error).toBe('action_failed');
  });

  it('runs all and then leaves by failed when another one fails', () => {
    const walk = running(THREE).done({ a0: { status: 'failed' } });
    expect(walk.said).toEqual(['playback a.wav']);
    expect(walk.done().exits).toEqual(['it:failed', 'at-failed']);
  });

  it('leaves by error when one is refused', () => {
    expect(running(THREE).done({ a0: { status: 'refused' } }).exits).toEqual(['it:error', 'at-error']);
  });

  it('keeps what they leave', () => {
    const walk = running(
      '  - { application: read, data: 1 1 a.wav digits 1000 }',
      {},
      'outputs: { got: digits, none: other }',
    );
    walk.done({ a0: { variables: { digits: '7' } } });
    expect(walk.state.attributes).toEqual({ got: '7' });
  });

  it.each([
    ['read', '1 5 $.Attributes.x digits 1000', 'a.wav digits 9 # ', undefined],
    ['bridge', 'user/$.Attributes.x', '1,user/2', undefined],
    ['bridge', 'user/$.Attributes.x', '10001', 'bridge user/10001'],
    ['playback', '$.Attributes.x', '/etc/passwd', undefined],
    ['log', 'INFO $.Attributes.x', '${system(x)} hi', 'log INFO system(x) hi'],
    ['set', 'cti_x=$.Attributes.x', 'a=b\nc', 'set cti_x=a b c'],
  ])('puts a value into %s %s', (application, data, x, expected) => {
    const walk = running(`  - { application: ${application}, data: "${data}" }`, { x });
    if (expected === undefined) expect(walk.state.error).toBe('unsafe_value');
    else expect(walk.said[0]?.replaceAll(/ +/g, ' ')).toBe(expected);
  });

  it('sets the voice again afterwards', () => {
    const flows = {
      main: `
start: a
error: c
blocks:
  a: { type: play_prompt, prompt: one, next: b }
  b: { type: run_actions, actions: [{ application: set, data: tts_voice=kal }], next: d }
  d: { type: play_prompt, prompt: two, next: c }
  c: { type: end }`,
    };
    expect(new Walk({ flows }).done().done().said).toContain('set tts_voice=slt');
  });
});

describe('cti_curl', () => {
  function asking(attributes: Readonly<Record<string, string>> = {}): Walk {
    const flows = {
      main: around('type: cti_curl\nurl: "https://a.example/x?n=$.Attributes.n&d={digits}"', ['error']),
    };
    return new Walk({ flows, inputs: { attributes } });
  }

  it('asks with values encoded', () => {
    expect(asking({ n: 'a&b={x} \ud800ü' }).said).toEqual([
      'cti_curl https://a.example/x?n=a%26b%3D%7Bx%7D%20%C3%BC&d={digits}',
    ]);
  });

  it.each([
    ['ok', 'next', ''],
    ['failed', 'error', 'action_failed'],
    ['refused', 'error', 'action_refused'],
  ])('%s leaves by %s', (status, exit, error) => {
    const walk = asking().done({ curl: { status } });
    expect(walk.exits).toEqual([`it:${exit}`, `at-${exit}`]);
    expect(walk.state.error).toBe(error);
  });
});
