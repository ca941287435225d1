import { afterEach, describe, expect, it } from 'vitest';
import type { AppError } from '../../../src/errors.js';
import { EslServer, type EslServerOptions, type EslSocketCall } from '../../../src/esl/server.js';
import { channelData, commandReply, connectPeer, settled, type ScriptedPeer } from './scripted-peer.js';

interface Harness {
  readonly server: EslServer;
  readonly port: number;
  readonly calls: EslSocketCall[];
  readonly errors: { code: string; detail: string; from: string }[];
  /** The next call that is handed over. */
  readonly call: () => Promise<EslSocketCall>;
  readonly error: () => Promise<{ code: string; detail: string; from: string }>;
}

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function open(options: Partial<EslServerOptions> = {}): Promise<Harness> {
  const calls: EslSocketCall[] = [];
  const errors: Harness['errors'] = [];
  const onCalls: ((call: EslSocketCall) => void)[] = [];
  const onErrors: ((error: Harness['errors'][number]) => void)[] = [];
  const server = new EslServer({
    host: '127.0.0.1',
    port: 0,
    onCall: (call) => {
      calls.push(call);
      onCalls.shift()?.(call);
    },
    onError: (error: AppError, from) => {
      const seen = { code: error.code, detail: error.detail, from };
      errors.push(seen);
      onErrors.shift()?.(seen);
    },
    ...options,
  });
  const { port } = await server.listen();
  closers.push(async () => {
    await server.close();
    for (const call of calls) call.connection.destroy();
  });
  return {
    server,
    port,
    calls,
    errors,
    call: () => new Promise((resolve) => onCalls.push(resolve)),
    error: () => new Promise((resolve) => onErrors.push(resolve)),
  };
}

async function connect(port: number): Promise<ScriptedPeer> {
  const peer = await connectPeer(port);
  closers.push(() => {
    peer.socket.destroy();
    return peer.gone;
  });
  return peer;
}

