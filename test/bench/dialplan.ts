import { HOLD_LIST, PLAY_LIST } from './lists.js';
import { CONTEXT } from './sip-profile.js';

/** One way to run a list: an extension of FreeSWITCH's dialplan for each of them. */
export interface Extension {
  readonly name: string;
  readonly actions: readonly (readonly [application: string, data: string])[];
}

export interface Ports {
  readonly app: number;
  readonly appTls: number;
  readonly switchhook: number;
  readonly switchhookContext: number;
  readonly switchhookAttached: number;
  readonly esl: number;
  readonly eslAllEvents: number;
  readonly modesl: number;
  readonly bare: number;
  readonly bareHold: number;
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');

/** The name of an extension says the peer and the list: `play-floor`, `hold-esl`, `tls-switchhook`. */
export function extensions(ports: Ports, luaScript: string): Extension[] {
  const http = `http://127.0.0.1:${ports.app}`;
  const https = `https://127.0.0.1:${ports.appTls}`;
  const number = '?number=${destination_number}';
  const floor = (list: typeof PLAY_LIST): Extension['actions'] =>
    list.map(({ application, data }) => [application, data] as const);
  const socket = (port: number, url: string): Extension['actions'] => [
    ['set', `cti_curl=${url}`],
    ['socket', `127.0.0.1:${port} async full`],
  ];
  const switchhook = (program: string): Extension['actions'] => [
    ['set', `cti_curl=${program}`],
    ['socket', `127.0.0.1:${ports.switchhook} full`],
  ];
  const program = `${http}/actions?number={destination_number}`;
  return [
    { name: 'play-floor', actions: floor(PLAY_LIST) },
    { name: 'hold-floor', actions: floor(HOLD_LIST) },
    { name: 'play-mod_httapi', actions: [['httapi', `{httapi_profile=default}${http}/httapi`]] },
    { name: 'hold-mod_httapi', actions: [['httapi', `{httapi_profile=default}${http}/httapi-hold`]] },
    { name: 'tls-mod_httapi', actions: [['httapi', `{httapi_profile=https}${https}/httapi`]] },
    { name: 'play-lua', actions: [['lua', `${luaScript} ${http}/actions${number}`]] },
    { name: 'hold-lua', actions: [['lua', `${luaScript} ${http}/hold${number}`]] },
    // {number} is filled in by the daemon, ${number} by FreeSWITCH.
    { name: 'play-switchhook', actions: switchhook(program) },
    {
      name: 'play-switchhook_context',
      actions: [
        ['set', `cti_curl=${program}`],
        ['execute_extension', 'cti_curl XML switchhook'],
      ],
    },
    {
      name: 'play-switchhook_attached',
      actions: [
        ['set', `cti_curl=${program}`],
        ['park', ''],
      ],
    },
    {
      name: 'hold-switchhook_attached',
      actions: [
        ['set', `cti_curl=${http}/hold?number={destination_number}`],
        ['park', ''],
      ],
    },
    { name: 'hold-switchhook', actions: switchhook(`${http}/hold?number={destination_number}`) },
    { name: 'tls-switchhook', actions: switchhook('bench-tls') },
    { name: 'play-esl', actions: socket(ports.esl, `${http}/actions${number}`) },
    { name: 'hold-esl', actions: socket(ports.esl, `${http}/hold${number}`) },
    { name: 'play-esl_all_events', actions: socket(ports.eslAllEvents, `${http}/actions${number}`) },
    { name: 'hold-esl_all_events', actions: socket(ports.eslAllEvents, `${http}/hold${number}`) },
    { name: 'play-modesl', actions: socket(ports.modesl, `${http}/actions${number}`) },
    { name: 'hold-modesl', actions: socket(ports.modesl, `${http}/hold${number}`) },
    { name: 'play-bare', actions: [['socket', `127.0.0.1:${ports.bare} full`]] },
    { name: 'hold-bare', actions: [['socket', `127.0.0.1:${ports.bareHold} full`]] },
  ];
}

/** FreeSWITCH's preprocessor reads line by line: `<include>` stands alone. */
export function dialplanXml(list: readonly Extension[]): string {
  const lines = list.flatMap(({ name, actions }) => [
    `<extension name="${name}">`,
    `<condition field="destination_number" expression="^${name}$">`,
    ...actions.map(([application, data]) => `<action application="${application}" data="${escaped(data)}"/>`),
    '</condition>',
    '</extension>',
  ]);
  return ['<include>', `<context name="${CONTEXT}">`, ...lines, '</context>', '</include>', ''].join('\n');
}

/** The same job as a dialplan script with mod_curl: ask, read the JSON, execute. */
export const LUA_SCRIPT = `
local url = argv[1]
session:setAutoHangup(false)
session:execute("curl", url)
local actions = freeswitch.JSON():decode(session:getVariable("curl_response_data"))
for _, action in ipairs(actions) do
  if not session:ready() then break end
  session:execute(action.application, action.data)
end
`;
