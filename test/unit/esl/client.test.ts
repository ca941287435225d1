import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppError } from '../../../src/errors.js';
import { EslClient, type EslClientOptions, type EslClientState } from '../../../src/esl/client.js';
import type { EslFrame } from '../../../src/esl/framing.js';
import {
  ScriptedListener,
  apiResponse,
  commandReply,
  jsonEvent,
  plainEvent,
  settled,
  type ScriptedPeer,
} from './scripted-peer.js';

let listener: ScriptedListener;
const clients: EslClient[] = [];

beforeEach(async () => {
  listener = await ScriptedListener.open();
});

afterEach(async () => {
  for (const client of clients.splice(0)) await client.stop();
  await listener.close();
});

function makeClient(options: Partial<EslClientOptions> = {}): {
  client: EslClient;
  states: EslClientState[];
} {
  const client = new EslClient({
    host: '127.0.0.1',
    port: listener.port,
    password: 'ClueCon',
    backoff: { initialMs: 10, maxMs: 20 },
    ...options,
  });
  const states: EslClientState[] = [];
  client.onState = (state) => states.push(state);
  clients.push(client);
  return { client, states };
}

/** Greets and accepts the password. */
async function acceptLogIn(peer: ScriptedPeer): Promise<string> {
  peer.say('Content-Type: auth/request\n\n');
  const [auth = ''] = await peer.lines(1);
  peer.say(commandReply('+OK accepted'));
  return auth;
}

async function connected(
  options: Partial<EslClientOptions> = {},
): Promise<{ client: EslClient; states: EslClientState[]; peer: ScriptedPeer }> {
  const made = makeClient(options);
  made.client.start();
  const peer = await listener.peer();
  await acceptLogIn(peer);
  await made.client.ready();
  return { ...made, peer };
}

async function refuseSubscription(peer: ScriptedPeer): Promise<void> {
  await acceptLogIn(peer);
  await peer.lines(1);
  peer.say(commandReply('-ERR no keywords supplied'));
}

