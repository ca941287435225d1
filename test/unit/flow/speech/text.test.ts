import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inWords, sayArguments } from '../../../../src/flow/speech/say-as.js';
import { breakMs } from '../../../../src/flow/speech/segments.js';
import { voiceFor } from '../../../../src/flow/speech/settings.js';
import { parseSsml } from '../../../../src/flow/speech/ssml.js';
import { escapedXml, spoken } from '../../../../src/flow/speech/text.js';

describe('spoken', () => {
  it.each([
    ['Hello, world!', 'Hello, world!'],
    ["it's Bob's", "it's Bob's"],
    ['two  blanks\nand a line', 'two blanks and a line'],
    ['it costs $5.50', 'it costs 5.50 dollars'],
    ['${system(reboot)}', 'system(reboot)'],
    ['$${x}', 'x'],
    ['{engine=x}hello', 'engine=x hello'],
    ['a|b|c', 'a b c'],
    [String.raw`back\slash`, 'back slash'],
    ['<break/> x', 'break/ x'],
    ['http://x', 'http: x'],
    ['a@@5', 'a@ @5'],
    ['//x', 'x'],
    ['\u0000\u0007x\u2028y', 'x y'],
    ['\ud83dx', 'x'],
    ['你好', '你好'],
    ['a\ufffeb\uffff', 'a b'],
  ])('makes %j harmless', (text, expected) => {
    expect(spoken(text, 'en-US')).toBe(expected);
  });

  it('leaves nothing that FreeSWITCH or an engine would read as anything but text', () => {
    const nasty = fc.array(
      fc.constantFrom(
        '$',
        '{',
        '}',
        '\\',
        '|',
        '<',
        '>',
        '@',
        ':',
        '/',
        "'",
        '"',
        '^',
        '\n',
        '\0',
        'a',
        ' ',
        '5',
      ),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          nasty.map((parts) => parts.join('')),
        ),
        (text) => {
          const said = spoken(text, 'en-US');
          expect(said).not.toMatch(/[$\\<>^{}|\r\n\0]/);
          expect(said).not.toContain('://');
          expect(said).not.toContain('@@');
        },
      ),
    );
  });

  it('is escaped for SSML', () => {
    expect(escapedXml(`Tom & "Jerry's" <b>`, 'en')).toBe('Tom &amp; &quot;Jerry&apos;s&quot; b');
  });
});

describe('say-as in words', () => {
  it.each([
    ['characters', '12.50', '', 'en-US', '1, 2, point, 5, 0'],
    ['spell-out', 'aB-9', '', 'en', 'a, B, dash, 9'],
    ['digits', '12 34', '', 'en', '1, 2, 3, 4'],
    ['number', '12,345', '', 'en', '12345'],
    ['cardinal', '7', '', 'en', '7'],
    ['ordinal', '1', '', 'en', '1st'],
    ['ordinal', '22', '', 'en-GB', '22nd'],
    ['ordinal', '13', '', 'en', '13th'],
    ['ordinal', '3', '', 'de', '3.'],
    ['ordinal', '3', '', 'zh-CN', '第3'],
    ['ordinal', 'x', '', 'en', 'x'],
    ['date', '2026-12-24', '', 'en-US', 'December 24, 2026'],
    ['date', '2026-12-24', 'ymd', 'de', '24. Dezember 2026'],
    ['date', '20261224', '', 'en-US', 'December 24, 2026'],
    ['date', '12/24/2026', 'mdy', 'en-US', 'December 24, 2026'],
    ['date', '24.12.2026', 'dmy', 'en-GB', '24 December 2026'],
    ['date', '24.12.', 'dm', 'de', '24. Dezember'],
    ['date', '31.02.2026', 'dmy', 'en', '31.02.2026'],
    ['date', 'soon', 'dmy', 'en', 'soon'],
    ['time', '14:30', '', 'en-US', '2:30 PM'],
    ['time', '2:30pm', '', 'de', '14:30'],
    ['time', '12:05am', '', 'de', '0:05'],
    ['time', '25:00', '', 'de', '25:00'],
    ['telephone', '+4930123456', '', 'en', 'plus, 4 9 3, 0 1 2, 3 4 5 6'],
    ['telephone', '030-1234', '', 'en', '0 3 0, 1 2 3 4'],
    ['currency', '$12.50', '', 'en-US', '12.50 US dollars'],
    ['currency', 'EUR 1,200', '', 'de', '1200 Euro'],
    ['currency', '3', '', 'en', '3'],
    ['currency', 'much', '', 'en', 'much'],
  ] as const)('%s of %s (%s, %s)', (how, text, format, language, expected) => {
    expect(inWords(how, text, format, language).replaceAll(/[\u00a0\u202f]/g, ' ')).toBe(expected);
  });

  it('takes any text and any language', () => {
    const hows = [
      'characters',
      'digits',
      'number',
      'ordinal',
      'date',
      'time',
      'telephone',
      'currency',
    ] as const;
    fc.assert(
      fc.property(
        fc.constantFrom(...hows),
        fc.string(),
        fc.string(),
        fc.string(),
        (how, text, format, language) => {
          expect(typeof inWords(how, text, format, language)).toBe('string');
        },
      ),
    );
  });
});

