import { Policy } from '../../../src/call/policy.js';
import { policyProfileSchema } from '../../../src/call/policy-profile.js';
import { applicationInfo } from '../../../src/switch/applications.js';
import { parseDialString } from '../../../src/switch/dial-string.js';
import { compileSegment } from '../../../src/switch/inline-list.js';
import { expandOnce, runSet, separate } from '../../unit/switch/freeswitch-strings.js';
import { jsonForm, partOf } from '../forms/json.js';
import type { JsonValue } from '../forms/json.js';
import { isPlain } from '../support/plain.js';
import type { Random } from '../random.js';
import { defineTarget, must, mustEqual } from '../target.js';

const strict = new Policy('default', policyProfileSchema.parse({}));
const wide = new Policy(
  'wide',
  policyProfileSchema.parse({
    dial: {
      gateways: { carrier: { numbers: ['\\+?[0-9]+'], max_concurrent: 2 } },
      sip_uris: [{ profile: 'external', uri: '[a-z0-9]+@example\\.org' }],
      domains: ['.*'],
      loopback: [{ extension: '[0-9]+', context: 'default' }],
    },
    caller_id: { numbers: ['.*'], names: ['.*'] },
    transfer: { destinations: [{ extension: '[0-9]+', dialplan: 'XML', context: 'default' }] },
    fifo: { queues: ['.*'] },
    conference: { rooms: ['.*'] },
    record: { roots: ['/rec'] },
    expansion: { allow: true, variables: ['cti_*', 'caller_id_name'], apis: ['strftime'] },
  }),
);

const KNOWN: Readonly<Record<string, string>> = { cti_evil: '${system(id)}', caller_id_name: 'Zoë' };
/** In any case, as a channel's variables are. */
const channel = {
  get: (name: string) => {
    const lower = name.toLowerCase();
    return Object.hasOwn(KNOWN, lower) ? KNOWN[lower] : undefined;
  },
};

interface Input {
  readonly application: string;
  readonly data: string;
}

const SEEDS: readonly (readonly [string, string])[] = [
  ['answer', ''],
  ['hangup', 'USER_BUSY'],
  ['playback', 'ivr/ivr-welcome.wav@@8000'],
  ['playback', 'tone_stream://%(2000,4000,440,480);loops=3'],
  ['playback', 'file_string://ivr/a.wav!silence_stream://200!ivr/b.wav'],
  ['playback', '%[cti_x=1]ivr/a.wav'],
  ['playback', 'say:Guten Tag'],
  ['playback', '{timeout=3}https://example.org/a.wav'],
  ['speak', 'flite|kal|Your balance is 5 euro | and 3 cent'],
  ['speak', 'Hello ${cti_name}'],
  ['say', 'en number pronounced 12345'],
  ['phrase', 'greeting,a:b'],
  ['play_and_get_digits', "2 11 3 7000 # 'say:your number' ivr/b.wav cti_number ^(?:1\\d{3}|2)$ 3000"],
  ['read', '1 4 ivr/a.wav digits 5000 #'],
  ['bridge', '{^^:sip_h_X-Ticket=4711, urgent:call_timeout=20}[leg_delay_start=5]user/10001,user/2|user/3'],
  ['bridge', '<a=b>{origination_caller_id_number=1}sofia/gateway/carrier/+4930'],
  ['bridge', 'sofia/external/a@example.org:_:loopback/9664/default/XML'],
  ['set', 'cti_customer=4711'],
  ['set', 'ringback=%(2000,4000,440,480)'],
  ['multiset', '^^:cti_a=1:cti_b=2'],
  ['export', 'nolocal:cti_a=1'],
  ['unset', 'cti_a'],
  ['record', '/rec/a.wav 60 200 3'],
  ['record_session', '/rec/a.wav +60'],
  ['transfer', '1000 XML default'],
  ['conference', 'room@default'],
  ['fifo', 'sales in undef local_stream://moh'],
  ['callcenter', 'support@default'],
  ['sched_hangup', '+60 USER_BUSY'],
  ['send_dtmf', '12#@100'],
  ['gentones', '%(500,500,440)|3'],
  ['loop_playback', '+3 ivr/a.wav'],
  ['system', 'reboot'],
];

const APPLICATIONS = [
  ...new Set(SEEDS.map(([application]) => application)),
  'pre_answer',
  'park',
  'respond',
  'sleep',
  'push',
  'log',
  'event',
  'lua',
  'socket',
  'httapi',
  'displace_session',
  'endless_playback',
  'wait_for_silence',
  'constructor',
  '__proto__',
];

function pieced(random: Random): JsonValue {
  const words = SEEDS.flatMap(([, data]) => data.split(/(?<=[^A-Za-z0-9_])/));
  const data = Array.from({ length: random.size(20) }, () => random.pick(words)).join('');
  return { application: random.pick(APPLICATIONS), data };
}

