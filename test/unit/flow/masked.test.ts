import { describe, expect, it } from 'vitest';
import { Walk } from './walk.js';

const ASK = `
  ask: { type: get_digits, prompt: Your PIN, min: 4, max: 4, mask: true, next: keep, exits: { no_input: end, no_match: end } }
  keep: { type: set_attributes, attributes: { pin: $.StoredInput }, next: it }`;

/** A flow in which the caller has typed 4711, which is nobody's business, and comes to a block. */
function typed(block: string, more: Readonly<Record<string, string>> = {}): Walk {
  const main = `start: ask\nerror: end\nblocks:${ASK}\n  it: ${block}\n  end: { type: end }\n`;
  return new Walk({ flows: { main, ...more } }).types('4711');
}

/** All that a trace, a record or a person is shown of the actions. */
function shown(walk: Walk): (string | undefined)[] {
  return walk.actions.flatMap(({ shown: text, heard }) => [text, heard]);
}

describe('what is masked stays so', () => {
  it.each([
    [
      '{ type: cti_curl, url: "https://a.example/p/$.Attributes.pin?x=$.StoredInput&n=$.ContactId", next: end }',
      'cti_curl https://a.example/p/4711?x=4711&n=c0ffee',
      'https://a.example/p/***?x=***&n=c0ffee',
    ],
    [
      '{ type: transfer, to: { number: "030$.Attributes.pin", gateway: out }, next: end }',
      'bridge sofia/gateway/out/0304711',
      'sofia/gateway/out/030***',
    ],
    [
      '{ type: queue, fifo: "q$.Attributes.pin", exits: { timeout: end, left: end }, next: end }',
      'fifo q4711 in',
      'q***',
    ],
    [
      '{ type: record, file: "/r/$.Attributes.pin.wav", beep: false, exits: { nothing: end }, next: end }',
      'record /r/4711.wav 120',
      '/r/***.wav',
    ],
    [
      '{ type: set_attributes, attributes: { copy: { value: $.Attributes.pin, export: true } }, next: end }',
      'set cti_copy=4711',
      'cti_copy=***',
    ],
  ])('in %s', (block, said, text) => {
    const walk = typed(block);
    expect(walk.said).toContain(said);
    expect(shown(walk)).toContain(text);
    expect(JSON.stringify(shown(walk))).not.toContain('4711');
  });

  it('in any application', () => {
    const walk = typed(
      '{ type: run_actions, actions: [{ application: phrase, data: "pin,$.Attributes.pin" }], next: end }',
    );
    expect(walk.said).toEqual(['phrase pin,4711']);
    expect(shown(walk)).toEqual(['pin,***', 'phrase pin,***']);
  });

  it('in a flow that is called, in what it returns, and in the flow that goes on', () => {
    const inner = `
start: keep
blocks:
  keep: { type: set_attributes, attributes: { inner: $.FlowAttributes.given }, flow_attributes: { own: x }, next: back }
  back: { type: return, values: { out: $.FlowAttributes.given, plain: x } }`;
    const walk = typed(
      '{ type: call_flow, flow: inner, inputs: { given: $.Attributes.pin, open: x }, outputs: { mine: out, plain: plain }, next: wait }\n  wait: { type: wait, ms: 10, next: end }',
      { inner },
    );
    expect(walk.state.attributes).toMatchObject({ inner: '4711' });
    expect(walk.state.flowAttributes).toMatchObject({ mine: '4711', plain: 'x' });
    expect([...walk.state.masked].sort()).toEqual([
      'Attributes.inner',
      'Attributes.pin',
      'FlowAttributes.mine',
      'StoredInput',
    ]);
  });

  it('of the flow that called, when it goes on', () => {
    const inner = 'start: back\nblocks:\n  back: { type: return }';
    const walk = typed(
      '{ type: set_attributes, flow_attributes: { own: $.Attributes.pin }, next: call }\n  call: { type: call_flow, flow: inner, next: wait }\n  wait: { type: wait, ms: 10, next: end }',
      { inner },
    );
    expect(walk.state.masked).toContain('FlowAttributes.own');
  });

  it('in a flow that another program of the call has led to', () => {
    const main = 'start: wait\nblocks:\n  wait: { type: wait, ms: 10, next: end }\n  end: { type: end }';
    const walk = new Walk({
      flows: { main },
      inputs: { attributes: { pin: '4711', a: 'b' }, masked: ['pin'] },
    });
    expect(walk.state.masked).toEqual(['Attributes.pin']);
  });
});
