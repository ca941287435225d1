import { describe, expect, it } from 'vitest';
import { SwitchAdmin } from '../../../src/switch/admin.js';
import {
  isRefusal,
  readReloadAcl,
  readReloadModule,
  readReloadXml,
  readRescan,
  readRestart,
  readSofiaStatus,
  readStatus,
} from '../../../src/switch/admin-answers.js';

const LINE = '='.repeat(97);
const sofiaStatus = (...rows: string[]): string =>
  `Name\t   Type\t                                      Data\tState\n${LINE}\n${rows.map((row) => `${row}\n`).join('')}${LINE}\n1 profile 1 alias\n`;
const running = (name: string, calls: number): string =>
  `                 ${name}\tprofile\t             sip:mod_sofia@127.0.0.1:5060\tRUNNING (${calls})`;

/** A switch that answers from a script; a list is answered one after the other, its last again and again. */
function admin(script: Readonly<Record<string, string | readonly string[]>>): {
  admin: SwitchAdmin;
  asked: string[];
} {
  const asked: string[] = [];
  const api = (command: string): Promise<string> => {
    asked.push(command);
    const answers = script[command];
    if (answers === undefined) throw new Error(`unexpected: ${command}`);
    const times = asked.filter((one) => one === command).length;
    const answer = typeof answers === 'string' ? answers : (answers[times - 1] ?? answers.at(-1) ?? '');
    return Promise.resolve(answer);
  };
  const port = { name: 'main', api, bgapi: api };
  return { admin: new SwitchAdmin(port, { profileTimeoutMs: 20, pollMs: 1 }), asked };
}

describe('answers of FreeSWITCH', () => {
  const broken = '[error near line 481]: unexpected closing tag </section>';

  it('to reloadacl are of two kinds', () => {
    expect(readReloadAcl('+OK acl reloaded')).toEqual({ done: true });
    expect(readReloadAcl(`-ERR [${broken}]`)).toEqual({ done: false, detail: broken });
    expect(readReloadAcl('')).toEqual({ done: false, detail: 'no answer' });
  });

  it('to reloadxml begin with +OK even when it failed', () => {
    expect(readReloadXml('+OK [Success]')).toEqual({ done: true });
    expect(readReloadXml(`+OK [${broken}]`)).toEqual({ done: false, detail: broken });
    expect(readReloadXml('-ERR nonsense')).toEqual({ done: false, detail: '-ERR nonsense' });
  });

  it('to a rescan end with +OK even when the XML could not be read', () => {
    expect(readRescan('Reload XML [Success]\n+OK scan complete')).toEqual({ done: true });
    expect(readRescan(`Reload XML [${broken}]\n+OK scan complete`)).toEqual({ done: false, detail: broken });
    expect(readRescan('Invalid Profile [nope]')).toMatchObject({ done: false, noSuchProfile: true });
    expect(readRescan('Reload XML [Success]\n-ERR cannot find config for profile x')).toEqual({
      done: false,
      detail: '-ERR cannot find config for profile x',
    });
  });

  it('to a restart tell a profile that is too young', () => {
    expect(readRestart('Reload XML [Success]\nrestarting: internal')).toEqual({ done: true });
    expect(
      readRestart(
        'Profile internal must be up for at least 10 seconds to stop/restart.\nPlease wait 9 seconds',
      ),
    ).toMatchObject({ done: false, tooYoungMs: 9000 });
  });

  it('to the reload of a module are three lines', () => {
    expect(readReloadModule('+OK Reloading XML\n+OK module unloaded\n+OK module loaded')).toEqual({
      done: true,
    });
    expect(
      readReloadModule(
        '+OK Reloading XML\n-ERR unloading module [Module in use.]\n-ERR loading module [Module already loaded]',
      ),
    ).toMatchObject({ done: false, unloaded: false });
    expect(readReloadModule('+OK module unloaded\n-ERR loading module [no]')).toEqual({
      done: false,
      unloaded: true,
      detail: '-ERR loading module [no]',
    });
  });

  it('to sofia status list each profile once, with its legs and aliases', () => {
    const text = sofiaStatus(
      running('internal', 3),
      `${running('internal', 3)} (TLS)`,
      '          internal::down\tgateway\t                         sip:x@127.0.0.1:9\tNOREG',
      '             example.org\t  alias\t                                  internal\tALIASED',
    );
    expect(readSofiaStatus(text)).toEqual([{ name: 'internal', calls: 3, aliases: ['example.org'] }]);
    expect(readSofiaStatus('-ERR sofia Command not found!')).toEqual([]);
  });

  it('to status are read, and another program is told apart', () => {
    const text =
      'UP 0 years\nFreeSWITCH (Version 1.10.12-release  64bit) is ready\n3 session(s) since startup\n' +
      '2 session(s) - peak 3, last 5min 3 \n1 session(s) per Sec out of max 30, peak 4, last 5min 3 \n1000 session(s) max\n';
    expect(readStatus(text)).toEqual({
      version: '1.10.12-release 64bit',
      ready: true,
      sessions: 2,
      maxSessions: 1000,
      sessionsPerSecond: 1,
      maxSessionsPerSecond: 30,
      peakPerSecond: 4,
    });
    expect(readStatus('HTTP/1.1 400')).toBeUndefined();
  });

  it('are refusals by how they begin', () => {
    expect(['-ERR no', '-USAGE: x', 'Invalid Profile [x]', '\n-ERR x'].every(isRefusal)).toBe(true);
    expect(['+OK', 'true', '0 total.', 'x -ERR'].some(isRefusal)).toBe(false);
  });
});

