import { describe, expect, it } from 'vitest';
import { around, SPEECH, Walk } from '../walk.js';

const VOICE = ['set tts_engine=flite', 'set tts_voice=slt'];
const QUIET = 'set playback_terminators=none';

function play(
  prompt: string,
  attributes: Readonly<Record<string, string>> = {},
  more = '',
  speech = SPEECH,
): Walk {
  const flows = { main: around(`type: play_prompt\nprompt: ${prompt}${more}`, ['error']) };
  return new Walk({ flows, inputs: { attributes }, settings: { speech } });
}

describe('a prompt', () => {
  it.each<[string, string, string[]]>([
    ['a text', 'Hello', [...VOICE, QUIET, 'playback say:Hello']],
    [
      'a text in another language',
      '{ text: Hallo, language: de-DE }',
      ['set tts_engine=flite', 'set tts_voice=kal', QUIET, 'playback say:Hallo'],
    ],
    ['a file', '{ file: ivr/hello.wav }', [QUIET, 'playback ivr/hello.wav']],
    ['a tone', "{ tone: '%(200,100,440)' }", [QUIET, 'playback tone_stream://%(200,100,440)']],
    ['silence', '{ silence_ms: 500 }', [QUIET, 'playback silence_stream://500']],
    [
      'a phrase',
      '{ phrase: balance, data: "12,5" }',
      ['set default_language=en', QUIET, 'phrase balance,12,5'],
    ],
    [
      'several',
      '[Hello, { file: a.wav }, bye]',
      [...VOICE, QUIET, 'playback say:Hello', 'playback a.wav', 'playback say:bye'],
    ],
  ])('plays %s', (_title, prompt, expected) => {
    expect(play(prompt).said).toEqual(expected);
  });

  it.each<[string, string, string[]]>([
    ['break', 'a<break time="300ms"/>b', ['a', '(300 ms)', 'b']],
    ['break by strength', 'a<break strength="strong"/>b<break/>c', ['a', '(800 ms)', 'b', '(500 ms)', 'c']],
    ['no break', 'a<break strength="none"/>b', ['a b']],
    ['p and s', '<p><s>One</s><s>Two.</s></p><p>Three</p>', ['One. Two.', '(400 ms)', 'Three']],
    ['sub', 'the <sub alias="World Wide Web Consortium">W3C</sub>!', ['the World Wide Web Consortium!']],
    ['say-as characters', 'Code <say-as interpret-as="characters">A1</say-as>.', ['Code A, 1.']],
    ['say-as of an unknown kind', '<say-as interpret-as="expletive">dash</say-as>', ['dash']],
    ['prosody', '<prosody rate="slow">slowly</prosody>', ['slowly']],
    ['what is not supported', '<voice name="x">voices</voice>', ['voices']],
    ['xml:lang', '<speak>Hi <s xml:lang="de">Hallo</s></speak>', ['Hi', 'Hallo.']],
  ])('maps %s', (_title, ssml, expected) => {
    expect(play(`{ ssml: '<speak>${ssml}</speak>' }`).heard).toEqual(expected);
  });

  it('takes the sounds of a say module where one is configured', () => {
    const speech = {
      languages: { 'en-US': { engine: 'flite', voice: 'slt', say: 'en' } },
      defaultLanguage: 'en-US',
    };
    const walk = play(
      `{ ssml: 'Your code is <say-as interpret-as="digits">$.Attributes.code</say-as>' }`,
      { code: '123' },
      '',
      speech,
    );
    expect(walk.said.slice(-2)).toEqual(['playback say:Your code is', 'say en number iterated 123']);
    expect(walk.heard.at(-1)).toBe('1, 2, 3');
  });

  it('gives an engine that understands SSML all of it, values escaped', () => {
    const speech = {
      languages: { 'en-US': { engine: 'unimrcp', voice: 'x', ssml: true } },
      defaultLanguage: 'en-US',
    };
    const walk = play(
      `{ ssml: '<speak>Hi <prosody rate="slow">$.Attributes.name</prosody> &amp; all</speak>' }`,
      { name: `<break/>"O'Neil"` },
      '',
      speech,
    );
    expect(walk.said.at(-1)).toBe(
      `playback say:<speak version="1.0" xml:lang="en-US">Hi <prosody rate="slow">break/ &quot;O&apos;Neil&quot;</prosody> &amp; all</speak>`,
    );
  });

  it('never takes a tag or a reference from a value', () => {
    const walk = play(`{ ssml: 'Hi $.Attributes.name' }`, {
      name: '<break time="9s"/>$.ContactId ${system(x)}',
    });
    expect(walk.heard).toEqual(['Hi break time="9s"/ .ContactId system(x)']);
  });

  it('sets a voice once, and again where it changes', () => {
    const flows = {
      main: `
start: a
blocks:
  a: { type: play_prompt, prompt: one, next: b }
  b: { type: play_prompt, prompt: [two, { text: drei, language: de }, four], next: c }
  c: { type: end }`,
    };
    const walk = new Walk({ flows });
    expect(walk.said).toEqual([...VOICE, QUIET, 'playback say:one']);
    expect(walk.done().said).toEqual([
      'playback say:two',
      'set tts_voice=kal',
      'playback say:drei',
      'set tts_voice=slt',
      'playback say:four',
    ]);
  });

  it('leaves by error where nobody speaks the language', () => {
    const walk = play('Hello', {}, '', {
      languages: {},
      defaultLanguage: 'en-US',
    });
    expect(walk.exits).toEqual(['it:error', 'at-error']);
    expect(walk.visits[0]?.error).toBe('speech_not_configured');
  });

  it("takes the dialplan's voice where none is configured", () => {
    const flows = { main: around('type: play_prompt\nprompt: Hello') };
    const settings = { speech: { languages: {}, defaultLanguage: 'en-US' } };
    const walk = new Walk({ flows, settings, variables: { tts_engine: 'flite', tts_voice: 'rms' } });
    expect(walk.said).toEqual([QUIET, 'playback say:Hello']);
  });

  it.each([
    ['ivr/$.Attributes.name.wav', 'hello', 'playback ivr/hello.wav'],
    ['$.Attributes.name', 'ivr/hello.wav', 'playback ivr/hello.wav'],
    ['ivr/$.Attributes.name.wav', '../../etc/passwd', undefined],
    ['ivr/$.Attributes.name.wav', 'a/b', undefined],
    ['$.Attributes.name', '/recordings/../x.wav', undefined],
    ['$.Attributes.name', 'shell_stream://reboot', undefined],
    ['$.Attributes.name', '{engine=x}a.wav', undefined],
    ['ivr/$.Attributes.name.wav', '${system(x)}', undefined],
    ['ivr/$.Attributes.name.wav', 'a!b', undefined],
  ])('of the file %s with %s', (file, name, expected) => {
    const walk = play(`{ file: ${file} }`, { name });
    if (expected === undefined) expect(walk.visits[0]?.error).toBe('unsafe_value');
    else expect(walk.said.at(-1)).toBe(expected);
  });

  it('says nothing where there is nothing to say', () => {
    expect(play('$.Attributes.nobody').exits).toEqual(['it:next', 'at-next']);
  });

  it.each([
    ["the block's language", 'language: de', '', 'kal'],
    ['a reference for a language', 'language: $.Attributes.lang', '', 'kal'],
    ["the flow's language", '', 'language: de', 'kal'],
    ['the default where nobody speaks it', 'language: fr', '', 'slt'],
  ])('speaks %s', (_title, own, flow, voice) => {
    const flows = { main: around(`type: play_prompt\nprompt: Hallo\n${own}`, [], flow) };
    const walk = new Walk({ flows, inputs: { attributes: { lang: 'de-AT' } } });
    expect(walk.said).toContain(`set tts_voice=${voice}`);
  });
});
