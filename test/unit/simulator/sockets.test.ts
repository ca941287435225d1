import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { execute, get, list, Stand, summary, until } from './stand.js';

let stand: Stand;
beforeAll(async () => {
  stand = await Stand.start();
});
afterAll(() => stand.stop());

const NONE = '-ERR command not found';
const BYE = ['+OK bye', 'notice disconnect'];

describe('a synchronous socket', () => {
  it('tells the channel on connect', async () => {
    const { call, peer, data } = await stand.connected('sync', {
      callerIdNumber: '+4989',
      callerIdName: 'Jörg & Co',
      variables: { own: 'a=b c' },
    });
    expect(data.headers.get('Socket-Mode')).toBe('static');
    expect(data.headers.get('Control')).toBe('full');
    expect(data.headers.get('Unique-ID')).toBe(call.uuid);
    expect(data.headers.get('Caller-Destination-Number')).toBe('sync');
    expect(data.headers.get('Caller-Caller-ID-Name')).toBe('Jörg & Co');
    expect(data.headers.get('Caller-Caller-ID-Number')).toBe('+4989');
    expect(data.headers.get('variable_own')).toBe('a=b c');
    expect(data.headers.get('variable_current_application')).toBe('socket');
    expect(data.headers.get('Content-Length')).toBeUndefined();
    peer.write('exit\n\n');
    expect(await peer.rest()).toEqual(BYE);
  });

  it('runs a list, one command after the other, and goes back to the dialplan', async () => {
    const { call, peer } = await stand.connected('sync');
    peer.write(
      list([
        ['answer', ''],
        ['playback', 'silence_stream://300'],
        ['set', 'out=${current_application_response}|${playback_ms}'],
      ]) +
        get('out', 'nothing') +
        'exit\n\n',
    );
    expect(await peer.rest()).toEqual(['+OK', '+OK', 'FILE PLAYED|300', NONE, ...BYE]);
    await until(() => call.variable('back') === 'true');
    expect(call.executed.map(({ application, depth }) => `${depth} ${application}`)).toEqual([
      '0 socket',
      '0 multiset',
      '0 execute_extension',
      '1 answer',
      '1 playback',
      '1 set',
      '0 set',
      '0 park',
    ]);
    call.hangup();
    expect(await call.ended).toEqual({ cause: 'NORMAL_CLEARING' });
  });

  it('cuts replies and knows no empty ones', async () => {
    const { peer } = await stand.connected('sync');
    peer.write(execute('set', `a=${'x'.repeat(600)}`) + get('a') + 'getvar\n\nnonsense\n\n\n\n\r\nexit\n\n');
    expect(await peer.rest()).toEqual(['+OK', 'x'.repeat(511), NONE, NONE, ...BYE]);
  });

  it('tells a hang-up behind the reply of the application that ended', async () => {
    const { call, peer } = await stand.connected('sync');
    peer.write(
      list([
        ['answer', ''],
        ['hangup', 'USER_BUSY'],
        ['set', 'a=b'],
      ]) +
        get('a') +
        execute('set', 'z=1') +
        get('z') +
        'exit\n\n',
    );
    expect(await peer.rest()).toEqual(['+OK', '+OK', 'notice linger', NONE, '+OK', '1', ...BYE]);
    expect(
      peer.frames.find((frame) => summary(frame) === 'notice linger')?.headers.get('Content-Length'),
    ).toBe('0');
    expect(await call.ended).toEqual({ cause: 'USER_BUSY' });
  });

  it('ends at once when the call has ended and nobody asked to linger', async () => {
    const { peer } = await stand.connected('sync', { linger: '' });
    peer.write(execute('hangup') + get('uuid') + 'exit\n\n');
    expect(await peer.rest()).toEqual(['+OK', 'notice disconnect']);
  });

  it('ends when the time to linger is over', async () => {
    const { peer } = await stand.connected('sync', { linger: 'linger 1\n\n' });
    peer.write(execute('hangup'));
    expect(await peer.rest()).toEqual(['+OK', 'notice linger', 'notice disconnect']);
  });

  it('an unknown application hangs up', async () => {
    const { call, peer } = await stand.connected('sync');
    peer.write(`${execute('no_such_application', 'x')}exit\n\n`);
    expect(await peer.rest()).toEqual(['+OK', 'notice linger', ...BYE]);
    expect(await call.ended).toEqual({ cause: 'DESTINATION_OUT_OF_ORDER' });
  });

  it('what was written runs to its end when the other side is gone', async () => {
    const { call, peer } = await stand.connected('sync');
    peer.write(
      list([
        ['answer', ''],
        ['playback', 'silence_stream://1000'],
        ['set', 'after=true'],
      ]),
    );
    await until(() => call.executed.some(({ application }) => application === 'playback'));
    peer.destroy();
    await until(() => call.variable('back') === 'true');
    expect(call.variable('after')).toBe('true');
    call.hangup();
    await call.ended;
  });

  it('leaves a call with socket_resume in CS_RESET, as the real one does', async () => {
    const { call, peer } = await stand.connected('sync', { variables: { socket_resume: 'true' } });
    peer.write('exit\n\n');
    await peer.rest();
    const client = await stand.client();
    expect(await client.api('show channels')).toContain('CS_RESET');
    expect(call.variable('back')).toBeUndefined();
    call.hangup();
    await call.ended;
  });

  it('takes the argument from the header before the body', async () => {
    const { peer } = await stand.connected('sync');
    peer.write(
      'sendmsg\ncall-command: execute\nexecute-app-name: set\nexecute-app-arg: a=header\ncontent-type: text/plain\ncontent-length: 6\n\na=body' +
        get('a') +
        'exit\n\n',
    );
    expect(await peer.rest()).toEqual(['+OK', 'header', ...BYE]);
  });

  it('hangs up and hands over applications on request', async () => {
    const hangsUp = await stand.connected('sync');
    hangsUp.peer.write('sendmsg\ncall-command: hangup\nhangup-cause: USER_BUSY\n\nexit\n\n');
    expect(await hangsUp.peer.rest()).toEqual(['+OK', 'notice linger', ...BYE]);
    expect(await hangsUp.call.ended).toEqual({ cause: 'USER_BUSY' });

    const hands = await stand.connected('sync');
    hands.peer.write(
      'sendmsg\ncall-command: xferext\napplication: set a=1 2\napplication: hangup USER_BUSY\n\nexit\n\n',
    );
    expect(await hands.peer.rest()).toEqual(['+OK', ...BYE]);
    expect(await hands.call.ended).toEqual({ cause: 'USER_BUSY' });
    expect(hands.call.variable('a')).toBe('1 2');
    expect(hands.call.variable('back')).toBeUndefined();
  });
});

