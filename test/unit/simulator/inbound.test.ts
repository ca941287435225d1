import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { execute, Stand, summary, until, type Peer } from './stand.js';

let stand: Stand;
beforeAll(async () => {
  stand = await Stand.start({ eventSocketPassword: 'sécret' });
});
afterAll(() => stand.stop());

async function client(): Promise<Peer> {
  return stand.client('sécret');
}

async function parked(peer: Peer): Promise<string> {
  return (await peer.api('originate {own=1}loopback/answers/agents/XML &park()')).slice('+OK '.length);
}

describe('the Event Socket of the switch', () => {
  it('asks for the password, and closes on a wrong one', async () => {
    const peer = await stand.client('');
    expect(await peer.command('api status')).toBe('-ERR command not found');
    expect(await peer.command('auth wrong')).toBe('-ERR invalid');
    expect(await peer.rest()).toEqual(['notice']);
    expect(await (await stand.client('')).command('auth sécret')).toBe('+OK accepted');
  });

  it('turns away whom its ACL refuses', async () => {
    const strict = await Stand.start({ eventSocketAllows: () => false });
    const peer = await strict.client('');
    await peer.closed;
    expect(peer.frames.map(summary)).toEqual(['text/rude-rejection', 'notice']);
    expect(peer.frames[0]?.body).toBe('Access Denied, go away.\n');
    await strict.stop();
  });

  /** Each was seen on FreeSWITCH 1.10.12. */
  it.each([
    ['foo', '-ERR command not found'],
    ['linger', '-ERR not controlling a session'],
    ['getvar x', '-ERR command not found'],
    ['connect', '-ERR command not found'],
    ['sendmsg\ncall-command: hangup', '-ERR invalid session id []'],
    ['sendmsg abc\ncall-command: hangup', '-ERR invalid session id [abc]'],
    ['event plain', '-ERR no keywords supplied'],
    ['event json ALL', '+OK event listener enabled json'],
    ['filter x', '-ERR invalid syntax'],
    ['filter a b c', '+OK filter added. [a]=[b c]'],
    ['filter delete all', '+OK filter deleted. [all][]'],
    ['divert_events on', '-ERR not controlling a session.'],
  ])('answers %j with %j', async (command, reply) => {
    const peer = await client();
    expect(await peer.command(command)).toBe(reply);
    peer.destroy();
  });

  it.each([
    ['version', /^FreeSWITCH Version 1\.10\.12/],
    ['status', /is ready/],
    ['nosuch', /^-ERR nosuch Command not found!$/],
    ['uuid_transfer x y', /^-ERR No such channel!$/],
    ['uuid_bridge a b', /^-ERR Invalid uuid$/],
    ['uuid_exists x', /^false$/],
    ['uuid_broadcast x y', /^-ERR invalid uuid$/],
    ['show channels', /^\n0 total\.$/],
    ['show channels as json', /^\{"row_count": 0\}$/],
    ['hupall USER_BUSY', /^\+OK hangup all channels with cause USER_BUSY$/],
    ['acl 127.0.0.1 loopback.auto', /^true$/],
    ['acl 10.0.0.1 nosuch', /^false$/],
    ['reloadacl', /^\+OK acl reloaded$/],
    ['reloadxml', /^\+OK \[Success\]$/],
    ['eval ${domain} x', /^test x$/],
    ['expand echo $${domain}', /^test$/],
    ['global_getvar nope', /^-ERR no reply$/],
    ['sched_del none', /^\+OK Deleted: 0$/],
    ['originate error/USER_BUSY &park()', /^-ERR USER_BUSY$/],
    ['originate loopback/x/nowhere/XML &park()', /^-ERR NO_ROUTE_DESTINATION$/],
    ['originate x', /^-USAGE/],
  ])('api %s', async (command, expected) => {
    const peer = await client();
    expect(await peer.api(command)).toMatch(expected);
    peer.destroy();
  });

  it('runs bgapi in the background and tells its job', async () => {
    const peer = await client();
    await peer.command('event plain BACKGROUND_JOB');
    expect(await peer.command('bgapi version\nJob-UUID: mine')).toBe('+OK Job-UUID: mine');
    const event = (await peer.next())?.body ?? '';
    expect(event).toContain('Job-UUID: mine\n');
    expect(event).toContain('Job-Command: version\n');
    expect(event).toContain('FreeSWITCH Version');
    peer.destroy();
  });

  it('controls a channel by its uuid', async () => {
    const peer = await client();
    const uuid = await parked(peer);
    expect(await peer.api(`uuid_getvar ${uuid} own`)).toBe('1');
    expect(await peer.api(`uuid_setvar ${uuid} a b c`)).toBe('+OK');
    expect(await peer.api(`uuid_getvar ${uuid} a`)).toBe('b c');
    expect(await peer.api(`uuid_getvar ${uuid} nope`)).toBe('_undef_');
    expect(await peer.api('show channels count')).toBe('\n2 total.');
    peer.write(
      execute('set', 'x=1').replace('sendmsg', `sendmsg ${uuid}`) +
        execute('playback', 'silence_stream://100', 'event-lock: true\n').replace(
          'sendmsg',
          `sendmsg ${uuid}`,
        ) +
        execute('set', 'y=2', 'event-lock: true\n').replace('sendmsg', `sendmsg ${uuid}`),
    );
    for (let replies = 0; replies < 3; replies += 1) {
      expect((await peer.next())?.headers.get('Reply-Text')).toBe('+OK');
    }
    await until(() => stand.simulator.core.channels.get(uuid)?.getVariable('y') === '2');
    expect(await peer.api(`uuid_broadcast ${uuid} set::z=3 aleg`)).toBe('+OK Message sent');
    await until(() => stand.simulator.core.channels.get(uuid)?.getVariable('z') === '3');
    expect(await peer.api(`uuid_kill ${uuid} USER_BUSY`)).toBe('+OK');
    expect(await peer.api(`uuid_kill ${uuid}`)).toBe('-ERR No such channel!');
    await until(() => stand.simulator.channelCount === 0);
    peer.destroy();
  });

  it('tells the events of a call in their order', async () => {
    const watcher = await client();
    await watcher.command(
      'event json CHANNEL_CREATE CHANNEL_ANSWER CHANNEL_EXECUTE CHANNEL_PARK CHANNEL_HANGUP CHANNEL_HANGUP_COMPLETE CHANNEL_DESTROY',
    );
    await watcher.command('filter Call-Direction inbound');
    const call = stand.simulator.placeCall({ destination: 'answers', context: 'agents' });
    await until(() => call.executed.length === 2);
    call.hangup('USER_BUSY');
    await call.ended;
    const lines: string[] = [];
    while (lines.at(-1) !== 'event CHANNEL_DESTROY') {
      const frame = await watcher.next();
      if (frame === undefined) break;
      lines.push(summary(frame));
    }
    expect(lines).toEqual([
      'event CHANNEL_CREATE',
      'event CHANNEL_EXECUTE answer',
      'event CHANNEL_ANSWER',
      'event CHANNEL_EXECUTE park',
      'event CHANNEL_PARK',
      'event CHANNEL_HANGUP',
      'event CHANNEL_HANGUP_COMPLETE',
      'event CHANNEL_DESTROY',
    ]);
    watcher.destroy();
  });

  it('runs scheduled commands, and forgets deleted ones', async () => {
    const peer = await client();
    expect(await peer.api('sched_api +1 mine global_setvar ran=1')).toMatch(/^\+OK Added: \d+$/);
    expect(await peer.api('sched_api +1 other global_setvar other=1')).toMatch(/^\+OK Added/);
    expect(await peer.api('sched_del other')).toBe('+OK Deleted: 1');
    await until(() => stand.simulator.core.globals.get('ran') === '1');
    expect(await peer.api('global_getvar other')).toBe('-ERR no reply');
    peer.destroy();
  });
});