describe('EslClient: log-in', () => {
  it('waits to be asked, gives the password, subscribes, and is ready', async () => {
    const { client, states } = makeClient({
      subscriptions: [{ line: 'event plain CHANNEL_PARK' }, { line: 'filter variable_cti_curl /^http/' }],
    });
    client.start();
    const ready = client.ready();
    const peer = await listener.peer();
    expect(await acceptLogIn(peer)).toBe('auth ClueCon');
    expect(await peer.lines(2)).toEqual(['event plain CHANNEL_PARK', 'filter variable_cti_curl /^http/']);
    await settled();
    expect(client.state.kind).toBe('connecting');
    peer.say(commandReply('+OK event listener enabled plain') + commandReply('+OK filter added.'));
    const connection = await ready;
    expect(connection.remoteAddress).toBe(`127.0.0.1:${listener.port}`);
    expect(await client.ready()).toBe(connection);
    expect(states.map((state) => state.kind)).toEqual(['connecting', 'connected']);
  });

  it('gives the password once, however often it is asked', async () => {
    const { client } = makeClient();
    client.start();
    const peer = await listener.peer();
    peer.say('Content-Type: auth/request\n\nContent-Type: auth/request\n\n');
    await peer.lines(1);
    peer.say(commandReply('+OK accepted'));
    await client.ready();
    expect(peer.received).toBe('auth ClueCon\n\n');
  });

  it('stops for good on a wrong password', async () => {
    const { client, states } = makeClient({ password: 'wrong-secret', random: () => 0 });
    client.start();
    const ready = client.ready();
    const peer = await listener.peer();
    peer.say('Content-Type: auth/request\n\n');
    await peer.lines(1);
    peer.say(
      `${commandReply('-ERR invalid')}Content-Type: text/disconnect-notice\nContent-Length: 4\n\nBye\n`,
    );
    peer.socket.end();
    await expect(ready).rejects.toMatchObject({ code: 'switch_auth_failed' });
    await peer.gone;
    await settled();
    expect(client.state).toMatchObject({ kind: 'refused', lastError: { code: 'switch_auth_failed' } });
    expect(client.state.lastError?.message).not.toContain('wrong-secret');
    await expect(client.ready()).rejects.toMatchObject({ code: 'switch_auth_failed' });
    await expect(client.api('status')).rejects.toMatchObject({
      code: 'switch_auth_failed',
      detail: 'FreeSWITCH said: -ERR invalid',
    });
    expect(states.map((state) => state.kind)).toEqual(['connecting', 'refused']);
    expect(listener.connections).toBe(1);
  });

  it('stops for good when its address is refused', async () => {
    const { client, states } = makeClient({ random: () => 0 });
    client.start();
    const ready = client.ready();
    const peer = await listener.peer();
    peer.say('Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n');
    peer.socket.end();
    await expect(ready).rejects.toMatchObject({ code: 'switch_acl_refused' });
    await settled();
    expect(states.map((state) => state.kind)).toEqual(['connecting', 'refused']);
    expect(listener.connections).toBe(1);
    expect(peer.received).toBe('');
  });

  it('tries again once it is started again', async () => {
    const { client } = makeClient();
    client.start();
    (await listener.peer()).say('Content-Type: text/rude-rejection\nContent-Length: 0\n\n');
    await expect(client.ready()).rejects.toMatchObject({ code: 'switch_acl_refused' });
    client.start();
    await acceptLogIn(await listener.peer());
    await client.ready();
    expect(client.state.kind).toBe('connected');
  });

  it('refuses a password or a subscription that cannot be sent', () => {
    expect(() => makeClient({ password: 'a\n\napi shutdown' })).toThrow('NUL');
    expect(() => makeClient({ subscriptions: [{ line: 'event plain\nALL' }] })).toThrow('NUL');
  });

  const strangers: [string, (peer: ScriptedPeer) => void, string, number?][] = [
    ['is not FreeSWITCH', (peer) => peer.say('SSH-2.0-OpenSSH_9.6\r\n'), 'switch_protocol'],
    ['says nothing', () => undefined, 'switch_timeout', 30],
    ['closes at once', (peer) => void peer.socket.end(), 'switch_unreachable'],
    ['does not accept a subscription', (peer) => void refuseSubscription(peer), 'switch_protocol'],
  ];

  it.each(strangers)(
    'comes back with back-off to a peer that %s',
    async (_what, behave, code, connectTimeoutMs) => {
      const { client, states } = makeClient({ connectTimeoutMs, subscriptions: [{ line: 'event plain X' }] });
      client.start();
      behave(await listener.peer());
      await listener.peer();
      expect(states.map((state) => state.kind).slice(0, 3)).toEqual(['connecting', 'waiting', 'connecting']);
      expect(states[1]?.lastError?.code).toBe(code);
    },
  );

  it('comes back when nothing listens', async () => {
    const port = listener.port;
    await listener.close();
    const { client, states } = makeClient({ port });
    client.start();
    await expect.poll(() => states.filter((state) => state.kind === 'waiting').length).toBeGreaterThan(1);
    expect(client.state.lastError?.code).toBe('switch_unreachable');
    expect(client.state.lastError?.message).toContain('ECONNREFUSED');
  });
});

