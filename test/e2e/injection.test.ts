import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SeenRequest } from '../support/example-app.js';
import { eventually } from '../support/eventually.js';
import type { Event } from '../support/test-call.js';
import { HostileBed, type Way } from './hostile-bed.js';
import { CANARY } from './hostile.js';
import { missing } from './sipp.js';

/** Callers whose name, number, headers and digits are attempts to be more than text. */

const reason = missing();

const FLOW = `
start: text
error: end
blocks:
  text: { type: play_prompt, prompt: 'you are {$.Channel.caller_id_name}', next: ssml, exits: { error: ssml } }
  ssml: { type: play_prompt, prompt: { ssml: '<speak>hello {$.CustomerEndpoint.Address}</speak>' }, next: file, exits: { error: file } }
  file: { type: play_prompt, prompt: [{ file: '{$.CustomerEndpoint.Address}' }, { file: 'names/{$.Channel.caller_id_name}.wav' }], next: tone, exits: { error: tone } }
  tone: { type: play_prompt, prompt: [{ tone: '{$.CustomerEndpoint.Address}' }], next: phrase, exits: { error: phrase } }
  phrase: { type: play_prompt, prompt: { phrase: greeting, data: '{$.Channel.caller_id_name}' }, next: set, exits: { error: set } }
  set:
    type: set_attributes
    attributes:
      number: { value: $.CustomerEndpoint.Address, export: true }
      name: { value: 'name {$.Channel.caller_id_name}{$.Channel.sip_h_X-Hostile}', export: true }
      header: { value: '$.Channel.sip_h_X-Hostile', export: sip_h_X-Copy }
      called: { value: $.SystemEndpoint.Address, export: true }
    next: ask
    exits: { error: ask }
  ask:
    type: get_digits
    prompt: { silence_ms: 10 }
    min: 1
    max: 1
    tries: 1
    timeout_ms: 1000
    next: tell
    exits: { no_input: tell, no_match: tell, error: tell }
  tell:
    type: invoke_function
    function: echo
    parameters: { number: $.CustomerEndpoint.Address, name: '$.Channel.caller_id_name', header: '{$.Channel.sip_h_X-Hostile}', digits: $.StoredInput }
    next: told
    exits: { error: run }
  told:
    type: set_attributes
    attributes:
      told: { value: 'told {$.External.number}', export: true }
      again: { value: $.External.name, export: true }
    next: run
    exits: { error: run }
  run:
    type: run_actions
    actions:
      - { application: set, data: 'cti_run={$.CustomerEndpoint.Address}{$.Attributes.name}' }
      - { application: export, data: 'cti_exported={$.External.name}' }
      - { application: log, data: 'WARNING {$.Channel.caller_id_name}' }
      - { application: phrase, data: 'greeting,{$.External.number}' }
    next: play
    exits: { failed: play, error: play }
  play: { type: run_actions, actions: [{ application: playback, data: '{$.External.name}' }], next: set_word, exits: { failed: set_word, error: set_word } }
  set_word: { type: run_actions, actions: [{ application: multiset, data: 'cti_word={$.CustomerEndpoint.Address}' }], next: bridge, exits: { failed: bridge, error: bridge } }
  bridge: { type: run_actions, actions: [{ application: bridge, data: '{cti_x={$.CustomerEndpoint.Address}}user/{$.External.number}' }], next: user, exits: { failed: user, error: user } }
  user: { type: transfer, to: { user: 'x{$.Channel.caller_id_name}', domain: '{$.CustomerEndpoint.Address}' }, next: number, exits: { error: number } }
  number: { type: transfer, to: { number: $.CustomerEndpoint.Address, gateway: down }, caller_id: { name: '$.Channel.caller_id_name' }, next: sip, exits: { error: sip } }
  sip: { type: transfer, to: { sip: $.External.number, profile: internal }, next: queue, exits: { error: queue } }
  queue: { type: queue, fifo: '{$.Channel.caller_id_name}', next: record, exits: { error: record } }
  record: { type: record, file: 'RECORDINGS/{$.Channel.caller_id_name}-{$.Channel.sip_h_X-Hostile}.wav', beep: false, max_s: 1, next: app, exits: { error: app } }
  app: { type: cti_curl, url: 'APP/flow?number={$.CustomerEndpoint.Address}&name={$.Channel.caller_id_name}', next: anywhere, exits: { error: anywhere } }
  anywhere: { type: cti_curl, url: '{$.External.name}', next: end, exits: { error: end } }
  end: { type: end }
`;