describe('EslServer', () => {
  it('asks for the channel data and takes over a synchronous call', async () => {
    const { port, server, call } = await open();
    const next = call();
    const peer = await connect(port);
    expect(await peer.lines(2)).toEqual(['connect', 'linger 10']);
    expect(peer.received).toBe('connect\n\nlinger 10\n\n');
    await peer.sayByteByByte(channelData({ variable_socket_path: 'curl/main' }));
    const { connection, ...taken } = await next;
    expect(taken).toMatchObject({
      uuid: '8c1b7d2e-5f64-4b0a-9d59-000000000001',
      mode: 'sync',
      full: true,
      path: 'curl/main',
    });
    expect(taken.data.get('Caller-Caller-ID-Name')).toBe('Zoë');
    expect(server.connections).toBe(1);

    const reply = connection.send({ line: 'getvar a' });
    expect(await peer.lines(1)).toEqual(['getvar a']);
    peer.say(commandReply('+OK will linger 10 seconds') + commandReply('1'));
    expect((await reply).text).toBe('1');
    peer.socket.end();
    await connection.closed;
    expect(server.connections).toBe(0);
  });

  it('takes over an asynchronous one, and one without full and path', async () => {
    const { port, call } = await open();
    const next = call();
    const peer = await connect(port);
    peer.say(
      channelData({ 'Socket-Mode': 'async', Control: 'single-channel' }) +
        commandReply('-ERR command not found'),
    );
    expect(await next).toMatchObject({ mode: 'async', full: false, path: '' });
  });

  it('takes many at a time', async () => {
    const { port, calls, server } = await open();
    const peers = await Promise.all(Array.from({ length: 50 }, () => connect(port)));
    for (const [i, peer] of peers.entries())
      peer.say(channelData({ 'Unique-ID': `call-${i}` }) + commandReply('+OK'));
    for (const peer of peers) await peer.lines(2);
    await expect.poll(() => calls.length).toBe(50);
    expect(new Set(calls.map((call) => call.uuid)).size).toBe(50);
    expect(server.connections).toBe(50);
  });

  it.each([
    ['speaks HTTP', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['speaks TLS', '\x16\x03\x01\x00\xa5\x01\x00\x00\xa1'],
    ['answers without the data of a channel', commandReply('+OK')],
    [
      'wants to be logged in to',
      'Content-Type: auth/request\n\nContent-Type: command/reply\nReply-Text: -ERR\n\n',
    ],
    ['has a uuid of several words', channelData({ 'Unique-ID': 'a%20b' })],
    ['has a uuid of several lines', channelData({ 'Unique-ID': 'a%0A%0Aexit' })],
    ['has no uuid', channelData({ 'Unique-ID': '_undef_' })],
  ])('drops a peer that %s', async (_what, says) => {
    const { port, server, calls, error } = await open();
    const next = error();
    const peer = await connect(port);
    peer.say(Buffer.from(says, 'latin1'));
    const seen = await next;
    expect(seen.code).toBe('switch_protocol');
    expect(seen.from).toMatch(/^127\.0\.0\.1:\d+$/);
    await peer.gone;
    expect(calls).toEqual([]);
    expect(server.connections).toBe(0);
  });

  it('drops a peer that says nothing', async () => {
    const { port, calls, error } = await open({ connectTimeoutMs: 20 });
    const next = error();
    const peer = await connect(port);
    expect((await next).code).toBe('switch_timeout');
    await peer.gone;
    expect(calls).toEqual([]);
  });

  it('drops a peer that stops in the middle of its introduction', async () => {
    const { port, calls, error } = await open({ connectTimeoutMs: 20, exactVariables: ['cti_curl'] });
    const next = error();
    const peer = await connect(port);
    peer.say(channelData({ variable_cti_curl: 'a%20b' }) + commandReply('+OK will linger 10 seconds'));
    expect((await next).code).toBe('switch_timeout');
    await peer.gone;
    expect(calls).toEqual([]);
  });

  it('asks for an exact value that may be encoded', async () => {
    const { port, call } = await open({ exactVariables: ['cti_curl', 'other'] });
    const next = call();
    const peer = await connect(port);
    const described = { variable_cti_curl: 'a%20b', variable_other: 'plain' };
    peer.say(channelData(described) + commandReply('+OK will linger 10 seconds'));
    expect(await peer.lines(4)).toEqual(['connect', 'linger 10', 'getvar cti_curl', 'getvar other']);
    peer.say(commandReply('a%20b') + commandReply('plain'));
    expect([...(await next).variables]).toEqual([
      ['other', 'plain'],
      ['cti_curl', 'a%20b'],
    ]);
  });

  it('does not ask for a value that is not encoded', async () => {
    const { port, call } = await open({ exactVariables: ['cti_curl'] });
    const next = call();
    const peer = await connect(port);
    peer.say(channelData({ variable_cti_curl: 'main' }));
    expect([...(await next).variables]).toEqual([['cti_curl', 'main']]);
    expect(peer.received).toBe('connect\n\nlinger 10\n\n');
  });

  it('asks together with connect when the call before left it open, and only then', async () => {
    const { port, call } = await open({ exactVariables: ['cti_curl'] });
    const OPENING = 'connect\n\nlinger 10\n\n';
    const encoded = channelData({ variable_cti_curl: 'http%3A//a/' });
    const lingers = commandReply('+OK will linger 10 seconds');
    const taken = async (says: string, sent: string, answer = ''): Promise<readonly string[]> => {
      const next = call();
      const peer = await connect(port);
      peer.say(says);
      await peer.lines(sent.split('\n\n').length - 1);
      expect(peer.received).toBe(sent);
      peer.say(answer);
      return [...(await next).variables.values()];
    };
    const exact = commandReply('http://a/');
    const later = await taken(encoded + lingers, `${OPENING}getvar cti_curl\n\n`, exact);
    expect(later).toEqual(['http://a/']);
    // All at once: nothing more is asked.
    expect(await taken(encoded + lingers + exact, `${OPENING}getvar cti_curl\n\n`)).toEqual(['http://a/']);
    // Asked in vain: the answer is not waited for.
    const plain = channelData({ variable_cti_curl: 'main' });
    expect(await taken(plain + lingers, `${OPENING}getvar cti_curl\n\n`)).toEqual(['main']);
    expect(await taken(plain + lingers, OPENING)).toEqual(['main']);
  });

  it('drops a peer that sends endlessly, without a call', async () => {
    const { port, calls, error } = await open({ limits: { maxHeaderBytes: 1_000 } });
    const next = error();
    const peer = await connect(port);
    peer.say('A: b\n'.repeat(1_000));
    expect((await next).code).toBe('switch_protocol');
    await peer.gone;
    expect(calls).toEqual([]);
  });

  it('reports a peer that leaves before it is a call', async () => {
    const { port, error } = await open();
    const next = error();
    const peer = await connect(port);
    await peer.lines(2);
    peer.socket.end();
    expect((await next).code).toBe('switch_closed');
  });

  it('survives an owner that fails to take a call', async () => {
    let failed = false;
    const { port, error } = await open({
      onCall: () => {
        failed = true;
        throw new Error('defect in the owner');
      },
    });
    const next = error();
    const peer = await connect(port);
    peer.say(channelData());
    expect(await next).toMatchObject({
      code: 'internal',
      detail: expect.stringContaining('defect in the owner') as string,
    });
    await peer.gone;
    expect(failed).toBe(true);
  });

  it('stops accepting on close, drops what is no call yet and leaves calls alone', async () => {
    const { port, server, call } = await open();
    const next = call();
    const peer = await connect(port);
    peer.say(channelData() + commandReply('+OK'));
    const { connection } = await next;
    const early = await connect(port);
    await early.lines(2);
    await server.close();
    await early.gone;
    await expect(connectPeer(port)).rejects.toThrow('ECONNREFUSED');
    const reply = connection.send({ line: 'getvar a' });
    peer.say(commandReply('1'));
    expect((await reply).text).toBe('1');
    await server.close();
    await settled();
    expect(server.connections).toBe(1);
  });

  it('says that its address is taken', async () => {
    const { port } = await open();
    const second = new EslServer({ host: '127.0.0.1', port, onCall: () => undefined });
    await expect(second.listen()).rejects.toMatchObject({ code: 'listen_failed' });
    await second.close();
  });
});
