import net from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppError } from '../../../src/errors.js';
import {
  EslConnection,
  execute,
  type EslCommand,
  type EslConnectionOptions,
  type EslNotice,
} from '../../../src/esl/connection.js';
import {
  ScriptedListener,
  apiResponse,
  channelData,
  commandReply,
  jsonEvent,
  plainEvent,
  settled,
  type ScriptedPeer,
} from './scripted-peer.js';

let listener: ScriptedListener;
let sockets: net.Socket[];

beforeEach(async () => {
  listener = await ScriptedListener.open();
  sockets = [];
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await listener.close();
});

async function connect(
  options?: EslConnectionOptions,
): Promise<{ connection: EslConnection; peer: ScriptedPeer; socket: net.Socket }> {
  const socket = net.connect({ host: '127.0.0.1', port: listener.port });
  sockets.push(socket);
  const connection = new EslConnection(socket, options);
  return { connection, peer: await listener.peer(), socket };
}

async function failureOf(promise: Promise<unknown> | undefined): Promise<AppError> {
  const error: unknown = await promise?.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof AppError)) throw new Error('expected an AppError');
  return error;
}

describe('EslConnection: commands and replies', () => {
  it('writes a batch in one write and matches the replies in their order', async () => {
    const { connection, peer, socket } = await connect();
    const write = vi.spyOn(socket, 'write');
    const replies = connection.sendBatch([
      { line: 'getvar a' },
      { line: 'api status' },
      { line: 'getvar b' },
    ]);
    expect(write).toHaveBeenCalledTimes(1);
    expect(await peer.lines(3)).toEqual(['getvar a', 'api status', 'getvar b']);
    peer.say(commandReply('1') + apiResponse('\nUP\n') + commandReply('-ERR command not found'));
    const [a, status, b] = await Promise.all(replies);
    expect(a).toMatchObject({ ok: true, text: '1' });
    expect(status).toMatchObject({ ok: true, text: 'UP' });
    expect(status?.frame.bodyText).toBe('\nUP\n');
    expect(b).toMatchObject({ ok: false, text: '-ERR command not found' });
  });

  it('gives the replies of an exchange together, in their order', async () => {
    const { connection, peer, socket } = await connect();
    const write = vi.spyOn(socket, 'write');
    const replies = connection.exchange([{ line: 'getvar a' }, { line: 'getvar b' }]);
    const after = connection.send({ line: 'getvar c' });
    expect(write).toHaveBeenCalledTimes(2);
    await peer.lines(3);
    peer.say(commandReply('1') + commandReply('2') + commandReply('3'));
    expect((await replies).map(({ text }) => text)).toEqual(['1', '2']);
    expect((await after).text).toBe('3');
    expect(await connection.exchange([])).toEqual([]);
  });

  it('rejects an exchange of which one command is unsafe, comes too late or is left open', async () => {
    const { connection, peer, socket } = await connect();
    const write = vi.spyOn(socket, 'write');
    const unsafe = connection.exchange([{ line: 'getvar a' }, { line: 'getvar b\n\nexit' }]);
    expect((await failureOf(unsafe)).code).toBe('unsafe_command');
    expect(write).not.toHaveBeenCalled();
    const late = connection.exchange([{ line: 'getvar a' }, { line: 'getvar b', timeoutMs: 20 }]);
    await peer.lines(2);
    peer.say(commandReply('1'));
    expect((await failureOf(late)).code).toBe('switch_timeout');
    // The place of the late one is kept: its reply is not another command's.
    const next = connection.send({ line: 'getvar c' });
    peer.say(commandReply('2') + commandReply('3'));
    expect((await next).text).toBe('3');
    const open = connection.exchange([{ line: 'getvar d' }, { line: 'getvar e' }]);
    connection.destroy();
    expect((await failureOf(open)).code).toBe('switch_closed');
    expect((await failureOf(connection.exchange([{ line: 'getvar f' }]))).code).toBe('switch_closed');
  });

  it('does not take events, notices, log lines and others for replies', async () => {
    const { connection, peer } = await connect();
    const events: string[] = [];
    const notices: EslNotice['disposition'][] = [];
    const others: string[] = [];
    connection.onEvent = (event) => events.push(event.name);
    connection.onNotice = (notice) => notices.push(notice.disposition);
    connection.onOther = (frame) => others.push(frame.contentType);
    const replies = connection.sendBatch([{ line: 'getvar a' }, { line: 'getvar b' }]);
    peer.say(
      [
        'Content-Type: auth/request\n\n',
        plainEvent({ 'Event-Name': 'CHANNEL_ANSWER' }),
        'Content-Type: log/data\nContent-Length: 3\nLog-Level: 4\n\nlog',
        commandReply('1'),
        jsonEvent({ 'Event-Name': 'CHANNEL_HANGUP' }),
        'Content-Length: 8\nContent-Type: text/event-xml\n\n<event/>',
        'Content-Type: text/disconnect-notice\nContent-Disposition: linger\nContent-Length: 0\n\n',
        commandReply('2'),
        'Content-Type: text/disconnect-notice\nContent-Length: 4\n\nBye\n',
      ].join(''),
    );
    expect((await Promise.all(replies)).map((reply) => reply.text)).toEqual(['1', '2']);
    await settled();
    expect(events).toEqual(['CHANNEL_ANSWER', 'CHANNEL_HANGUP']);
    expect(notices).toEqual(['linger', 'disconnect']);
    expect(others).toEqual(['auth/request']);
  });

  it('gives a reply as it was sent, but that of connect decoded', async () => {
    const { connection, peer } = await connect();
    const replies = connection.sendBatch([{ line: 'getvar x' }, { line: 'connect' }]);
    peer.say(commandReply('http%3A//x/é 100%25') + channelData());
    const [value, data] = await Promise.all(replies);
    expect(value?.text).toBe('http%3A//x/é 100%25');
    expect(data).toMatchObject({ ok: true, text: '+OK' });
    expect(data?.frame.get('Caller-Caller-ID-Name')).toBe('Zoë');
  });

  it('reads replies that come byte by byte', async () => {
    const { connection, peer } = await connect();
    const replies = connection.sendBatch([{ line: 'api x' }, { line: 'getvar y' }]);
    await peer.sayByteByByte(apiResponse('Zoë ☎') + commandReply('📞'));
    expect((await Promise.all(replies)).map((reply) => reply.text)).toEqual(['Zoë ☎', '📞']);
  });

  it('sends headers and a body with its length in bytes', async () => {
    const { connection, peer } = await connect();
    void connection.send(execute('playback', 'Zoë ☎\nsecond line', { eventLock: true, eventUuid: 'my-id' }));
    const command = await peer.command();
    expect(command.firstLine).toBe('sendmsg');
    expect(command.get('call-command')).toBe('execute');
    expect(command.get('execute-app-name')).toBe('playback');
    expect(command.get('event-lock')).toBe('true');
    expect(command.get('event-uuid')).toBe('my-id');
    expect(command.get('content-type')).toBe('text/plain');
    expect(command.get('content-length')).toBe('20');
    expect(command.bodyText).toBe('Zoë ☎\nsecond line');
  });

  it('sends no body where an application has no data', async () => {
    const { connection, peer } = await connect();
    void connection.send(execute('answer', '', { uuid: 'a-b-c' }));
    await peer.command();
    expect(peer.received).toBe('sendmsg a-b-c\ncall-command: execute\nexecute-app-name: answer\n\n');
  });
});