/** What an app may do with what it was told that never thought of callers like these. */
function echo(value: string): { application: string; data: string }[] {
  const data: [string, string][] = [
    ...['set', 'multiset', 'export', 'unset', 'multiunset', 'playback', 'phrase'].map(
      (application): [string, string] => [application, value],
    ),
    ...['bridge', 'record', 'record_session', 'transfer', 'fifo', 'callcenter', 'conference', 'hangup'].map(
      (application): [string, string] => [application, value],
    ),
    ...['sleep', 'send_dtmf', 'respond', 'gentones', 'displace_session', 'loop_playback', 'cti_curl'].map(
      (application): [string, string] => [application, value],
    ),
    ['cti_flow', value],
    ['set', `cti_echo=${value}`],
    ['multiset', `^^:cti_one=${value}:cti_two=${value}`],
    ['multiset', `cti_one=${value} cti_two=2`],
    ['export', `cti_exported=${value}`],
    ['log', `WARNING ${value}`],
    ['playback', `names/${value}.wav`],
    ['playback', `file_string://names/${value}.wav!silence_stream://10`],
    ['speak', `flite|kal|${value}`],
    ['say', `en name_spelled pronounced ${value}`],
    ['phrase', `greeting,${value}`],
    ['bridge', `user/${value}`],
    ['bridge', `{cti_name=${value}}user/nobody`],
    ['bridge', `[leg_timeout=${value}]user/nobody`],
    ['bridge', `sofia/gateway/down/${value}`],
    ['play_and_get_digits', `1 1 1 1000 # silence_stream://10 ${value} digits .`],
    ['read', `1 1 ${value} digits 1000 #`],
    ['playback', `%[cti_scope=${value}]silence_stream://10`],
    ['cti_curl', `\${caller_id_name}${value}`],
  ];
  return data.map(([application, text]) => ({ application, data: text }));
}

/** All texts of a JSON value. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** References to what the caller sent, alone and side by side. */
const EXPANDED = [
  ['set', 'cti_echo=name ${caller_id_name}'],
  ['set', 'cti_echo=${caller_id_number}${caller_id_name}'],
  ['set', 'cti_echo=${sip_h_X-Hostile}${sip_h_X-Hostile}'],
  ['set', 'cti_echo=${sip_h_X-Hostile:-1}${sip_h_X-Hostile:0:-1}'],
  ['multiset', '^^:cti_one=${caller_id_number}:cti_two=${sip_h_X-Hostile}'],
  ['multiset', 'cti_one=${caller_id_name} cti_two=2'],
  ['export', 'cti_exported=${caller_id_name}${caller_id_number}'],
  ['export', 'sip_h_X-Copy=${caller_id_number}'],
  ['log', 'WARNING ${caller_id_number} ${sip_h_X-Hostile}'],
  ['speak', 'flite|kal|${caller_id_number}'],
  ['phrase', 'greeting,${caller_id_number}${caller_id_name}'],
  ['set', 'cti_twice=${cti_echo}${cti_echo}'],
].map(([application, data]) => ({ application, data }));

/** Applications that may have run on a call of that way; nothing else has any business there. */
const EXPECTED = new Set([
  ...['answer', 'set', 'multiset', 'export', 'unset', 'multiunset', 'execute_extension', 'socket', 'hangup'],
  ...[
    'playback',
    'speak',
    'say',
    'phrase',
    'read',
    'play_and_get_digits',
    'log',
    'record',
    'sleep',
    'bridge',
  ],
  ...[
    'gentones',
    'callcenter',
    'displace_session',
    'loop_playback',
    'lua',
    'httapi',
    'park',
    'transfer',
    'event',
  ],
]);