describe('SwitchAdmin', () => {
  const good = { reloadxml: '+OK [Success]' };

  it('does not restart a profile with calls on it, unless forced', async () => {
    const script = { ...good, 'sofia status': sofiaStatus(running('internal', 2)) };
    const one = admin(script);
    expect(await one.admin.restartProfile('internal', false)).toEqual({
      ok: false,
      code: 'calls_would_be_lost',
      detail: '2 call legs on SIP profile internal.',
      calls: 2,
    });
    expect(one.asked).not.toContain('sofia profile internal restart');
    const forced = admin({
      ...script,
      'sofia profile internal restart': 'Reload XML [Success]\nrestarting: internal',
    });
    expect(await forced.admin.restartProfile('internal', true)).toMatchObject({ ok: true, callsLost: 2 });
  });

  it('waits for a restarted profile, and tells when it does not come back', async () => {
    const restart = { 'sofia profile internal restart': 'Reload XML [Success]\nrestarting: internal' };
    const up = sofiaStatus(running('internal', 0));
    const back = admin({ ...good, ...restart, 'sofia status': [up, sofiaStatus(), sofiaStatus(), up] });
    expect(await back.admin.restartProfile('internal', false)).toMatchObject({ ok: true, callsLost: 0 });
    const gone = admin({ ...good, ...restart, 'sofia status': [up, sofiaStatus()] });
    expect(await gone.admin.restartProfile('internal', false)).toMatchObject({
      ok: false,
      code: 'reload_failed',
      detail: expect.stringContaining('Not running again: internal') as unknown,
    });
  });

  it('knows a profile by an alias, and one that is not there', async () => {
    const alias = '             example.org\t  alias\t     internal\tALIASED';
    const status = { 'sofia status': sofiaStatus(running('internal', 1), alias) };
    const one = admin({ ...good, ...status });
    expect(await one.admin.restartProfile('example.org', false)).toMatchObject({ calls: 1 });
    expect(await one.admin.restartProfile('nope', true)).toMatchObject({ code: 'no_such_profile' });
  });

  it('touches nothing while the XML can not be read', async () => {
    const { admin: one, asked } = admin({ reloadxml: '+OK [[error near line 3]: x]' });
    for (const outcome of [await one.restartProfile('internal', true), await one.reloadSofia(true)])
      expect(outcome).toMatchObject({ ok: false, code: 'reload_failed' });
    expect(new Set(asked)).toEqual(new Set(['reloadxml']));
  });

  it('forces the reload of mod_sofia only when asked to, and only when there are calls', async () => {
    const loaded = '+OK Reloading XML\n+OK module unloaded\n+OK module loaded';
    const idle = admin({ ...good, 'sofia status': sofiaStatus(running('a', 0)), 'reload mod_sofia': loaded });
    expect(await idle.admin.reloadSofia(true)).toMatchObject({ ok: true, callsLost: 0 });
    const busy = { ...good, 'sofia status': sofiaStatus(running('a', 1), running('b', 2)) };
    expect(await admin(busy).admin.reloadSofia(false)).toMatchObject({
      code: 'calls_would_be_lost',
      calls: 3,
    });
    const forced = admin({ ...busy, 'reload -f mod_sofia': loaded });
    expect(await forced.admin.reloadSofia(true)).toMatchObject({ ok: true, callsLost: 3 });
  });

  it('loses no call that arrives between the count and the reload', async () => {
    const one = admin({
      ...good,
      'sofia status': [sofiaStatus(running('a', 0)), sofiaStatus(running('a', 1))],
      'reload mod_sofia':
        '+OK Reloading XML\n-ERR unloading module [Module in use.]\n-ERR loading module [Module already loaded]',
    });
    expect(await one.admin.reloadSofia(false)).toMatchObject({ code: 'calls_would_be_lost', calls: 1 });
  });

  it('says plainly when SIP is gone', async () => {
    const one = admin({
      ...good,
      'sofia status': sofiaStatus(running('a', 0)),
      'reload mod_sofia': '+OK Reloading XML\n+OK module unloaded\n-ERR loading module [no]',
    });
    expect(await one.admin.reloadSofia(false)).toMatchObject({
      ok: false,
      detail: expect.stringContaining('there is no SIP now') as unknown,
    });
  });
});