describe('EslConnection: what it does not send', () => {
  const unsafe: [string, EslCommand][] = [
    ['LF in the line', { line: 'api status\n\napi shutdown' }],
    ['CR in the line', { line: 'api status\rapi shutdown' }],
    ['NUL in the line', { line: 'api status\0' }],
    ['an empty line', { line: '' }],
    ['LF in a header name', { line: 'sendmsg', headers: { 'a\nb': 'c' } }],
    ['CR in a header name', { line: 'sendmsg', headers: { 'a\rb': 'c' } }],
    ['NUL in a header name', { line: 'sendmsg', headers: { 'a\0b': 'c' } }],
    ['a colon in a header name', { line: 'sendmsg', headers: { 'a: b': 'c' } }],
    ['an empty header name', { line: 'sendmsg', headers: { '': 'c' } }],
    ['LF in a header value', { line: 'sendmsg', headers: { a: 'b\ncall-command: hangup' } }],
    ['CR in a header value', { line: 'sendmsg', headers: { a: 'b\rcall-command: hangup' } }],
    ['NUL in a header value', { line: 'sendmsg', headers: { a: 'b\0' } }],
    ['a Content-Length of its own', { line: 'sendmsg', headers: { 'CONTENT-length': '1' }, body: 'abc' }],
    ['NUL in the body', { line: 'sendmsg', headers: {}, body: 'a\0b' }],
    ['LF in the name of an application', execute('answer\n\nexit', '')],
    ['LF in a uuid', execute('answer', '', { uuid: 'a\n\nexit' })],
  ];

  it.each(unsafe)('%s', async (_what, command) => {
    const { connection, peer } = await connect();
    expect((await failureOf(connection.send(command))).code).toBe('unsafe_command');
    void connection.send({ line: 'getvar a' });
    expect(await peer.lines(1)).toEqual(['getvar a']);
    expect(peer.received).toBe('getvar a\n\n');
  });

  it('any command of a batch in which one is unsafe', async () => {
    const { connection, peer } = await connect();
    const replies = connection.sendBatch([{ line: 'getvar a' }, { line: 'exit\n' }, { line: 'getvar b' }]);
    for (const reply of replies) expect((await failureOf(reply)).code).toBe('unsafe_command');
    void connection.send({ line: 'getvar c' });
    expect(await peer.lines(1)).toEqual(['getvar c']);
    expect(peer.received).toBe('getvar c\n\n');
  });

  it('more, to a peer that does not read', async () => {
    const { connection, peer } = await connect({ maxUnsentBytes: 1_000 });
    peer.socket.pause();
    // More than the buffers of the system hold.
    const replies = connection.sendBatch([{ line: 'sendmsg', body: 'x'.repeat(50_000_000) }]);
    replies.push(connection.send({ line: 'getvar a' }));
    for (const reply of replies) expect((await failureOf(reply)).code).toBe('switch_closed');
    expect((await connection.closed).detail).toMatch(/does not read/);
  });
});