describe.skipIf(reason !== undefined)(
  `hostile SIP callers${reason === undefined ? '' : ` (skipped: ${reason})`}`,
  () => {
    let bed: HostileBed;
    const asked: SeenRequest[] = [];

    beforeAll(async () => {
      bed = await HostileBed.start(FLOW);
      bed.app.route((request) => {
        asked.push(request);
        const told =
          request.method === 'POST'
            ? textsIn(JSON.parse(request.body))
            : [...request.url.searchParams.values()];
        return {
          actions: [...new Set(told)]
            .filter((text) => text !== '')
            .flatMap(echo)
            .slice(0, 100),
        };
      }, '/hostile');
      bed.app.route(() => ({ actions: EXPANDED }), '/expanding');
      bed.app.route(() => ({ actions: [] }), '/flow');
      bed.app.route(({ body }) => {
        const { Details } = JSON.parse(body) as { Details: { Parameters: Record<string, string> } };
        return {
          status: 200,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(Details.Parameters),
        };
      }, '/function');
    });
    afterAll(() => bed.stop());

    it.each<{ way: Way; ends: RegExp; title: string }>([
      {
        way: 'get',
        title: 'an app that is asked by URL and repeats what it heard',
        ends: /^(?:done|failed (?:action_refused|too_large))$/,
      },
      {
        way: 'post',
        title: 'an app that is asked by POST and repeats what it heard',
        ends: /^(?:done|failed (?:action_refused|too_large))$/,
      },
      {
        way: 'expanding',
        title: 'an app that may refer to variables of the call',
        ends: /^(?:done|failed action_refused)$/,
      },
      { way: 'flow', title: 'a flow', ends: /^done$/ },
      { way: 'parked', title: 'a flow on an attached call', ends: /^done$/ },
      { way: 'lua', title: 'a flow that is served to a script in Lua', ends: /^done$/ },
      { way: 'httapi', title: 'a flow that is served to mod_httapi', ends: /^$/ },
    ])(
      '$title',
      async ({ way, ends }) => {
        const calls = await bed.callBy(way);
        expect(await bed.canaries.sung(bed.control)).toEqual([]);
        expect(bed.strangers()).toEqual([]);
        const ran = new Set(calls.flatMap(({ call }) => call.ran));
        expect([...ran].filter((name) => !EXPECTED.has(name))).toEqual([]);
        const others = calls.filter(
          ({ end }) => !ends.test(endOf(end)) || end.get('variable_back_in_dialplan') !== 'true',
        );
        expect(
          others.map(({ attempt, end }) => `${attempt}: ${endOf(end)}, ${end.get('Hangup-Cause') ?? ''}`),
        ).toEqual([]);
      },
      90_000,
    );

    it('what is told of a caller is what FreeSWITCH knows of him, and no more requests come', () => {
      const plain = asked.filter(({ method }) => method === 'GET');
      expect(plain).toHaveLength(bed.attempts.length);
      const known = bed.control.events.all((event) => event.get('Event-Name') === 'CHANNEL_CREATE');
      for (const { url } of plain) {
        const number = url.searchParams.get('to');
        const event = known.find((one) => {
          const called = one.get('Caller-Destination-Number') ?? '';
          return called === number || decoded(called) === number;
        });
        expect(event, `a call to ${number ?? ''}`).toBeDefined();
        expect([...url.searchParams.keys()]).toEqual([
          'number',
          'name',
          'to',
          'agent',
          'header',
          'diversion',
          'from',
          'asserted',
        ]);
        for (const [name, header] of [
          ['number', 'Caller-Caller-ID-Number'],
          ['name', 'Caller-Caller-ID-Name'],
          ['header', 'variable_sip_h_X-Hostile'],
        ] as const) {
          const is: unknown = event?.get(header) ?? '';
          // An array of FreeSWITCH's is one in JSON, too.
          const text = Array.isArray(is) ? `ARRAY::${is.join('|:')}` : String(is);
          // What `connect` answers does not tell a percent sign of the caller's from one of FreeSWITCH's encoding.
          expect([text, decoded(text)]).toContain(url.searchParams.get(name));
        }
      }
      // Most of them came through FreeSWITCH as they were.
      const verbatim = bed.attempts.filter(([, text]) =>
        plain.some(({ url }) => url.searchParams.get('number') === text),
      );
      expect(verbatim.length).toBeGreaterThan(bed.attempts.length / 2);
    });

    it('would show if something had got through', async () => {
      const { marks } = bed.canaries;
      await bed.control.api(`system touch ${marks.folder}/control`);
      await bed.control.api(`global_setvar ${CANARY}=1`);
      await fetch(`${marks.origin}/control`);
      await bed.control.bgapi(
        `originate {originate_timeout=1,${CANARY}=1}sofia/internal/x@${marks.sip} &park`,
      );
      await eventually(
        'the datagram',
        async () =>
          (await bed.canaries.sung(bed.control)).some((one) => one.startsWith('datagram INVITE')) ||
          undefined,
      );
      const sung = await bed.canaries.sung(bed.control);
      expect(new Set(sung.map((one) => one.split(' ')[0]))).toEqual(
        new Set(['file', 'request', 'datagram', 'global', 'variable']),
      );
      expect(bed.strangers()).not.toEqual([]);
    });
  },
);

/** As it comes over a `socket`: in FreeSWITCH's encoding what looks encoded already stays (switch_url_encode). */
function decoded(text: string): string {
  return text.replaceAll(/%[0-7][0-9A-F]/g, (code) =>
    String.fromCharCode(Number.parseInt(code.slice(1), 16)),
  );
}

function endOf(event: Event): string {
  return `${event.get('variable_cti_status') ?? ''} ${event.get('variable_cti_error') ?? ''}`.trim();
}
