import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Policy } from '../../../src/call/policy.js';
import { policyProfileSchema } from '../../../src/call/policy-profile.js';
import { checkFlows } from '../../../src/flow/check/check.js';
import { mermaid, tree } from '../../../src/flow/diagram.js';
import type { FlowAction } from '../../../src/flow/port.js';
import { writeState } from '../../../src/flow/state.js';
import { setOf, told, Walk } from './walk.js';
import type { WalkOptions } from './walk.js';

const FOLDER = new URL('../../../conf/flows/', import.meta.url);
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));
const FLOWS = Object.fromEntries(
  FILES.map((name) => [name.slice(0, -5), readFileSync(new URL(name, FOLDER), 'utf8')]),
);

const SPEECH = {
  languages: { en: { engine: 'flite', voice: 'slt' }, zh: { engine: 'unimrcp', voice: 'xiaoyun' } },
  defaultLanguage: 'en-US',
};
const policy = new Policy('default', policyProfileSchema.parse({}));

function refusalOf({ application, data }: Pick<FlowAction, 'application' | 'data'>): string | undefined {
  const verdict = policy.check({ application, data }, { get: () => undefined });
  return verdict.allowed ? undefined : `${verdict.rule}: ${verdict.detail}`;
}

/** Walks as a runner would: the default policy has a say in everything. */
function walk(flow: string, options: Partial<WalkOptions> = {}): Walk {
  const made = new Walk({
    flows: FLOWS,
    flow,
    settings: { speech: SPEECH },
    variables: { caller_id_number: '+861055', destination_number: '95' },
    ...options,
  });
  return made;
}

function heard(walked: Walk): string[] {
  for (const action of walked.actions)
    expect(refusalOf(action), `${action.application} ${action.data}`).toBeUndefined();
  return walked.heard;
}

it.each(Object.keys(FLOWS))('%s has nothing wrong with it', (name) => {
  const set = setOf({ [name]: FLOWS[name] ?? '' }, { speech: SPEECH });
  expect(checkFlows(set, { policy: refusalOf, speech: SPEECH }).map(told)).toEqual([]);
  for (const flow of set.flows.values()) {
    expect(mermaid(flow)).toContain('flowchart TD');
    expect(tree(flow)).not.toContain('missing');
  }
});

describe("Amazon Connect's tutorial", () => {
  it('greets, asks the function, says its balance by characters, and hangs up', () => {
    const call = walk('connect-tutorial');
    expect(heard(call)).toEqual(['Welcome to Example Corporation.']);
    call.done();
    expect(call.step).toEqual({
      kind: 'invoke',
      function: 'customer-balance',
      parameters: { companyName: 'Example Corporation' },
      masked: [],
    });
    call.answers({ customerBalance: '14.50', websiteUrl: 'www.example.com' });
    expect(heard(call)).toEqual([
      'Your balance is 1, 4, point, 5, 0.',
      '(300 ms)',
      'You find us at www.example.com.',
    ]);
    call.done();
    expect(call.said).toEqual(['hangup NORMAL_CLEARING']);
    expect(call.step).toMatchObject({ final: true });
    expect(call.exits).toEqual(['company:next', 'greeting:next', 'lookup:next', 'balance:next', 'goodbye']);
    expect(writeState(call.state).length).toBeLessThan(1024);
  });

  it('is sorry when the function fails', () => {
    const call = walk('connect-tutorial').done().fails('function_timeout');
    expect(heard(call)).toEqual(['We are sorry, an error occurred. Goodbye.']);
    expect(call.done().said).toEqual(['hangup NORMAL_CLEARING']);
  });
});

describe("Alibaba Cloud's example", () => {
  it.each([
    ['北京市', 'beijing@default'],
    ['河北省', 'hebei@default'],
  ])('leads a caller from %s to the queue of the region', (region, queue) => {
    const call = walk('region');
    expect(call.step).toEqual({
      kind: 'invoke',
      function: 'get_number_region',
      event: 'flat',
      parameters: { phone: '+861055' },
      masked: [],
    });
    call.answers(region);
    expect(heard(call)).toEqual([queue]);
    expect(call.done().said).toEqual(['hangup NORMAL_CLEARING']);
  });

  it.each<[string, (call: Walk) => Walk]>([
    ['comes from elsewhere', (call) => call.answers({ region: '上海' })],
    ['can not be placed because the function is slow', (call) => call.fails('function_timeout')],
    ['can not be placed because the function throws', (call) => call.fails('function_exception')],
    ['can not be placed because the answer makes no sense', (call) => call.answers({ a: '1', b: '2' })],
    [
      'finds nobody in the queue',
      (call) =>
        call
          .answers('北京')
          .done({ queue: { status: 'timed_out', variables: { cc_cancel_reason: 'TIMEOUT' } } }),
    ],
  ])('leads a caller who %s to a human', (_title, then) => {
    expect(heard(then(walk('region')))).toEqual(['user/operator']);
  });

  it('gives the call back to the dialplan where there is no human, and never hangs up', () => {
    const call = walk('region')
      .fails('function_timeout')
      .done({ bridge: { status: 'failed', variables: { originate_disposition: 'USER_NOT_REGISTERED' } } });
    expect(call.step).toEqual({ kind: 'done' });
  });

  it.each([
    [{ province: '北京', city: '', vip_level: '1' }, 'beijing@default'],
    [{ province: '', city: '北京市', vip_level: '0' }, 'beijing@default'],
    [{ province: '河北', city: '石家庄', vip_level: '2' }, 'hebei@default'],
    [{ province: '北京', city: '', vip_level: '3' }, 'user/operator'],
    [{ province: '北京' }, 'user/operator'],
  ])('takes several values: %j', (answer, expected) => {
    const call = walk('region-many');
    expect(call.step).toMatchObject({ parameters: { phone: '+861055', dialled: '95' } });
    expect(heard(call.answers(answer))).toEqual([expected]);
  });
});

