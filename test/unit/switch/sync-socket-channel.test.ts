import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EslSocketCall } from '../../../src/esl/server.js';
import { EslServer } from '../../../src/esl/server.js';
import type { Segment } from '../../../src/switch/channel.js';
import { SyncSocketChannel } from '../../../src/switch/sync-socket-channel.js';
import { channelData, commandReply, connectPeer, settled, type ScriptedPeer } from '../esl/scripted-peer.js';

const realTimeout = setTimeout;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const HEADERS = { 'Event-Name': 'CHANNEL_DATA', 'Unique-ID': 'a-call' };

async function taken(
  headers: Readonly<Record<string, string>> = {},
): Promise<{ channel: SyncSocketChannel; peer: ScriptedPeer; close: () => void }> {
  let take: (call: EslSocketCall) => void = () => undefined;
  const call = new Promise<EslSocketCall>((resolve) => (take = resolve));
  const server = new EslServer({ host: '127.0.0.1', port: 0, onCall: take });
  const { port } = await server.listen();
  const peer = await connectPeer(port);
  await peer.lines(2);
  peer.say(channelData({ ...HEADERS, ...headers }) + commandReply('+OK will linger'));
  const channel = new SyncSocketChannel(await call);
  const close = (): void => {
    peer.socket.destroy();
    void server.close();
  };
  return { channel, peer, close };
}

const SLEEP = { application: 'sleep', data: '60000' };
const segment = (more: Partial<Segment>): Segment => ({
  steps: [],
  before: {},
  after: {},
  release: false,
  ...more,
});

describe('a synchronous channel whose connection swallows everything', () => {
  it.each([
    ['a list is handed over', segment({ steps: [SLEEP], before: { cti_state: 'x' } })],
    ['it is given back', segment({ after: { cti_status: 'done' }, release: true })],
  ])('is lost when %s', async (_what, given) => {
    const { channel, peer, close } = await taken();
    const running = channel.run(given);
    await peer.command();
    vi.advanceTimersByTime(20_000);
    const { end } = await running;
    expect(end).toEqual({ kind: 'lost', detail: 'No reply to sendmsg within 20000 ms.' });
    await peer.gone;
    close();
  });

  it('is lost while the caller waits for an answer', async () => {
    const { channel, peer, close } = await taken();
    const waiting = channel.wait(undefined);
    await peer.command();
    vi.advanceTimersByTime(20_000);
    expect((await waiting).kind).toBe('lost');
    close();
  });

  it('is not lost while a list runs, however long', async () => {
    const { channel, peer, close } = await taken();
    const running = channel.run(segment({ steps: [SLEEP], before: { cti_state: 'x' } }));
    await peer.command();
    peer.say(commandReply('+OK'));
    await peer.command();
    await settled();
    vi.advanceTimersByTime(3_600_000);
    await settled();
    expect(channel.gone.aborted).toBe(false);
    peer.socket.end();
    expect((await running).end.kind).toBe('lost');
    close();
  });

  it('is not lost when it was us who stood still: the reply is there by then', async () => {
    const { channel, peer, close } = await taken();
    const waiting = channel.wait(undefined);
    await peer.lines(2);
    // The process goes on: its timers come first, and what has arrived meanwhile is read behind them.
    await new Promise<void>((resolve) => realTimeout(resolve, 1));
    peer.say(commandReply('+OK') + commandReply('-ERR command not found'));
    vi.advanceTimersByTime(20_000);
    await peer.command();
    peer.say('Content-Type: api/response\nContent-Length: 7\n\n_undef_');
    expect((await waiting).kind).toBe('moved');
    close();
  });
});

describe('what an application leaves, and was there before,', () => {
  const BRIDGE = segment({ steps: [{ application: 'bridge', data: 'user/1' }] });
  /** The applications that the peer is told to run, up to the list itself, and their data. */
  async function sent(peer: ScriptedPeer): Promise<string[]> {
    const told: string[] = [];
    for (;;) {
      const command = await peer.command();
      if (command.get('execute-app-name') === undefined) continue;
      told.push(`${command.get('execute-app-name')} ${command.bodyText}`.slice(0, 80));
      if (command.get('execute-app-name') === 'execute_extension') return told;
    }
  }

  it.each([
    ['is cleared', { variable_Bridge_Hangup_Cause: 'USER_BUSY' }, ['multiset ^^!bridge_hangup_cause=']],
    ['is not, where it has no value', {}, []],
    [
      'is, where its value is empty',
      { variable_last_bridge_hangup_cause: '_undef_' },
      ['multiset ^^!last_bridge_hangup_cause='],
    ],
  ])('%s', async (_what, headers, expected) => {
    const { channel, peer, close } = await taken(headers);
    void channel.run(BRIDGE);
    expect((await sent(peer)).slice(0, -1)).toEqual(expected);
    close();
  });

  it('is cleared once something has run on the channel', async () => {
    const { channel, peer, close } = await taken();
    void channel.run(segment({ steps: [SLEEP] }));
    expect(await sent(peer)).toHaveLength(1);
    void channel.run(BRIDGE);
    expect((await sent(peer))[0]).toBe('multiset ^^!bridge_hangup_cause=!last_bridge_hangup_cause=');
    close();
  });
});

describe('a synchronous channel', () => {
  it.each([
    ['127.0.0.1:8084 full again', true],
    ['127.0.0.1:8084 full', false],
    ['again full', false],
  ])('reads in "%s" whether it comes again', async (data, again) => {
    const { channel, close } = await taken({
      variable_current_application_data: encodeURIComponent(data),
    });
    expect(channel.again).toBe(again);
    close();
  });
});
