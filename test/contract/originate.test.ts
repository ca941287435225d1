import { EventStream } from '../support/event-stream.js';
import { eventually } from '../support/eventually.js';
import { summaryOf } from '../support/test-daemon.js';
import { onEverySwitch, type World } from './suite.js';

interface Answer {
  readonly status: number;
  readonly replayed: boolean;
  readonly body: {
    readonly id: string;
    readonly state: string;
    readonly uuid?: string;
    readonly cause?: string;
    readonly error?: { readonly code: string; readonly detail: string };
  };
}

async function ask(
  world: World,
  path: string,
  { body, key }: { readonly body?: object; readonly key?: string } = {},
): Promise<Answer> {
  const response = await fetch(`${world.daemon.httpOrigin}/v1${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(key === undefined ? {} : { 'idempotency-key': key }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return {
    status: response.status,
    replayed: response.headers.get('idempotent-replayed') === 'true',
    body: (await response.json()) as Answer['body'],
  };
}

function originate(world: World, body: object, key?: string): Promise<Answer> {
  return ask(world, '/calls', { body, ...(key === undefined ? {} : { key }) });
}

/** Channels that were made for a call which was placed. */
async function channels(world: World): Promise<string> {
  return world.switch.api('show channels as json');
}

async function hungUp(world: World, uuid: string): Promise<void> {
  await world.switch.api(`uuid_kill ${uuid}`);
}

function closed(stream: EventStream): Promise<void> {
  stream.close();
  return Promise.resolve();
}

const PLAYED = [
  { application: 'playback', data: 'silence_stream://200' },
  { application: 'hangup', data: 'NORMAL_CLEARING' },
];

onEverySwitch(
  'a call that is placed',
  {},
  ({ scenario }) => {
    scenario('gets the actions of an app when somebody answers', async (world) => {
      const { expect, app, daemon } = world;
      const route = app.list(PLAYED);
      const { status, body } = await originate(world, { to: 'user/10001', url: route.url });
      expect({ status, state: body.state }).toEqual({ status: 200, state: 'answered' });
      const record = await daemon.record(body.uuid ?? '');
      expect(summaryOf(record)).toEqual(['playback ok', 'hangup ok']);
      expect(route.requests).toHaveLength(1);
      expect((await ask(world, `/originations/${body.id}`)).body).toEqual(body);
    });

    scenario('gets actions, and then goes where it is sent', async (world) => {
      const { expect, daemon } = world;
      const actions = [{ application: 'playback', data: 'silence_stream://100' }];
      const then = { extension: 'parking', context: 'elsewhere' };
      const { body } = await originate(world, { to: 'user/10001', actions, policy: 'suite', then });
      const uuid = body.uuid ?? '';
      world.cleanUpWith(() => hungUp(world, uuid));
      expect(summaryOf(await daemon.record(uuid))).toEqual(['playback ok']);
      await eventually('it to arrive', async () =>
        (await world.switch.api(`uuid_getvar ${uuid} arrived`)) === 'parking' ? true : undefined,
      );
      // What kept it from being left behind is not what ends it now.
      expect(await world.switch.api(`uuid_getvar ${uuid} park_timeout`)).toBe('_undef_');
    });

    scenario('gets an extension of the dialplan', async (world) => {
      const { expect } = world;
      const extension = { extension: 'parking', context: 'elsewhere' };
      const { body } = await originate(world, { to: 'user/10001', extension });
      const uuid = body.uuid ?? '';
      world.cleanUpWith(() => hungUp(world, uuid));
      expect(body.state).toBe('answered');
      await eventually('it to arrive', async () =>
        (await world.switch.api(`uuid_getvar ${uuid} arrived`)) === 'parking' ? true : undefined,
      );
    });

    scenario('that nobody takes says why', async (world) => {
      const { expect, app } = world;
      const route = app.list(PLAYED);
      const busy = await originate(world, { to: 'user/busy', url: route.url });
      expect(busy).toMatchObject({ status: 200, body: { state: 'failed', cause: 'USER_BUSY' } });
      const refuses = await originate(world, { to: 'user/refuses', url: route.url });
      expect(refuses.body).toMatchObject({ state: 'failed', cause: 'CALL_REJECTED' });
      const silent = await originate(world, { to: 'user/silent', url: route.url, timeout_s: 1 });
      expect(silent.body).toMatchObject({ state: 'failed', cause: 'NO_ANSWER' });
      const nobody = await originate(world, { to: 'user/nobody', url: route.url });
      expect(nobody.body).toMatchObject({ state: 'failed', cause: 'SUBSCRIBER_ABSENT' });
      expect(route.requests).toEqual([]);
    });

    scenario('is taken back while it rings', async (world) => {
      const { expect, app } = world;
      const begun = await originate(world, { to: 'user/silent', url: app.list(PLAYED).url, wait: false });
      expect(begun.body.state).toBe('dialling');
      const { id } = begun.body;
      await eventually('it to ring', async () =>
        (await channels(world)).includes('agent-silent') ? true : undefined,
      );
      const cancelled = await ask(world, `/originations/${id}/cancel`, { body: {} });
      expect(cancelled.body.state).toBe('cancelled');
      expect((await ask(world, `/originations/${id}`)).body.state).toBe('cancelled');
      const again = await ask(world, `/originations/${id}/cancel`, { body: {} });
      expect(again.body).toEqual(cancelled.body);
    });

    scenario('is placed once, however often it is asked for with one key', async (world) => {
      const { expect, app, daemon } = world;
      const route = app.list(PLAYED);
      const key = `once-${world.kind}`;
      const order = { to: 'user/10001', url: route.url };
      const all = await Promise.all([originate(world, order, key), originate(world, order, key)]);
      const later = await originate(world, order, key);
      expect(new Set([...all, later].map(({ body }) => body.id)).size).toBe(1);
      expect(later.replayed).toBe(true);
      await daemon.record(later.body.uuid ?? '');
      expect(route.requests).toHaveLength(1);
      const other = await originate(world, { ...order, to: 'user/10002' }, key);
      expect(other.status).toBe(422);
    });

    scenario('goes nowhere where the policy does not let it', async (world) => {
      const { expect, app } = world;
      const { url } = app.list(PLAYED);
      for (const to of [
        'sofia/internal/1000@evil.example',
        'sofia/gateway/carrier/4930123456',
        'loopback/app=system:id',
        'loopback/agent-answers/agents/XML',
        '{execute_on_answer=hangup}user/10001',
        '{origination_caller_id_number=110}user/10001',
        'user/${system(id)}',
        '{x=${system(id)}}user/10001',
        'user/10001 &hangup()',
        'user/10001\napi hupall',
        "{leg_timeout='5 5'}user/10001",
        '{cti_dial=x}user/10001',
        '{originate_timeout=3600}user/10001',
        '{park_timeout=3600}user/10001',
        '',
      ]) {
        const { status, body } = await originate(world, { to, url });
        expect([to, [400, 403].includes(status), body.state]).toEqual([to, true, undefined]);
      }
      for (const more of [
        { caller_number: '4930' },
        { caller_name: 'Alice' },
        { policy: 'none' },
        { url: 'nothing such' },
        { flow: 'x' },
        { timeout_s: 301 },
        { extension: { extension: '-both' }, url: undefined },
        { extension: { extension: 'system:id', dialplan: 'inline' }, url: undefined },
      ]) {
        const { status } = await originate(world, { to: 'user/10001', url, ...more });
        expect([more, [400, 403, 404].includes(status)]).toEqual([more, true]);
      }
      // Nothing of it reached the switch.
      expect((await ask(world, '/originations')).status).toBe(200);
    });

    scenario('shows the caller id that its policy allows', async (world) => {
      const { expect } = world;
      const daemon = await world.anotherDaemon({
        switches: {
          main: {
            host: '127.0.0.1',
            port: world.switch.eventSocketPort,
            password: world.switch.eventSocketPassword,
            attach: false,
          },
        },
        policies: { desk: { caller_id: { numbers: ['49301.*'], names: ['.*'] } } },
      });
      await daemon.ready();
      const there = { ...world, daemon };
      const order = {
        to: 'user/10001',
        policy: 'desk',
        extension: { extension: 'parking', context: 'elsewhere' },
      };
      const shown = await originate(there, {
        ...order,
        caller_number: '4930123',
        caller_name: 'Sales & more',
      });
      const uuid = shown.body.uuid ?? '';
      world.cleanUpWith(() => hungUp(world, uuid));
      expect(shown.body.state).toBe('answered');
      // At the far side.
      const callee = await world.switch.events.first(
        'of the callee',
        (event) =>
          event.get('Event-Name') === 'CHANNEL_ANSWER' && event.get('Caller-Caller-ID-Number') === '4930123',
      );
      expect(callee.get('Caller-Caller-ID-Name')).toBe('Sales & more');
      expect(await originate(there, { ...order, caller_number: '110' })).toMatchObject({ status: 403 });
    });

    scenario('is told of to whoever reads the events, and so is everything on it', async (world) => {
      const { expect, app, daemon } = world;
      const stream = await EventStream.open(
        `${daemon.httpOrigin}/v1/events?types=call.*,action.*,origination.*`,
      );
      world.cleanUpWith(() => closed(stream));
      await stream.first('hello', ({ event }) => event === 'hello');
      const { body } = await originate(world, { to: 'user/10001', url: app.list(PLAYED).url });
      const uuid = body.uuid ?? '';
      const ended = await stream.first(
        'of its end',
        ({ event, data }) => event === 'call.ended' && data['uuid'] === uuid,
      );
      expect(ended.data).toMatchObject({ result: 'done', type: 'call.ended' });
      const types = stream
        .of(uuid)
        .map(({ event }) => event)
        .filter((event) => event !== 'origination.answered');
      expect(types).toEqual(['call.started', 'action.completed', 'action.completed', 'call.ended']);
      expect(
        stream.events.filter(({ data, event }) => data['id'] === undefined && event !== 'hello'),
      ).toEqual([]);
      const started = stream.events.find(({ event }) => event === 'origination.started');
      expect(started?.data).toMatchObject({ state: 'dialling' });
      const [first] = stream.of(uuid);
      const again = await EventStream.open(`${daemon.httpOrigin}/v1/events?uuid=${uuid}`, {
        'last-event-id': first?.id ?? '',
      });
      world.cleanUpWith(() => closed(again));
      await again.first('of its end, again', ({ event }) => event === 'call.ended');
      expect(again.of(uuid).map(({ id }) => id)).not.toContain(first?.id);
      expect(again.of(uuid).at(-1)).toEqual(ended);
    });
  },
  // They are calls of the daemon's own: nobody hands them over.
  { handOvers: ['parked'] },
);