describe('EslClient: commands', () => {
  it('gives the answer of an API command', async () => {
    const { client, peer } = await connected();
    const status = client.api('status');
    expect(await peer.lines(1)).toEqual(['api status']);
    peer.say(apiResponse('UP\n'));
    expect(await status).toBe('UP');
    await expect(client.api('status\n\nexit')).rejects.toMatchObject({ code: 'unsafe_command' });
  });

  it('is unreachable before it is connected', async () => {
    const { client } = makeClient();
    await expect(client.api('status')).rejects.toMatchObject({ code: 'switch_unreachable' });
    await expect(client.bgapi('status')).rejects.toMatchObject({ code: 'switch_unreachable' });
    await expect(client.ready()).rejects.toMatchObject({ code: 'switch_closed' });
  });

  /** Answers a bgapi as FreeSWITCH does, and gives the job's id. */
  async function acceptJob(peer: ScriptedPeer): Promise<EslFrame> {
    const job = await peer.command();
    const id = job.get('Job-UUID') ?? '';
    peer.say(`Content-Type: command/reply\nReply-Text: +OK Job-UUID: ${id}\nJob-UUID: ${id}\n\n`);
    return job;
  }

  it('gives the result of a job, subscribing to results once', async () => {
    const { client, peer } = await connected();
    const heard: string[] = [];
    client.onEvent = (event) => heard.push(`${event.name} ${event.get('Job-UUID') ?? ''}`);
    const first = client.bgapi('originate user/1 &park');
    expect(await peer.lines(1)).toEqual(['event plain BACKGROUND_JOB']);
    peer.say(commandReply('+OK event listener enabled plain'));
    const job = await acceptJob(peer);
    expect(job.firstLine).toBe('bgapi originate user/1 &park');
    peer.say(plainEvent({ 'Event-Name': 'BACKGROUND_JOB', 'Job-UUID': 'of-somebody-else' }, '+OK'));
    peer.say(
      plainEvent({ 'Event-Name': 'BACKGROUND_JOB', 'Job-UUID': job.get('Job-UUID') ?? '' }, '+OK abc\n'),
    );
    expect(await first).toBe('+OK abc');
    expect(heard).toEqual(['BACKGROUND_JOB of-somebody-else']);

    const second = client.bgapi('status');
    const id = (await peer.command()).get('Job-UUID') ?? '';
    // The result may come before the reply.
    peer.say(
      jsonEvent({ 'Event-Name': 'BACKGROUND_JOB', 'Job-UUID': id, _body: 'UP' }) +
        commandReply(`+OK Job-UUID: ${id}`),
    );
    expect(await second).toBe('UP');
  });

  it('lets the results pass its own filters', async () => {
    const { client } = makeClient({ subscriptions: [{ line: 'filter Event-Name CHANNEL_PARK' }] });
    client.start();
    const peer = await listener.peer();
    await acceptLogIn(peer);
    await peer.lines(1);
    peer.say(commandReply('+OK'));
    await client.ready();
    void client.bgapi('status').catch(() => undefined);
    expect(await peer.lines(2)).toEqual(['event plain BACKGROUND_JOB', 'filter Event-Name BACKGROUND_JOB']);
  });

  it('gives the refusal of a job, or its time-out', async () => {
    const { client, peer } = await connected({ jobTimeoutMs: 20 });
    const refused = client.bgapi('x');
    await peer.lines(1);
    peer.say(commandReply('+OK'));
    await peer.lines(1);
    peer.say(commandReply('-ERR permission denied'));
    expect(await refused).toBe('-ERR permission denied');

    const late = client.bgapi('y');
    await acceptJob(peer);
    await expect(late).rejects.toMatchObject({ code: 'switch_timeout' });
  });

  it('rejects a job whose connection is lost', async () => {
    const { client, peer } = await connected();
    const lost = client.bgapi('z');
    await peer.lines(1);
    peer.say(commandReply('+OK'));
    await acceptJob(peer);
    await settled();
    peer.socket.end();
    await expect(lost).rejects.toMatchObject({ code: 'switch_closed' });
  });

  it('subscribes to results anew after that failed', async () => {
    const { client, peer } = await connected();
    const connection = await client.ready();
    const failure = Promise.reject(new AppError('switch_timeout'));
    vi.spyOn(connection, 'sendBatch').mockReturnValueOnce([failure]);
    await expect(client.bgapi('x')).rejects.toMatchObject({ code: 'switch_timeout' });
    const again = client.bgapi('y');
    again.catch(() => undefined);
    expect(await peer.lines(1)).toEqual(['event plain BACKGROUND_JOB']);
  });

  it('hands on events', async () => {
    const { client, peer } = await connected();
    const next = new Promise((resolve) => (client.onEvent = (event) => resolve(event.name)));
    peer.say(plainEvent({ 'Event-Name': 'CHANNEL_PARK' }));
    expect(await next).toBe('CHANNEL_PARK');
  });
});

