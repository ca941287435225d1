import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Policy } from '../../../src/call/policy.js';
import { policyProfileSchema } from '../../../src/call/policy-profile.js';
import { compileSegment } from '../../../src/switch/inline-list.js';
import { Walk } from './walk.js';

/** Whatever a caller or a function brings, no action may become another than the flow's author meant. */
const NASTY = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc
    .array(
      fc.constantFrom(
        '$',
        '{',
        '}',
        '${x}',
        '\\',
        '|',
        ',',
        '<',
        '>',
        "'",
        '"',
        '^^',
        '^^!',
        '\n',
        '\r',
        '\0',
        ' ',
        '/',
        '..',
        'a',
        '1',
        '!',
        '~',
        '%[',
        ']',
        '://',
        '@',
        '@@',
        ':',
        ';',
        '(',
        '#',
        '+5 ',
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join('')),
);

const profile = policyProfileSchema.parse({
  dial: { gateways: { g: { numbers: ['.*'] } }, sip_uris: [{ profile: 'external', uri: '.*' }] },
  caller_id: { numbers: ['.*'], names: ['.*'] },
  fifo: { queues: ['.*'] },
  record: { roots: ['/rec'] },
});
const policy = new Policy('p', profile);

const BLOCKS = [
  'type: play_prompt\nprompt: "Hi $.Attributes.x, bye"',
  'type: play_prompt\nprompt: $.Attributes.x\nbarge_in: true',
  'type: play_prompt\nprompt: { ssml: "<speak>a <say-as interpret-as=\'characters\'>$.Attributes.x</say-as><break/>b</speak>" }',
  'type: play_prompt\nprompt: { file: "ivr/$.Attributes.x.wav" }',
  'type: play_prompt\nprompt: { phrase: hello, data: $.Attributes.x }',
  'type: play_prompt\nprompt: { tone: "%(200,100,$.Attributes.x)" }',
  'type: get_digits\nprompt: "Hi $.Attributes.x, bye"',
  'type: get_digits\nprompt: [{ file: a.wav }, "Hi $.Attributes.x, bye"]\nbarge_in: false',
  'type: transfer\nto: { user: $.Attributes.x }',
  'type: transfer\nto: { number: $.Attributes.x, gateway: g }\ncaller_id: { number: $.Attributes.x, name: $.Attributes.x }',
  'type: transfer\nto: { sip: $.Attributes.x, profile: external }',
  'type: queue\ncallcenter: $.Attributes.x',
  'type: queue\nfifo: $.Attributes.x',
  'type: record\nfile: "/rec/a-$.Attributes.x.wav"',
  "type: set_attributes\nattributes: { y: { value: '$.Attributes.x', export: true } }",
  'type: run_actions\nactions: [{ application: read, data: "1 5 silence digits $.Attributes.x" }, { application: log, data: "INFO $.Attributes.x" }]',
  'type: cti_curl\nurl: https://a.example/?x=$.Attributes.x',
];

const MEANT: Readonly<Record<string, readonly string[]>> = {
  play_prompt: ['set', 'playback', 'phrase'],
  get_digits: ['set', 'playback', 'read'],
  transfer: ['bridge'],
  queue: ['callcenter', 'fifo'],
  record: ['set', 'playback', 'record'],
  set_attributes: ['set'],
  run_actions: ['read', 'log'],
  cti_curl: ['cti_curl'],
};

it.each(BLOCKS)('%s', (block) => {
  const main = `start: it\nerror: end\nblocks:\n  it:\n${block.replaceAll(/^/gm, '    ')}\n    next: end\n  end: { type: end }\n`;
  const flows = { main };
  const type = /type: (\w+)/.exec(block)?.[1] ?? '';
  fc.assert(
    fc.property(NASTY, (x) => {
      const walk = new Walk({ flows, inputs: { attributes: { x } }, settings: { stateMaxBytes: 100_000 } });
      if (walk.step.kind !== 'actions') return;
      for (const { application, data } of walk.actions) {
        expect(MEANT[type]).toContain(application);
        expect(data).not.toMatch(/[\r\n\0$\\]/);
        if (application === 'cti_curl') continue;
        const verdict = policy.check({ application, data }, { get: () => undefined });
        if (!verdict.allowed)
          expect(`${verdict.rule} ${verdict.detail}`).toMatch(
            /play\.(?:name|traversal|tone|extension)|fifo|callcenter|argument/,
          );
        // And it reaches FreeSWITCH whole.
        expect(() =>
          compileSegment({ steps: [{ application, data }], before: {}, after: {}, release: false }, 'r1'),
        ).not.toThrow();
      }
    }),
    { numRuns: 300 },
  );
});