describe('the order lookup', () => {
  it('tells when an order was sent, and asks for another', () => {
    const call = walk('order-lookup');
    expect(heard(call)).toEqual(['Please enter your six digit order number, followed by the hash key.']);
    call.types('123456', '#');
    expect(call.step).toMatchObject({
      kind: 'invoke',
      parameters: { order: '123456', caller: '+861055' },
      waiting: { play: 'local_stream://moh' },
    });
    call.answers({ status: 'shipped', shipped_on: '2026-01-05' });
    expect(heard(call)).toEqual(['Order 1, 2, 3, 4, 5, 6 was sent on January 5, 2026.']);
    expect(heard(call.done())).toEqual([
      'For another order press 1. For an operator press 0. Otherwise hang up.',
    ]);
    expect(call.types('1').state.block).toBe('ask');
  });

  it('asks again for what is no order number, and gives up to a human', () => {
    const call = walk('order-lookup').types('12', '#');
    expect(heard(call)).toEqual([
      'That is not an order number. Please enter your six digit order number, followed by the hash key.',
    ]);
    expect(heard(call.types(''))).toEqual([
      'I did not hear anything. Please enter your six digit order number, followed by the hash key.',
    ]);
    expect(heard(call.types(''))).toEqual(['user/operator']);
  });

  it('knows an order that is open, and three that it does not know', () => {
    expect(heard(walk('order-lookup').types('123456').answers({ status: 'packed' }))[0]).toContain(
      'Your order is packed',
    );
    const call = walk('order-lookup');
    for (let times = 0; times < 3; times += 1) {
      call.types('123456').answers({ status: 'unknown' });
      expect(heard(call)).toEqual(['I do not know that order.']);
      call.done();
    }
    expect(heard(call)).toEqual(['user/operator']);
  });
});

describe('the password reset', () => {
  it('keeps the pin to itself', () => {
    const call = walk('password-reset').types('10042', '#');
    expect(heard(call)).toEqual(['Now enter your pin.']);
    expect(call.step).toMatchObject({ masked: ['cti_digits'] });
    call.types('7531', '#');
    expect(call.step).toMatchObject({ kind: 'invoke', masked: ['pin'] });
    expect(call.state.masked).toEqual(['StoredInput']);
  });

  it('resets', () => {
    const call = walk('password-reset').types('10042', '#').types('7531', '#');
    expect(call.step).toMatchObject({
      kind: 'invoke',
      parameters: { employee: '10042', pin: '7531' },
      masked: ['pin'],
      waiting: { play: 'say:One moment please.' },
    });
    expect(heard(call.answers({ result: 'done' }))[0]).toContain('Done.');
    expect(call.done().said).toEqual(['hangup NORMAL_CLEARING']);
  });

  it('lets a wrong pin be tried three times', () => {
    const call = walk('password-reset').types('10042', '#');
    for (let times = 0; times < 3; times += 1) {
      call.types('0000', '#').answers({ result: 'wrong_pin' });
      expect(heard(call)).toEqual(['That pin is not right.']);
      call.done();
    }
    expect(heard(call)).toEqual(['group/service-desk']);
  });
});

describe('opening hours', () => {
  const at = (time: string): Walk => walk('opening-hours', { now: Date.parse(time) });

  it('queues while it is open', () => {
    expect(heard(at('2026-01-05T10:00+01:00'))).toEqual(['support@default']);
  });

  it.each([
    ['2026-01-05T20:00+01:00', 'You are calling outside of our opening hours.'],
    ['2026-12-25T10:00+01:00', 'Today is a holiday.'],
  ])('takes a message at %s', (time, said) => {
    const call = at(time);
    expect(heard(call)).toEqual([said]);
    expect(heard(call.done())).toEqual([
      'Please leave a message after the tone, and press hash when you are done.',
    ]);
    const file = '/usr/local/freeswitch/var/lib/freeswitch/recordings/voicemail-c0ffee.wav';
    expect(heard(call.done())).toEqual(['(beep)', file]);
    call.done({ record: { variables: { record_ms: '4200' } } });
    expect(call.step).toMatchObject({
      kind: 'invoke',
      function: 'new-voicemail',
      parameters: { caller: '+861055', file, ms: '4200' },
    });
    expect(heard(call.fails('function_unreachable'))).toEqual(['Thank you. Goodbye.']);
  });

  it('takes a message when nobody has time', () => {
    const call = at('2026-01-05T10:00+01:00').done({
      queue: { status: 'timed_out', variables: { cc_cancel_reason: 'TIMEOUT' } },
    });
    expect(heard(call)).toEqual(['All our people are talking.']);
  });

  it('hangs up when nothing was said', () => {
    const call = at('2026-01-05T20:00+01:00')
      .done()
      .done()
      .done({ record: { status: 'failed' } });
    expect(call.said).toEqual(['hangup NORMAL_CLEARING']);
  });
});