it.each([
  ['characters', 'AB12', 'name_spelled pronounced AB12'],
  ['digits', '12 3', 'number iterated 123'],
  ['number', '1,234', 'number pronounced 1234'],
  ['ordinal', '5', 'number counted 5'],
  ['telephone', '030-12', 'number iterated 03012'],
  ['characters', 'a b', undefined],
  ['digits', '1 ${x}', undefined],
  ['currency', '$5', undefined],
  ['date', '2026-01-01', undefined],
] as const)('gives the say module %s of %s', (how, text, expected) => {
  expect(sayArguments(how, text)).toBe(expected);
});

it('names that every object has are no languages and no lengths', () => {
  expect(spoken('$5', 'constructor')).toBe('5 USD');
  for (const strength of ['constructor', '__proto__', 'toString']) expect(breakMs({ strength })).toBe(500);
});

describe('parseSsml', () => {
  it('reads a tree', () => {
    const { nodes, faults } = parseSsml(
      `<?xml version="1.0"?><speak>a<!-- no --><break time='1s'/><s>b &amp; c</s><![CDATA[<d>]]></speak>`,
    );
    expect(faults).toEqual([]);
    expect(nodes).toEqual([
      {
        tag: 'speak',
        attributes: {},
        children: [
          'a',
          { tag: 'break', attributes: { time: '1s' }, children: [] },
          { tag: 's', attributes: {}, children: ['b & c'] },
          '<d>',
        ],
      },
    ]);
  });

  it.each([
    ['<voice name="x">a</voice>', '<voice> is not supported'],
    ['<break length="1s"/>', 'length of <break> is not supported'],
    ['<p>a', '<p> is not closed'],
    ['a</p>', '</p> closes nothing'],
    ['<p><s>a</p>', '<s> is not closed'],
    ['1 < 2', '"< 2" is not a tag'],
    ['AT&T', '& is not an entity'],
    ['a <!-- b', '<!-- has no end'],
    ['a <!-->', '<!-- has no end'],
    ['<![CDATA[a', '<![CDATA[ has no end'],
    ['<?xml', '<? has no end'],
    ['<s>'.repeat(80), '<s> is more than 64 tags deep'],
    ['<s -="">a</s>', '"<s -="">a" is not a tag'],
  ])('tells what is wrong with %s', (text, expected) => {
    expect(parseSsml(text).faults.join()).toContain(expected);
  });

  it('reads a long text that is all beginnings, however they are nested', () => {
    for (const part of ['<!--', '<?', '<![CDATA[', '<s>', '<sub alias="x">', '<p></s>']) {
      expect(parseSsml(part.repeat(20_000)).faults).not.toEqual([]);
    }
  });

  it('reads any text', () => {
    const parts = fc.array(
      fc.constantFrom(
        '<',
        '>',
        '/',
        'p',
        's',
        '&',
        ';',
        '#x',
        '"',
        '=',
        ' ',
        '<p>',
        '</p>',
        '<break/>',
        '&amp;',
        '<![CDATA[',
        ']]>',
      ),
    );
    fc.assert(
      fc.property(parts, (some) => {
        expect(Array.isArray(parseSsml(some.join('')).nodes)).toBe(true);
      }),
    );
  });
});

it('finds the voice of a language, or of its family', () => {
  const us = { engine: 'flite', voice: 'slt' };
  const any = { engine: 'flite', voice: 'kal' };
  const settings = { languages: { 'en-US': us, en: any }, defaultLanguage: 'en-US' };
  expect(voiceFor(settings, 'en-US')).toBe(us);
  expect(voiceFor(settings, 'EN_us')).toBe(us);
  expect(voiceFor(settings, 'en-GB')).toBe(any);
  expect(voiceFor(settings, 'fr')).toBeUndefined();
  expect(voiceFor(settings, 'constructor')).toBeUndefined();
});