/** Some of their data is text, which may be anything: it is said, shown or stored. */
const TEXT_IN_DATA: ReadonlySet<string> = new Set([
  ...[
    'speak',
    'say',
    'phrase',
    'log',
    'set',
    'multiset',
    'export',
    'push',
    'unshift',
    'bridge_export',
    'bridge',
  ],
  ...['playback', 'loop_playback', 'read', 'play_and_get_digits', 'fifo'],
]);
const MEDIA: ReadonlySet<string> = new Set(['playback', 'loop_playback', 'endless_playback']);

/** Without the streams that anybody may play. */
function foreignMedia(data: string): string {
  return data.replace(/^(\+-?\d+ )?((?:\{[^}]*\})*)(?:silence|tone|local)_stream:/i, '$2plain:');
}

/** What FreeSWITCH would hand to the application, by all the rules that it applies on the way. */
function delivered(application: string, data: string): string {
  const { before, list } = compileSegment(
    { steps: [{ application, data }], before: {}, after: {}, release: false },
    'r1',
  );
  const variables = new Map<string, string>();
  for (const { application: set, data: argument } of before) runSet(set, argument, variables);
  const argument = expandOnce(list.slice(0, -' inline'.length), variables).slice('m:~:'.length);
  const items = separate(argument, '~');
  // Behind it stand its marker, if it takes time, and the end of the list.
  const item = items.at(applicationInfo(application).takesTime ? -3 : -2) ?? '';
  const [, run, given = ''] = /^([^:]*):?([^]*)$/.exec(item) ?? [];
  mustEqual(run, application, 'what is run');
  return expandOnce(given, variables);
}

function judge(policy: Policy, { application, data }: Input): void {
  const verdict = policy.check({ application, data }, channel);
  mustEqual(policy.check({ application, data }, channel), verdict, 'the second time');
  const dial = policy.checkDial(data);
  must(!dial.allowed || parseDialString(data).ok, 'a dial string is allowed that cannot be read');
  if (!verdict.allowed) {
    must(/^[a-z._]+$/.test(verdict.rule) && verdict.detail.length <= 1_000, `a refusal by "${verdict.rule}"`);
    must(!/[\r\n\0]/.test(verdict.detail), `a line break in a detail: ${JSON.stringify(verdict.detail)}`);
    return;
  }
  must(/^\w{1,64}$/.test(application), `"${application}" is allowed`);
  must(isPlain(data), `control characters are allowed: ${JSON.stringify(data)}`);
  must(
    policy === wide || !data.includes('$') || application === 'play_and_get_digits',
    `$ is allowed: "${data}"`,
  );
  must(!/\$\{(?!(?:cti_|caller_id_name|strftime)[^${}]*\})/i.test(data), `a reference is allowed: "${data}"`);
  must(!/\$\{cti_evil\b/i.test(data), `a reference to a reference is allowed: "${data}"`);
  must(
    !/(?:system|shell_stream|lua):/i.test(data) || TEXT_IN_DATA.has(application),
    `"${application} ${data}" is allowed`,
  );
  must(
    !MEDIA.has(application) ||
      !/^(?:%.?\[[^\]]*\])?(?:\{[^}]*\})*(?:\w*_stream|vlc|lua|system):\/\//i.test(foreignMedia(data)),
    `"${application} ${data}" is played`,
  );
  if (!data.includes('$') && !data.startsWith('%'))
    mustEqual(delivered(application, data), data, `${application} gets other data`);
}

export const target = defineTarget<JsonValue>({
  name: 'policy',
  about:
    'One action against a strict and a wide policy: a verdict, the same each time; nothing allowed with control characters, foreign references or an unreadable dial string; what is allowed reaches the application unchanged through all of FreeSWITCH’s expansions.',
  covers: [
    'call/policy',
    'switch/arguments.ts',
    'switch/dial-',
    'switch/inline-list.ts',
    'switch/applications.ts',
    'switch/application-outcomes.ts',
  ],
  found: [
    'of a dial string that cannot be read, all of it could stand in the detail of the refusal (`switch/dial-string.ts`, `dial-endpoint.ts`)',
    'the name of a variable or API command that may not be expanded could be of any length in the detail (`call/policy/data-rules.ts`)',
    "a variable's name in another case was not looked up, so what was in it went unseen where expansion is allowed (`action-server/asked-call.ts`, `call/call-view.ts`, `switch/attached/event-data.ts`)",
  ],
  form: jsonForm([
    ...APPLICATIONS,
    ...SEEDS.map(([, data]) => data),
    ...SEEDS.flatMap(([, data]) => data.split(/[ ,:|]/)),
  ]),
  seeds: SEEDS.map(([application, data]) => ({ application, data })),
  generate: pieced,
  run(input) {
    const [application, data] = [partOf(input, 'application'), partOf(input, 'data')];
    if (typeof application !== 'string' || typeof data !== 'string') return;
    judge(strict, { application, data });
    judge(wide, { application, data });
  },
});
