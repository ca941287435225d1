import { beforeEach, describe, expect, it } from 'vitest';
import type { CallControl } from '../../../src/call/call-control.js';
import { CallTable } from '../../../src/call/call-table.js';
import { DialLimits } from '../../../src/call/dial-limits.js';
import { dialCommand } from '../../../src/call/dial-order.js';
import { Originator } from '../../../src/call/originator.js';
import type { Origination, OriginateRequest } from '../../../src/call/originator.js';
import { Policy } from '../../../src/call/policy.js';
import { policyProfileSchema } from '../../../src/call/policy-profile.js';
import { AppError } from '../../../src/errors.js';
import type { SwitchLinks } from '../../../src/switch/switch-link.js';

let sent: string[];
let answer: (command: string) => Promise<string>;
let connected: boolean;
let attach: () => Promise<{ program: string; switch: string }>;
let originator: Originator;
let table: CallTable;
let told: Origination[];

beforeEach(() => {
  sent = [];
  told = [];
  connected = true;
  answer = () => Promise.resolve('+OK u-1');
  attach = () => Promise.resolve({ program: 'flow/x', switch: 'main' });
  const policies = new Map([
    ['default', new Policy('default', policyProfileSchema.parse({}))],
    ['few', new Policy('few', policyProfileSchema.parse({ dial: { max_concurrent: 1 } }))],
  ]);
  table = new CallTable(
    {
      sources: {} as never,
      policies,
      limits: { chainDepth: 1, actionsPerCall: 1 },
      dialLimits: new DialLimits(),
    },
    { maxCalls: 2, logsRoutine: false, logFor: () => ({ info() {}, warn() {}, error() {} }) },
  );
  const link = {
    name: 'main',
    state: () => ({ name: 'main', connected, since: new Date() }),
    api: (command: string) => {
      sent.push(command);
      return Promise.resolve('+OK');
    },
    bgapi: (command: string) => {
      sent.push(command);
      return answer(command);
    },
  };
  const links = { get: () => link, states: () => [link.state()] } as unknown as SwitchLinks;
  const control = { judged: () => 'flow/x', attach: () => attach() } as unknown as CallControl;
  originator = new Originator(table, links, control);
  originator.onChange((one) => told.push(one));
});

const ORDER: OriginateRequest = {
  to: 'user/1000',
  timeoutSeconds: 20,
  policy: 'default',
  run: { kind: 'flow', target: 'x' },
};

