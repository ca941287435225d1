import { parseXml } from '@rgrove/parse-xml';
import { newState } from '../../../src/flow/state.js';
import { FlowTextTooLarge, TextRoom } from '../../../src/flow/text-room.js';
import type { Scope } from '../../../src/flow/references.js';
import { segmentsOf } from '../../../src/flow/speech/segments.js';
import type { SpeechSettings } from '../../../src/flow/speech/settings.js';
import { parseSsml } from '../../../src/flow/speech/ssml.js';
import { isPlain } from '../support/plain.js';
import { asText, jsonForm, partOf } from '../forms/json.js';
import type { JsonValue } from '../forms/json.js';
import type { Random } from '../random.js';
import { defineTarget, expecting, must } from '../target.js';

const PIECES = [
  '<speak>', '</speak>', '<p>', '</p>', '<s>', '</s>', '<break/>', '<break time="500ms"/>', "<break strength='weak'/>", '<break strength="constructor"/>',
  '<say-as interpret-as="characters">', '<say-as interpret-as="currency">', '<say-as interpret-as="date" format="dmy">', '<say-as interpret-as="telephone">',
  '<say-as interpret-as="time">', '<say-as interpret-as="ordinal">', '<say-as interpret-as="constructor">', '</say-as>', '<sub alias="a b">', '</sub>',
  '<prosody rate="slow">', '</prosody>', '<!--', '-->', '<![CDATA[', ']]>', '<?xml', '?>', '&amp;', '&#65;', '&#xD800;', '&#0;', '&#x10ffff;', '&x;', '<', '>', '"', "'",
  '$.Attributes.x', '{$.Attributes.x}', ' ', 'hello', '12.50 EUR', '2026-01-31', '14:30', '1,000,000', '3rd', '$5.00', 'xml:lang="de"', '<s xml:lang="$.Attributes.x">', '\ufffe', '__proto__="a"', 'say://', '@@', '{', '$',
]; // prettier-ignore

const LANGUAGES = ['en-US', 'de', 'constructor', '__proto__', 'xx', 'zh-CN', 'en_GB', ''];

const spokenBy = (ssml: boolean): SpeechSettings => ({
  languages: Object.fromEntries(
    LANGUAGES.map((language) => [language, { engine: 'flite', voice: 'slt', say: 'en', ssml }]),
  ),
  defaultLanguage: 'en-US',
});
const PLAIN = spokenBy(false);
const MARKUP = spokenBy(true);

function speak(ssml: string, scope: Scope): void {
  for (const settings of [PLAIN, MARKUP]) {
    for (const say of [false, true]) {
      // As a turn of a flow has it.
      const room = new TextRoom();
      const segments = expecting([FlowTextTooLarge], () =>
        segmentsOf({ ssml }, { scope: { ...scope, room }, speech: settings, say }),
      );
      for (const segment of segments ?? []) {
        switch (segment.kind) {
          case 'silence':
            must(
              Number.isInteger(segment.ms) && segment.ms >= 0 && segment.ms <= 10_000,
              `a silence of ${String(segment.ms)} ms`,
            );
            break;
          case 'say':
            must(
              /^en \w+ \w+ [A-Za-z0-9]{1,64}$/.test(segment.data),
              `say gets ${JSON.stringify(segment.data)}`,
            );
            break;
          case 'speech':
            if (segment.markup !== true) {
              must(
                isPlain(segment.text) && !/[$\\<>{}|]|@@|:\/\//.test(segment.text),
                `spoken is ${JSON.stringify(segment.text)}`,
              );
              must(!/native code/.test(segment.text) || /native code/.test(ssml), 'a function is spoken');
            } else {
              must(
                isPlain(segment.text) && !/[$\\{}]/.test(segment.text),
                `the engine gets ${JSON.stringify(segment.text)}`,
              );
              parseXml(segment.text);
            }
            break;
          case 'file':
          case 'phrase':
          case 'unsafe':
            must(false, `a segment of the kind ${segment.kind}`);
        }
      }
    }
  }
}

export const target = defineTarget<JsonValue>({
  name: 'ssml',
  about:
    'SSML of a flow with hostile values in it: read as good as it goes; pauses are bounded numbers; nothing spoken that FreeSWITCH or an engine takes for more than text; for an engine that reads SSML always well-formed XML.',
  covers: [
    'flow/speech/ssml.ts',
    'flow/speech/segments.ts',
    'flow/speech/text.ts',
    'flow/speech/say-as.ts',
    'flow/speech/settings.ts',
  ],
  form: jsonForm([...PIECES, ...LANGUAGES, 'ssml', 'value', 'language']),
  seeds: [
    {
      ssml: '<speak><p>Hello <s>$.Attributes.x</s></p><break time="1s"/></speak>',
      value: 'Zoë',
      language: 'en-US',
    },
    { ssml: '<say-as interpret-as="currency">$.Attributes.x</say-as>', value: '12.50 EUR', language: 'de' },
    {
      ssml: '<say-as interpret-as="date" format="dmy">$.Attributes.x</say-as>',
      value: '31.01.2026',
      language: 'en-US',
    },
    {
      ssml: '<say-as interpret-as="time">14:30</say-as><sub alias="$.Attributes.x">x</sub>',
      value: '<break/>',
      language: 'zh-CN',
    },
    {
      ssml: '<!-- x --><![CDATA[a < b]]><?pi?>&amp;&#65;<prosody rate="slow" pitch=\'$.Attributes.x\'>a</prosody>',
      value: '" x="',
      language: 'en-US',
    },
    { ssml: '<break strength="weak"/>a<s xml:lang="de">b</s>', value: '', language: '' },
  ],
  generate: (random: Random) => ({
    ssml: Array.from({ length: random.size(40) }, () => random.pick(PIECES)).join(''),
    value: Array.from({ length: random.size(6) }, () => random.pick(PIECES)).join(''),
    language: random.pick(LANGUAGES),
  }),
  found: [
    '`<break strength="constructor">` and a language called `constructor` found what every object inherits: a function\'s source was spoken, a pause was no number (`flow/speech/segments.ts`, `text.ts`)',
    'U+FFFE and U+FFFF, and attributes without a proper name, made XML that an engine cannot read (`flow/speech/text.ts`, `ssml.ts`)',
    'tags nested some thousand levels deep overflowed the stack; beginnings of comments without an end took the square of the length (`flow/speech/ssml.ts`)',
    'the end of what was spoken so far was looked for at the end of each sentence, in time that took the square of the length (`flow/speech/segments.ts`)',
    'SSML that refers to a long value hundreds of times became tens of megabytes of speech (`flow/references.ts`)',
  ],
  run(input) {
    const ssml = asText(partOf(input, 'ssml'));
    const { faults } = parseSsml(ssml);
    for (const fault of faults) must(typeof fault === 'string' && fault !== '', 'a fault without words');
    const state = { ...newState('s', 'main', 0), attributes: { x: asText(partOf(input, 'value')) } };
    speak(ssml, {
      state,
      language: asText(partOf(input, 'language')),
      call: { uuid: 'c', now: () => 0, get: () => undefined },
    });
  },
});