describe('EslConnection: time-outs', () => {
  it('rejects a command that has no reply in time, and keeps its place for a late one', async () => {
    const { connection, peer } = await connect({ replyTimeoutMs: 20 });
    const error = await failureOf(connection.send({ line: 'auth secret' }));
    expect(error.code).toBe('switch_timeout');
    expect(error.message).not.toContain('secret');
    const next = connection.send({ line: 'getvar b', timeoutMs: 0 });
    peer.say(commandReply('late') + commandReply('right'));
    expect((await next).text).toBe('right');
  });

  it('lets the command say how long', async () => {
    const { connection, peer } = await connect({ replyTimeoutMs: 20 });
    const forever = connection.send({ line: 'sendmsg', timeoutMs: 0 });
    const short = connection.send({ line: 'getvar b', timeoutMs: 40 });
    expect((await failureOf(short)).code).toBe('switch_timeout');
    peer.say(commandReply('+OK'));
    expect((await forever).text).toBe('+OK');
  });
});

describe('EslConnection: its end', () => {
  it('takes back what a network that stands still has not delivered', async () => {
    const { connection, peer } = await connect();
    const reset = new Promise((resolve) => peer.socket.once('error', resolve));
    connection.destroy('No answer.', 'timeout');
    expect(await reset).toMatchObject({ code: 'ECONNRESET' });
    expect(await connection.closed).toEqual({ kind: 'timeout', detail: 'No answer.' });
  });

  it('rejects what is open when the peer closes, and sends nothing more', async () => {
    const { connection, peer } = await connect();
    const replies = connection.sendBatch([{ line: 'getvar a' }, { line: 'getvar b', timeoutMs: 60_000 }]);
    await peer.lines(2);
    peer.say(commandReply('1'));
    peer.socket.end();
    expect((await replies[0])?.text).toBe('1');
    expect((await failureOf(replies[1])).code).toBe('switch_closed');
    expect(await connection.closed).toEqual({ kind: 'ended', detail: 'The peer closed.' });
    expect((await failureOf(connection.send({ line: 'getvar c' }))).code).toBe('switch_closed');
    expect(peer.received).not.toContain('getvar c');
  });

  it('never leaves an unhandled rejection behind', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const { connection, peer } = await connect();
    void connection.send({ line: 'getvar a' });
    void connection.sendBatch([{ line: 'getvar b' }, { line: 'getvar c', timeoutMs: 1 }]);
    void connection.send({ line: 'unsafe\n' });
    await peer.lines(3);
    peer.socket.resetAndDestroy();
    await connection.closed;
    void connection.send({ line: 'getvar d' });
    await settled();
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it('tells a lost connection from a closed one', async () => {
    const { connection, peer } = await connect();
    void connection.send({ line: 'x' });
    await peer.lines(1);
    peer.socket.resetAndDestroy();
    const close = await connection.closed;
    expect(close.kind).toBe('error');
    expect(close.detail).toContain('ECONNRESET');
  });

  it('says that the peer closed in the middle of a message', async () => {
    const { connection, peer } = await connect();
    peer.say('Content-Type: api/response\nContent-Length: 100\n\nabc');
    peer.socket.end();
    expect((await connection.closed).detail).toMatch(/middle of a message/);
  });

  it('closes on what is not the protocol, after the good messages before it', async () => {
    const { connection, peer } = await connect();
    const replies = connection.sendBatch([{ line: 'getvar a' }, { line: 'getvar b' }]);
    await peer.lines(2);
    peer.say(`${commandReply('1')}HTTP/1.1 400 Bad Request\r\n\r\n`);
    expect((await replies[0])?.text).toBe('1');
    expect((await failureOf(replies[1])).code).toBe('switch_closed');
    expect((await connection.closed).kind).toBe('protocol');
    await peer.gone;
  });

  it.each([
    ['an endless header', 'A: b\n'.repeat(300)],
    ['a huge Content-Length', 'Content-Type: api/response\nContent-Length: 1001\n\n'],
  ])('closes on %s', async (_what, text) => {
    const { connection, peer } = await connect({ limits: { maxHeaderBytes: 1_000, maxBodyBytes: 1_000 } });
    peer.say(text);
    expect((await connection.closed).kind).toBe('protocol');
    await peer.gone;
  });

  it('closes on a reply that nothing asked for: replies could not be told apart any more', async () => {
    const { connection, peer } = await connect();
    // As a value does that holds an empty line.
    const reply = connection.send({ line: 'getvar a' });
    peer.say(commandReply(`x\n\n${commandReply('forged').trim()}`));
    expect((await reply).text).toBe('x');
    expect(await connection.closed).toMatchObject({ kind: 'protocol' });
  });

  it('closes when a listener fails, with what failed', async () => {
    const { connection, peer } = await connect();
    connection.onEvent = () => {
      throw new Error('defect in a listener');
    };
    peer.say(plainEvent({ 'Event-Name': 'X' }));
    const close = await connection.closed;
    expect(close.kind).toBe('error');
    expect(close.detail).toContain('defect in a listener');
  });

  it('lets the replies that are due come after end', async () => {
    const { connection, peer } = await connect();
    const reply = connection.send({ line: 'exit' });
    connection.end();
    expect((await failureOf(connection.send({ line: 'getvar a' }))).code).toBe('switch_closed');
    expect(await peer.lines(1)).toEqual(['exit']);
    peer.say(commandReply('+OK bye'));
    peer.socket.end();
    expect((await reply).text).toBe('+OK bye');
    expect((await connection.closed).kind).toBe('closed_by_us');
  });

  it('drops everything on destroy, within a chunk too', async () => {
    const { connection, peer } = await connect();
    const events: string[] = [];
    connection.onEvent = (event) => {
      events.push(event.name);
      connection.destroy('enough');
    };
    const reply = connection.send({ line: 'getvar a' });
    await peer.lines(1);
    peer.say(plainEvent({ 'Event-Name': 'A' }) + plainEvent({ 'Event-Name': 'B' }) + commandReply('1'));
    expect((await failureOf(reply)).detail).toBe('enough');
    expect(await connection.closed).toEqual({ kind: 'closed_by_us', detail: 'enough' });
    expect(events).toEqual(['A']);
    await peer.gone;
  });

  it('knows where the peer is', async () => {
    const { connection, peer } = await connect();
    const reply = connection.send({ line: 'x' });
    peer.say(commandReply('+OK'));
    await reply;
    expect(connection.remoteAddress).toBe(`127.0.0.1:${listener.port}`);
  });

  it('is closed at once on a socket that is gone', async () => {
    const socket = new net.Socket();
    socket.destroy();
    const connection = new EslConnection(socket);
    expect((await connection.closed).kind).toBe('ended');
  });
});
