import { describe, expect, it } from 'vitest';
import type { FlowOutcome } from '../../../../src/flow/port.js';
import { HANGUP_CAUSES } from '../../../../src/switch/hangup-cause.js';
import { around, Walk } from '../walk.js';

const EXITS = ['busy', 'no_answer', 'refused', 'unreachable', 'error'];

function transferring(parameters: string, attributes: Readonly<Record<string, string>> = {}): Walk {
  return new Walk({
    flows: { main: around(`type: transfer\n${parameters}`, EXITS) },
    inputs: { attributes },
  });
}

describe('the dial string', () => {
  it.each([
    ['to: { user: "10001" }', 'user/10001'],
    ['to: { user: $.Attributes.agent, domain: example.org }', 'user/alice@example.org'],
    ['to: { group: sales }', 'group/sales'],
    ['to: { number: "+49 (30) 123-45", gateway: carrier }', 'sofia/gateway/carrier/+493012345'],
    ['to: { number: $.Attributes.call-back, gateway: carrier }', 'sofia/gateway/carrier/123'],
    ['to: { number: "$.Attributes[\'call back\']", gateway: carrier }', 'sofia/gateway/carrier/456'],
    ['to: { sip: "sip:bob@example.org:5080", profile: external }', 'sofia/external/bob@example.org:5080'],
    [
      'to: { user: "1" }\ncaller_id: { number: "+4930", name: Example Corp }',
      '{origination_caller_id_number=+4930,origination_caller_id_name=Example Corp}user/1',
    ],
  ])('of %s', (parameters, expected) => {
    const walk = transferring(parameters, {
      agent: 'alice',
      'call-back': '123',
      'call back': '45-6',
      callback: '0900',
    });
    expect(walk.actions).toEqual([
      {
        application: 'bridge',
        data: expected,
        id: 'bridge',
        onError: 'continue',
        timeoutMs: 30_000,
        heard: expected,
      },
    ]);
  });

  it('bounds the ringing, and gives the caller something to hear', () => {
    const walk = transferring("to: { user: '1' }\ntimeout_ms: 12000\nringback: 'local_stream://moh'");
    expect(walk.said).toEqual([
      'set ringback=local_stream://moh',
      'set transfer_ringback=local_stream://moh',
      'bridge user/1',
    ]);
    expect(walk.actions.at(-1)?.timeoutMs).toBe(12_000);
  });

  it.each([
    '1,user/2',
    '1|user/2',
    '1:_:user/2',
    '{api_on_answer=x}1',
    '[x=y]1',
    '1@evil.example',
    '${system(x)}',
    '1 2',
    '',
    "1'",
    'a'.repeat(65),
  ])('is not made with %j', (agent) => {
    const walk = transferring('to: { user: $.Attributes.agent }', { agent });
    expect(walk.exits).toEqual(['it:error', 'at-error']);
    expect(walk.state.error).toBe('unsafe_value');
  });

  it.each([
    ['to: { number: $.Attributes.x, gateway: carrier }', '123@evil.example'],
    ['to: { number: $.Attributes.x, gateway: carrier }', '123;fs_path=sip:evil'],
    ['to: { number: "1", gateway: $.Attributes.x }', 'a/b'],
    ['to: { sip: $.Attributes.x, profile: external }', 'bob@example.org;transport=tcp,user/1'],
    ['to: { sip: bob@example.org, profile: $.Attributes.x }', 'gateway/carrier'],
    ['to: { user: "1", domain: $.Attributes.x }', 'a,b'],
    ['to: { user: "1" }\ncaller_id: { number: $.Attributes.x }', '1,execute_on_answer=hangup'],
    ['to: { user: "1" }\ncaller_id: { name: $.Attributes.x }', "x',a=b"],
    ['to: { user: "1" }\ncaller_id: { name: $.Attributes.x }', 'x}sofia/external/y@z'],
  ])('of %s is not made with %j', (parameters, x) => {
    expect(transferring(parameters, { x }).state.error).toBe('unsafe_value');
  });
});

describe('the result', () => {
  function after(outcome: Partial<FlowOutcome>): Walk {
    return transferring("to: { user: '1' }").done({ bridge: outcome });
  }

  it('goes on when they have talked', () => {
    expect(after({ status: 'ok' }).exits).toEqual(['it:next', 'at-next']);
  });

  it.each([
    ['USER_BUSY', 'busy'],
    ['NO_ANSWER', 'no_answer'],
    ['NO_USER_RESPONSE', 'no_answer'],
    ['CALL_REJECTED', 'refused'],
    ['DECLINE', 'refused'],
    ['USER_NOT_REGISTERED', 'unreachable'],
    ['SUBSCRIBER_ABSENT', 'unreachable'],
    ['UNALLOCATED_NUMBER', 'unreachable'],
    ['NO_ROUTE_DESTINATION', 'unreachable'],
    ['GATEWAY_DOWN', 'unreachable'],
    ['DESTINATION_OUT_OF_ORDER', 'unreachable'],
    ['MANDATORY_IE_MISSING', 'error'],
  ])('%s leaves by %s', (cause, exit) => {
    const walk = after({ status: 'failed', variables: { originate_disposition: cause } });
    expect(walk.exits).toEqual([`it:${exit}`, `at-${exit}`]);
    expect(walk.state.error).toBe(cause);
  });

  it('takes every hangup cause of FreeSWITCH', () => {
    for (const cause of Object.keys(HANGUP_CAUSES)) {
      const walk = after({ status: 'failed', variables: { originate_disposition: cause } });
      expect(EXITS).toContain(walk.visits[0]?.exit);
    }
  });

  it('finds the cause where FreeSWITCH leaves it', () => {
    expect(after({ status: 'failed', detail: 'USER_BUSY' }).exits[0]).toBe('it:busy');
    expect(
      after({
        status: 'failed',
        variables: { originate_disposition: 'failure', originate_failed_cause: 'USER_BUSY' },
      }).exits[0],
    ).toBe('it:busy');
    expect(after({ status: 'failed', response: 'BUSY' }).exits[0]).toBe('it:busy');
    expect(after({ status: 'timed_out' }).exits[0]).toBe('it:no_answer');
    expect(after({ status: 'failed' }).state.error).toBe('action_failed');
  });

  it('leaves by error when the policy refuses it', () => {
    const walk = after({ status: 'refused', detail: 'dial.gateway: USER_BUSY' });
    expect(walk.exits[0]).toBe('it:error');
    expect(walk.state.error).toBe('action_refused');
  });
});