describe('a call that is moved during a synchronous socket', () => {
  const LIST = list([
    ['answer', ''],
    ['playback', 'silence_stream://60000'],
    ['set', 'after=true'],
    ['hangup', ''],
  ]);

  async function playing(): Promise<Awaited<ReturnType<Stand['connected']>>> {
    const connected = await stand.connected('sync');
    connected.peer.write(LIST);
    await until(() => connected.call.executed.some(({ application }) => application === 'playback'));
    return connected;
  }

  it('by uuid_transfer goes where it was sent once the socket ends', async () => {
    const { call, peer } = await playing();
    const client = await stand.client();
    expect(await client.api(`uuid_transfer ${call.uuid} parking XML agents`)).toBe('+OK');
    peer.write(get('after', 'transfer_source') + 'exit\n\n');
    const lines = await peer.rest();
    expect(lines.slice(0, 3)).toEqual(['+OK', '+OK', NONE]);
    expect(lines[3]).toMatch(/^\d+:[\w-]+:bl_xfer:parking\/agents\/XML$/);
    expect(lines.slice(4)).toEqual(BYE);
    await until(() => call.variable('arrived') === 'true');
    call.hangup();
    await call.ended;
  });

  it('by uuid_park parks', async () => {
    const { call, peer } = await playing();
    const client = await stand.client();
    await client.api(`uuid_park ${call.uuid}`);
    peer.write('exit\n\n');
    expect(await peer.rest()).toEqual(['+OK', '+OK', ...BYE]);
    expect(call.variable('after')).toBeUndefined();
    expect(await client.api(`show channels`)).toContain('CS_PARK');
    call.hangup();
    await call.ended;
  });

  it('by uuid_bridge talks to the other', async () => {
    const { call, peer } = await playing();
    const client = await stand.client();
    const other = (await client.api('originate loopback/answers/agents/XML &park()')).slice('+OK '.length);
    expect(await client.api(`uuid_bridge ${call.uuid} ${other}`)).toBe(`+OK ${other}`);
    peer.write(get('transfer_source') + 'exit\n\n');
    const lines = await peer.rest();
    expect(lines[2]).toContain(`:uuid_br:${other}`);
    await until(() => call.variable('bridge_to') === other);
    await client.api(`uuid_kill ${other}`);
    await until(() => call.variable('bridge_hangup_cause') === 'NORMAL_CLEARING');
    call.hangup();
    await call.ended;
    await client.api('hupall');
  });

  it('by uuid_break goes on with the list', async () => {
    const { call, peer } = await playing();
    const client = await stand.client();
    await client.api(`uuid_break ${call.uuid} all`);
    await call.ended;
    expect(call.variable('after')).toBe('true');
    peer.destroy();
  });
});

