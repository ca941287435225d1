import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { rm } from 'node:fs/promises';
import { flowsIn } from '../support/flows.js';
import type { TestCall } from '../support/test-call.js';
import { onEverySwitch } from './suite.js';
import type { World } from './suite.js';

/** A flow that is served over HTTP, to each of the clients that there are. */

const FLOW = `
start: hello
error: sorry
blocks:
  hello: { type: play_prompt, prompt: [{ silence_ms: 60 }, { silence_ms: 70 }], next: ask }
  ask:
    type: get_digits
    prompt: [{ silence_ms: 20000 }]
    no_match: { silence_ms: 80 }
    min: 2
    max: 4
    tries: 2
    next: keep
    exits: { no_input: sorry, no_match: sorry }
  keep: { type: set_attributes, attributes: { typed: $.StoredInput }, next: busy }
  busy:
    type: transfer
    to: { user: busy }
    next: sorry
    exits: { busy: operator, error: sorry }
  operator: { type: transfer, to: { user: operator }, timeout_ms: 5000, next: told, exits: { error: sorry } }
  told: { type: run_actions, actions: [{ application: set, data: 'cti_typed={$.Attributes.typed} of {$.CustomerEndpoint.Address}' }], next: end }
  sorry: { type: run_actions, actions: [{ application: set, data: cti_sorry=true }], next: end, exits: { error: end } }
  end: { type: end }
`;

const folder = mkdtempSync(join(tmpdir(), 'switchhook-served-'));
mkdirSync(join(folder, 'flows'));
writeFileSync(join(folder, 'flows/served.yaml'), FLOW);
afterAll(() => rm(folder, { recursive: true, force: true }));

const settings = {
  ...flowsIn(join(folder, 'flows')),
  actions: {
    entries: {
      served: { flow: 'served', fallback_actions: [{ application: 'set', data: 'cti_fallback=true' }] },
      static: { list: [{ application: 'set', data: 'cti_static=it is' }] },
    },
  },
};

/** How a client asks. */
const CLIENTS = [
  {
    name: 'our own runner',
    extension: 'program',
    query: 'number={destination_number}&caller={caller_id_number}&uuid={uuid}',
    simulated: true,
  },
  {
    name: 'a Lua script',
    extension: 'served-lua',
    // The dialplan adds number, caller and uuid: no variable can be set to a text with ${…} in it from outside.
    query: 'format=json',
    simulated: false,
  },
  { name: 'mod_httapi', extension: 'served-httapi', query: 'format=httapi', simulated: false },
] as const;

type Client = (typeof CLIENTS)[number];

function call(world: World, client: Client, entry: string, query: string = client.query): Promise<TestCall> {
  return world.call({
    url: `${world.daemon.httpOrigin}/v1/actions/${entry}?${query}`,
    extension: client.extension,
    variables: { origination_caller_id_number: '03012345' },
  });
}

for (const client of CLIENTS) {
  onEverySwitch(
    `a served flow and ${client.name}`,
    settings,
    ({ scenario }) => {
      scenario('bring digits and the results of transfers back', async (world) => {
        const { expect } = world;
        const served = await call(world, client, 'served');
        await served.begun('read');
        await served.digits('4711');
        await served.returned();
        const bridges = served.executed.filter(({ application }) => application === 'bridge');
        expect(bridges.map(({ data }) => data.replace(/^%\[.*\]/, ''))).toEqual([
          'user/busy',
          'user/operator',
        ]);
        expect(await served.get('cti_typed')).toBe('4711 of 03012345');
        expect(await served.get('cti_sorry')).toBeUndefined();
        expect(await served.get('cti_fallback')).toBeUndefined();
        await served.over();
      });

      scenario('ask again after too few digits, and give up in the end', async (world) => {
        const { expect } = world;
        const served = await call(world, client, 'served');
        await served.begun('read');
        await served.digits('1#');
        // What is said about it, as the prompt of the second question.
        await served.begun('read', /silence_stream:..80!silence_stream:..20000/);
        await served.digits('2#');
        await served.returned();
        expect(await served.get('cti_sorry')).toBe('true');
        expect(served.ran).not.toContain('bridge');
        await served.over();
      });

      scenario('take the fallback actions when the token is not right', async (world) => {
        const { expect } = world;
        const query = `${client.query}&token=1.AAAAAA.${'A'.repeat(80)}`;
        const served = await call(world, client, 'served', query);
        await served.returned();
        expect(await served.get('cti_fallback')).toBe('true');
        await served.over();
      });

      scenario('can have a static list between them', async (world) => {
        const { expect } = world;
        const served = await call(world, client, 'static');
        await served.returned();
        expect(await served.get('cti_static')).toBe('it is');
        await served.over();
      });

      scenario('end when the caller hangs up', async (world) => {
        const { expect } = world;
        const served = await call(world, client, 'served');
        await served.begun('read');
        await served.hangUp();
        await served.destroyed();
        expect(served.ran).not.toContain('bridge');
      });
    },
    { handOvers: ['socket'], ...(client.simulated ? {} : { on: 'FreeSWITCH' }) },
  );
}

onEverySwitch(
  'an entry and mod_curl alone, as in dialplan/examples/route-by-mod-curl.xml',
  {
    actions: {
      entries: {
        desks: {
          numbers: { 7004: [{ application: 'bridge', data: 'user/operator' }] },
          fallback_actions: [{ application: 'playback', data: 'ivr/ivr-no_route_destination.wav' }],
        },
        other: { list: [{ application: 'bridge', data: '${global_getvar(hostname)}' }] },
      },
    },
  },
  ({ scenario }) => {
    const dial = ({ call: place, daemon }: World, entries: string): Promise<TestCall> =>
      place({
        extension: '7004',
        context: 'examples',
        variables: {
          switchhook_actions: `${daemon.httpOrigin}${entries}`,
          origination_caller_id_number: '030#1',
        },
      });

    scenario('connect the caller with whom it names', async (world) => {
      const placed = await dial(world, '/v1/actions');
      await placed.begun('bridge', 'user/operator');
    });

    for (const [why, entries] of [
      ['there is no such path', '/v2/actions'],
      ['it answers what the dialplan does not know', '/v1/actions/other?x='],
      ['it is not there at all', ':1'],
    ] as const) {
      scenario(`have a route of their own when ${why}`, async (world) => {
        const placed = await dial(world, entries);
        await placed.begun('bridge', 'user/10002');
      });
    }
  },
  { handOvers: ['socket'], on: 'FreeSWITCH' },
);
