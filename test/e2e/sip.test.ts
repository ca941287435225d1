import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DaemonProcess } from '../support/daemon-process.js';
import { eventually } from '../support/eventually.js';
import type { TestCall } from '../support/test-call.js';
import { outcomesOf, summaryOf } from '../support/test-daemon.js';
import { suiteSettings } from '../contract/suite.js';
import { SipSuite } from './sip.js';
import { missing, Sipp, type SippOptions } from './sipp.js';

const reason = missing();
const ANSWER = { application: 'answer' };
const REST = [
  { application: 'set', data: 'cti_after=ran' },
  { application: 'log', data: 'WARNING the list went on' },
  { application: 'hangup', data: 'NORMAL_CLEARING' },
];

describe.skipIf(reason !== undefined)(
  `SIP calls${reason === undefined ? '' : ` (skipped: ${reason})`}`,
  () => {
    let suite: SipSuite;
    const running: (() => Promise<void>)[] = [];

    beforeAll(async () => {
      suite = await SipSuite.start();
    });
    afterEach(async () => {
      await suite.control.api('hupall');
      await Promise.all(running.splice(0).map((stop) => stop()));
    });
    afterAll(() => suite.stop());

    async function sipp(options: SippOptions): Promise<Sipp> {
      const started = await Sipp.start({ timeoutMs: 30_000, ...options });
      running.push(() => started.stop());
      return started;
    }
    const agent = (options: Partial<SippOptions> = {}): Promise<Sipp> =>
      sipp({ scenario: 'agent', localPort: suite.switch.agentPort, ...options });
    const caller = (service: string, options: Partial<SippOptions> = {}): Promise<Sipp> =>
      sipp({ scenario: 'caller', remotePort: suite.switch.sipPort, service, ...options });
    const here = (number: string): string => `${number}@127.0.0.1:${suite.switch.sipPort}`;
    async function daemonProcess(): Promise<DaemonProcess> {
      const daemon = await DaemonProcess.start(suiteSettings('/nowhere'));
      running.push(() => daemon.stop());
      return daemon;
    }
    const portOf = (host: string): string => host.split(':')[1] ?? '';

    /** The agent moved the call away: it is alive, and `REST` was not run. */
    async function livesOnWithoutList(call: TestCall, agentOfIt: Sipp): Promise<void> {
      const record = await suite.daemon.record(call.uuid);
      expect(record.result).toBe('moved');
      expect(outcomesOf(record).map(({ status }) => status)).toEqual([
        'ok',
        'moved',
        'not_run',
        'not_run',
        'not_run',
      ]);
      await succeeded(agentOfIt);
      expect(await call.alive()).toBe(true);
      expect(call.ran).not.toContain('log');
      expect(call.ran).not.toContain('hangup');
    }

    it('plays a file, then bridges to an extension that answers', async () => {
      const route = suite.app.list(
        [
          { application: 'playback', data: 'silence_stream://200' },
          { application: 'bridge', data: 'user/sip' },
        ],
        '/first',
      );
      const called = await agent();
      const calling = await caller('app-first', { scenario: 'caller-hangs-up', talkMs: 800 });
      const call = await suite.caller('app-first');
      await call.bridged();
      await Promise.all([succeeded(calling), succeeded(called)]);
      const record = await suite.daemon.record(call.uuid);
      expect(summaryOf(record)).toEqual(['playback ok', 'bridge hung_up']);
      expect(route.requests).toHaveLength(1);
    });

    it('an agent refers the caller elsewhere (REFER): the call lives on, the list does not', async () => {
      suite.app.list([ANSWER, { application: 'bridge', data: 'user/sip' }, ...REST], '/blind');
      const called = await agent({ scenario: 'agent-refers', keys: { refer_to: here('parking') } });
      await caller('app-blind');
      const call = await suite.caller('app-blind');
      await call.variable('arrived');
      await livesOnWithoutList(call, called);
      expect(await call.get('cti_after')).toBeUndefined();
    });

    it('an agent joins the caller with somebody else (REFER with Replaces): the call lives on, the list does not', async () => {
      suite.app.list([ANSWER, { application: 'bridge', data: 'user/sip' }, ...REST], '/attended');
      await caller('consultation', { scenario: 'caller' });
      const consultation = await suite.caller('consultation');
      await consultation.bridged();
      const other = await suite.partnerOf(consultation);
      const called = await agent({
        scenario: 'agent-refers',
        keys: { refer_to: `${here('consultation')}?Replaces=${await replaces(consultation)}` },
      });
      await caller('app-attended');
      const call = await suite.caller('app-attended');
      await call.bridgedTo(other.uuid);
      await livesOnWithoutList(call, called);
      expect(await other.alive()).toBe(true);
    });

    it('a caller refers the agent elsewhere (REFER): the agent lives on, the caller is released', async () => {
      suite.app.list([ANSWER, { application: 'bridge', data: 'user/sip' }, REST[0]], '/leaves');
      await agent();
      const calling = await caller('app-leaves', {
        scenario: 'caller-refers',
        keys: { refer_to: here('parking') },
      });
      const call = await suite.caller('app-leaves');
      await call.bridged();
      const partner = await suite.partnerOf(call);
      await partner.variable('arrived');
      // The channel under control is not the one that was moved: its list goes on, as an extension of FreeSWITCH does.
      const record = await suite.daemon.record(call.uuid);
      expect(record.result).toBe('done');
      expect(summaryOf(record)).toEqual(['answer ok', 'bridge ok', 'set ok']);
      await succeeded(calling);
      expect(await partner.alive()).toBe(true);
    });

    it('a caller joins the agent with somebody else (REFER with Replaces): both live on, the caller is released', async () => {
      suite.app.list([ANSWER, { application: 'bridge', data: 'user/sip' }, ...REST], '/joins');
      await caller('consultation', { scenario: 'caller' });
      const consultation = await suite.caller('consultation');
      await consultation.bridged();
      const other = await suite.partnerOf(consultation);
      await agent();
      const calling = await caller('app-joins', {
        scenario: 'caller-refers',
        keys: { refer_to: `${here('consultation')}?Replaces=${await replaces(consultation)}` },
      });
      const call = await suite.caller('app-joins');
      await call.bridged();
      const partner = await suite.partnerOf(call);
      await partner.bridgedTo(other.uuid);
      const record = await suite.daemon.record(call.uuid);
      // FreeSWITCH joins the two others; the caller's own list goes on on the caller's own channel, which is let go.
      expect(record.result).toBe('done');
      expect(summaryOf(record).slice(0, 2)).toEqual(['answer ok', 'bridge ok']);
      await succeeded(calling);
      expect(await partner.alive()).toBe(true);
      expect(await other.alive()).toBe(true);
    });

    it('two hundred calls at a time are neither lost nor leaked', async () => {
      suite.app.list(
        [ANSWER, { application: 'playback', data: 'silence_stream://60000' }, ...REST.slice(-1)],
        '/many',
      );
      const calling = await caller('app-many', { calls: 200, callsPerSecond: 100 });
      await eventually('200 calls at a time', () => (suite.daemon.activeCalls >= 200 ? true : undefined));
      const calls = await eventually('the events of all of them', () => {
        const seen = suite.callers('app-many');
        return seen.length >= 200 ? seen : undefined;
      });
      await Promise.all(calls.map((call) => call.playing()));
      // The prompt ends for all of them at once; the rest of each list is the hang-up.
      await Promise.all(calls.map((call) => suite.control.api(`uuid_break ${call.uuid}`)));
      const records = await Promise.all(calls.map((call) => suite.daemon.record(call.uuid)));
      await succeeded(calling, 200);
      expect(new Set(records.map(({ result }) => result))).toEqual(new Set(['done']));
      await eventually('no call left', async () => ((await suite.channels()) === 0 ? true : undefined));
      expect(suite.daemon.activeCalls).toBe(0);
    });

    it('an app that is down leaves the call to the dialplan', async () => {
      const calling = await caller('app-is-down');
      const call = await suite.caller('app-is-down');
      expect((await suite.daemon.record(call.uuid)).error?.code).toBe('connect_refused');
      await succeeded(calling);
      await call.returned();
    });

    it('a daemon killed while a prompt plays: the list ends, the call goes on in the dialplan', async () => {
      const daemon = await daemonProcess();
      suite.app.list(
        [ANSWER, { application: 'playback', data: 'silence_stream://1000' }, REST[0]],
        '/killed',
      );
      const number = `on-${portOf(daemon.host)}-killed`;
      const calling = await caller(number);
      const call = await suite.caller(number);
      await call.playing();
      daemon.signal('SIGKILL');
      await daemon.exited();
      await call.begun('set', 'back_in_dialplan=true');
      expect(await call.get('cti_status')).toBe('done');
      expect(await call.get('cti_after')).toBe('ran');
      await succeeded(calling);
    });

    it('a daemon killed while a prompt plays: the second daemon goes on with what is left', async () => {
      const daemon = await daemonProcess();
      const second = suite.app.list([{ application: 'set', data: 'cti_second=ran' }], '/second');
      suite.app.list(
        [
          ANSWER,
          { application: 'playback', data: 'silence_stream://1000' },
          { application: 'cti_curl', data: second.url },
        ],
        '/taken',
      );
      const number = `on-${portOf(daemon.host)}-${portOf(suite.daemon.host)}-taken`;
      const calling = await caller(number);
      const call = await suite.caller(number);
      await call.playing();
      daemon.signal('SIGKILL');
      await call.begun('set', 'back_in_dialplan=true');
      expect(await call.get('cti_second')).toBe('ran');
      expect(await call.get('cti_status')).toBe('done');
      expect(call.executed.filter(({ data }) => data === 'silence_stream://1000')).toHaveLength(1);
      await succeeded(calling);
    });

    it('SIGTERM drains: the running call ends as it should, a new one goes to the other daemon', async () => {
      const daemon = await daemonProcess();
      suite.app.list(
        [ANSWER, { application: 'playback', data: 'silence_stream://1500' }, REST[0]],
        '/drained',
      );
      const number = `on-${portOf(daemon.host)}-${portOf(suite.daemon.host)}-drained`;
      const first = await caller(number);
      const call = await suite.caller(number);
      await call.playing();
      daemon.signal('SIGTERM');
      const other = `on-${portOf(daemon.host)}-${portOf(suite.daemon.host)}-other`;
      suite.app.list([ANSWER], '/other');
      await eventually('the daemon to take no more calls', () =>
        daemon.output.includes('draining') ? true : undefined,
      );
      const second = await caller(other);
      const moved = await suite.caller(other);
      expect((await suite.daemon.record(moved.uuid)).result).toBe('done');
      await call.begun('set', 'back_in_dialplan=true');
      expect(await call.get('cti_status')).toBe('done');
      expect(await daemon.exited()).toEqual({ code: 0, signal: null });
      await succeeded(first);
      await succeeded(second);
    });
  },
);

async function succeeded(sipp: Sipp, calls = 1): Promise<void> {
  const { successful, failed, errors } = await sipp.result;
  expect({ successful, failed }, errors).toEqual({ successful: calls, failed: 0 });
}

/** The dialog of a call as `Replaces` names it, escaped for a header inside a URI (RFC 3891, RFC 3261 19.1.1). */
async function replaces(call: { get(name: string): Promise<string | undefined> }): Promise<string> {
  const [id, to, from] = await Promise.all(
    ['sip_call_id', 'sip_to_tag', 'sip_from_tag'].map((name) => call.get(name)),
  );
  return encodeURIComponent(`${id ?? ''};to-tag=${to ?? ''};from-tag=${from ?? ''}`);
}