describe('an asynchronous socket', () => {
  it('queues, tells events, and runs locked executes one after the other', async () => {
    const { call, peer, data } = await stand.connected('async');
    expect(data.headers.get('Socket-Mode')).toBe('async');
    peer.write(
      'event json CHANNEL_EXECUTE CHANNEL_EXECUTE_COMPLETE\n\nfilter Unique-ID ' +
        `${call.uuid}\n\n` +
        execute('answer', '', 'event-lock: true\n') +
        execute('playback', 'silence_stream://100', 'event-lock: true\nEvent-UUID: mine\n') +
        execute('set', 'a=b', 'event-lock: true\n'),
    );
    const lines: string[] = [];
    while (!lines.includes('event CHANNEL_EXECUTE_COMPLETE set')) {
      const frame = await peer.next();
      if (frame === undefined) break;
      lines.push(summary(frame));
    }
    expect(lines.filter((line) => line.startsWith('+OK'))).toHaveLength(5);
    expect(lines.filter((line) => line.startsWith('event'))).toEqual([
      'event CHANNEL_EXECUTE answer',
      'event CHANNEL_EXECUTE_COMPLETE answer',
      'event CHANNEL_EXECUTE playback',
      'event CHANNEL_EXECUTE_COMPLETE playback',
      'event CHANNEL_EXECUTE set',
      'event CHANNEL_EXECUTE_COMPLETE set',
    ]);
    expect(peer.frames.some((frame) => frame.body.includes('"Application-UUID":"mine"'))).toBe(true);
    call.hangup();
    await call.ended;
  });

  it('resumes the dialplan at once with socket_resume, when the other side is gone', async () => {
    const { call, peer } = await stand.connected('async', { variables: { socket_resume: 'true' } });
    peer.write(execute('answer') + execute('playback', 'silence_stream://600000'));
    await until(() => call.executed.some(({ application }) => application === 'playback'));
    peer.destroy();
    await until(() => call.variable('back') === 'true');
    call.hangup();
    await call.ended;
  });
});

describe('other sockets', () => {
  it('without "full" some commands do not exist', async () => {
    const { peer, data } = await stand.connected('bare', { linger: '' });
    expect(data.headers.get('Control')).toBe('single-channel');
    peer.write(
      'linger 5\n\nevent plain all\n\napi status\n\nbgapi status\n\nmyevents\n\n' +
        execute('set', 'a=b') +
        get('a') +
        'exit\n\n',
    );
    expect(await peer.rest()).toEqual([NONE, NONE, NONE, NONE, '+OK Events Enabled', '+OK', 'b', ...BYE]);
  });

  it('take the first host that accepts, and leave the path in a variable', async () => {
    const { peer, data } = await stand.connected('path');
    expect(data.headers.get('variable_socket_path')).toBe('flows/main?a=b');
    expect(data.headers.get('variable_socket_host')).toBe('127.0.0.1');
    expect(data.headers.get('variable_current_application_data')).toMatch(/ full nonsense$/);
    peer.write('exit\n\n');
    await peer.rest();
  });

  it('that nobody accepts let the dialplan go on', async () => {
    const call = stand.simulator.placeCall({ destination: 'nobody' });
    expect(await call.ended).toEqual({ cause: 'USER_BUSY' });
    expect(call.variables.back).toBe('true');
  });
});