describe('a call that is placed', () => {
  it('is told to FreeSWITCH once, and followed to its end', async () => {
    const { origination, settled } = originator.originate(ORDER);
    expect(origination).toMatchObject({ state: 'dialling', switch: 'main', program: 'flow/x' });
    expect(await settled).toMatchObject({ state: 'answered', uuid: 'u-1' });
    expect(sent).toEqual([
      `originate {cti_dial=${origination.id},originate_timeout=20,park_timeout=30,ignore_early_media=true}user/1000 &park() XML default undef undef 20`,
    ]);
    expect(told.map(({ state }) => state)).toEqual(['dialling', 'answered']);
    expect(originator.show(origination.id)).toEqual(told[1]);
    expect(originator.dialling).toBe(0);
  });

  it.each([
    ['-ERR USER_BUSY', { state: 'failed', cause: 'USER_BUSY' }],
    ['-ERR NO_ANSWER', { state: 'failed', cause: 'NO_ANSWER' }],
    [
      '-ERR command not found',
      { state: 'failed', error: { code: 'switch_refused', detail: '-ERR command not found' } },
    ],
    ['-USAGE: <call url>', { state: 'failed', error: { code: 'switch_refused' } }],
    ['+OK a b', { state: 'failed', error: { code: 'switch_refused' } }],
    ['', { state: 'failed', error: { code: 'switch_refused' } }],
  ])('to which FreeSWITCH says %j', async (said, expected) => {
    answer = () => Promise.resolve(said);
    expect(await originator.originate(ORDER).settled).toMatchObject(expected);
    expect(sent).toHaveLength(1);
  });

  it.each(['switch_closed', 'switch_timeout'] as const)(
    'of which nothing is known (%s) is not placed again',
    async (code) => {
      answer = () => Promise.reject(new AppError(code));
      expect(await originator.originate(ORDER).settled).toMatchObject({ state: 'failed', error: { code } });
      expect(sent).toHaveLength(1);
    },
  );

  it('that was answered and can not be taken over is ended', async () => {
    attach = () => Promise.reject(new AppError('call_taken', 'other'));
    expect(await originator.originate(ORDER).settled).toMatchObject({
      state: 'failed',
      uuid: 'u-1',
      error: { code: 'call_taken' },
    });
    expect(sent[1]).toBe('uuid_kill u-1 NORMAL_TEMPORARY_FAILURE');
  });

  it('that is answered in the moment in which it is cancelled is ended', async () => {
    let settle: (said: string) => void = () => undefined;
    answer = () => new Promise((resolve) => (settle = resolve));
    const { origination } = originator.originate(ORDER);
    await Promise.resolve();
    const cancelled = originator.cancel(origination.id);
    settle('+OK u-1');
    expect(await cancelled).toMatchObject({ state: 'cancelled', uuid: 'u-1' });
    expect(sent.slice(1)).toEqual([
      `hupall ORIGINATOR_CANCEL cti_dial ${origination.id}`,
      'uuid_kill u-1 ORIGINATOR_CANCEL',
    ]);
    expect(await originator.cancel(origination.id)).toMatchObject({ state: 'cancelled' });
    await expect(originator.cancel('none')).rejects.toMatchObject({ code: 'no_such_origination' });
  });

  it('needs a switch, room, and the leave of the policy, before anything is sent', async () => {
    const code = (order: Partial<OriginateRequest>): string => {
      try {
        originator.originate({ ...ORDER, ...order });
        return 'sent';
      } catch (error) {
        return (error as AppError).code;
      }
    };
    expect(code({ to: 'sofia/internal/1@x.example' })).toBe('action_refused');
    expect(code({ policy: 'none' })).toBe('action_refused');
    expect(code({ to: 'user/1 &hangup()' })).toBe('invalid_request');
    connected = false;
    expect(code({})).toBe('switch_unreachable');
    connected = true;
    answer = () => new Promise(() => undefined);
    expect([code({ policy: 'few' }), code({ policy: 'few' })]).toEqual(['sent', 'action_refused']);
    expect([code({}), code({})]).toEqual(['sent', 'overloaded']);
    table.drain();
    expect(code({})).toBe('overloaded');
    await Promise.resolve();
    expect(sent.filter((one) => one.startsWith('originate'))).toHaveLength(2);
  });

  it('is remembered for a while: those that are over give way', async () => {
    const ids: string[] = [];
    for (let count = 0; count < 1002; count += 1) {
      const { origination, settled } = originator.originate(ORDER);
      ids.push(origination.id);
      await settled;
    }
    expect(originator.list()).toHaveLength(1000);
    expect(() => originator.show(ids[0] ?? '')).toThrow(AppError);
    expect(originator.show(ids.at(-1) ?? '').state).toBe('answered');
  });
});

describe('the command for FreeSWITCH', () => {
  const order = (to: string, more: object = {}): ReturnType<typeof dialCommand> =>
    dialCommand({ to, timeoutSeconds: 20, ...more }, 'id', undefined);

  it('puts what is ours first, for every part, and keeps what was said', () => {
    expect(order('[leg_timeout=5]user/1,user/2|user/3:_:{ignore_early_media=false}user/4').command).toBe(
      'originate {cti_dial=id,originate_timeout=20,park_timeout=30}[leg_timeout=5]user/1,user/2|user/3:_:{cti_dial=id,originate_timeout=20,park_timeout=30,ignore_early_media=false}user/4 &park() XML default undef undef 20',
    );
  });

  it('is waited for as long as FreeSWITCH may take for all that it tries', () => {
    expect(order('user/1').longestMs).toBe(30_000);
    expect(order('user/1|user/2|user/3').longestMs).toBe(70_000);
  });

  it('is one command of seven words, whatever the names are', () => {
    const { command, judged } = order('user/1', { callerNumber: '+4930', callerName: 'Süd & (Ost)' });
    expect(command).toMatch(/ XML default 'Süd & \(Ost\)' \+4930 20$/);
    expect(judged).toBe('{origination_caller_id_number=+4930,origination_caller_id_name=Süd & (Ost)}user/1');
    for (const callerName of ["a'b", 'a\\b', 'a\nb', '', ' a', 'a"b', 'a${b}', 'a,b', 'x'.repeat(65)])
      expect(() => order('user/1', { callerName }), callerName).toThrow(AppError);
    for (const callerNumber of ['1 2', '', "1'", '1@x', '$1'])
      expect(() => order('user/1', { callerNumber })).toThrow(AppError);
  });
});