describe('EslClient: loss and end', () => {
  it('comes back, subscribes again, and repeats no command', async () => {
    const { client, states } = makeClient({ subscriptions: [{ line: 'event plain CHANNEL_PARK' }] });
    client.start();
    const first = await listener.peer();
    await acceptLogIn(first);
    await first.lines(1);
    first.say(commandReply('+OK'));
    await client.ready();
    const open = client.api('originate user/1 &park');
    expect(await first.lines(1)).toEqual(['api originate user/1 &park']);
    first.socket.resetAndDestroy();
    await expect(open).rejects.toMatchObject({ code: 'switch_closed' });

    const ready = client.ready();
    const second = await listener.peer();
    await acceptLogIn(second);
    expect(await second.lines(1)).toEqual(['event plain CHANNEL_PARK']);
    second.say(commandReply('+OK'));
    await ready;
    expect(second.received).toBe('auth ClueCon\n\nevent plain CHANNEL_PARK\n\n');
    expect(states.map((state) => state.kind)).toEqual([
      'connecting',
      'connected',
      'waiting',
      'connecting',
      'connected',
    ]);
    expect(states[2]?.lastError?.code).toBe('switch_closed');
  });

  it('backs off further from a switch that accepts and drops at once', async () => {
    const timers = vi.spyOn(globalThis, 'setTimeout');
    const { client } = makeClient({ backoff: { initialMs: 13, maxMs: 60_000 }, random: () => 0.999 });
    client.start();
    for (let i = 0; i < 4; i++) {
      const peer = await listener.peer();
      await acceptLogIn(peer);
      await client.ready();
      peer.socket.end();
      await peer.gone;
    }
    await listener.peer();
    const delays = timers.mock.calls.map(([, delayMs]) => delayMs);
    timers.mockRestore();
    expect(delays.filter((delayMs) => delayMs !== undefined && [12, 25, 51, 103].includes(delayMs))).toEqual([
      12, 25, 51, 103,
    ]);
  });

  it('is not connected when the log-in and the end come in one chunk', async () => {
    const { client, states } = makeClient({ backoff: { initialMs: 60_000, maxMs: 60_000 } });
    client.start();
    const peer = await listener.peer();
    peer.say('Content-Type: auth/request\n\n');
    await peer.lines(1);
    peer.say(`${commandReply('+OK accepted')}this is not the protocol\n`);
    await peer.gone;
    await settled();
    expect(states.map((state) => state.kind)).toEqual(['connecting', 'waiting']);
    expect(client.state.lastError?.code).toBe('switch_protocol');
  });

  it('subscribes to results of jobs on the new connection again', async () => {
    const { client, peer } = await connected();
    const before = client.bgapi('x');
    expect(await peer.lines(1)).toEqual(['event plain BACKGROUND_JOB']);
    peer.say(commandReply('+OK'));
    await peer.lines(1);
    peer.socket.end();
    await expect(before).rejects.toMatchObject({ code: 'switch_closed' });
    const second = await listener.peer();
    await acceptLogIn(second);
    await client.ready();
    client.bgapi('y').catch(() => undefined);
    expect(await second.lines(1)).toEqual(['event plain BACKGROUND_JOB']);
  });

  it('gives up a switch that says nothing any more, and comes back', async () => {
    const { client, states, peer } = await connected({ lookEveryMs: 15 });
    const open = client.api('status');
    expect(await peer.lines(1)).toEqual(['api status']);
    // What it tells by itself is no reply: our side of the network may be the broken one.
    const talk = setInterval(() => peer.say(plainEvent({ 'Event-Name': 'HEARTBEAT' })), 3);
    await expect(open).rejects.toMatchObject({ code: 'switch_closed' });
    clearInterval(talk);
    expect(states[2]).toMatchObject({ kind: 'waiting', lastError: { code: 'switch_timeout' } });
    const ready = client.ready();
    await acceptLogIn(await listener.peer());
    await ready;
  });

  it('asks a switch that has nothing to say, and stays', async () => {
    const { client, states, peer } = await connected({ lookEveryMs: 15 });
    for (let count = 0; count < 4; count += 1) {
      expect(await peer.lines(1)).toEqual(['api echo switchhook']);
      peer.say(apiResponse('switchhook'));
    }
    expect(client.state.kind).toBe('connected');
    expect(states).toHaveLength(2);
  });

  it('stops while connected', async () => {
    const { client, peer } = await connected();
    const open = client.api('status');
    await client.stop();
    await expect(open).rejects.toMatchObject({ code: 'switch_closed' });
    await peer.gone;
    expect(client.state.kind).toBe('stopped');
    await settled();
    expect(listener.connections).toBe(1);
  });

  it('stops while it waits to connect again', async () => {
    const { client, states } = makeClient({ backoff: { initialMs: 60_000, maxMs: 60_000 } });
    client.start();
    const ready = client.ready();
    (await listener.peer()).socket.end();
    await expect.poll(() => states.at(-1)?.kind).toBe('waiting');
    await client.stop();
    await expect(ready).rejects.toMatchObject({ code: 'switch_closed' });
    expect(client.state.kind).toBe('stopped');
  });

  it('stops in the middle of the log-in', async () => {
    const { client } = makeClient();
    client.start();
    const peer = await listener.peer();
    peer.say('Content-Type: auth/request\n\n');
    await peer.lines(1);
    await client.stop();
    await peer.gone;
    await settled();
    expect(client.state.kind).toBe('stopped');
    expect(listener.connections).toBe(1);
  });
});
