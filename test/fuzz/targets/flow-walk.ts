import { advance, begin, resume } from '../../../src/flow/engine.js';
import { readFlow } from '../../../src/flow/flow.js';
import { flowSet } from '../../../src/flow/flow-set.js';
import type { FlowCall, FlowEvent, FlowOutcome, FlowStep, FlowTurn, Json } from '../../../src/flow/port.js';
import { readState, writeState } from '../../../src/flow/state.js';
import { asText, asTexts, jsonForm, partOf } from '../forms/json.js';
import type { JsonValue } from '../forms/json.js';
import { FLOW_DOCUMENTS, policy, SETTINGS } from '../support/flows.js';
import { defineTarget, must, mustEqual } from '../target.js';

/** What came back for a step: `answers` gives the values, one after the other and then from the beginning. */
class Answers {
  readonly #values: readonly JsonValue[];
  #at = 0;

  constructor(value: JsonValue | undefined) {
    this.#values = Array.isArray(value) && value.length > 0 ? value : [value ?? null];
  }

  next(): JsonValue {
    return this.#values[this.#at++ % this.#values.length] ?? null;
  }

  event(step: FlowStep): FlowEvent {
    const value = this.next();
    if (step.kind === 'invoke') {
      const failed = partOf(value, 'fails');
      const result =
        failed === undefined
          ? { ok: true as const, values: value as Json }
          : { ok: false as const, code: asText(failed), detail: asText(failed) };
      return { kind: 'function', result };
    }
    if (step.kind !== 'actions') return { kind: 'outcomes', outcomes: [] };
    const outcomes = step.actions.map(({ application, id }, index): FlowOutcome => ({
      index,
      application,
      status: typeof value === 'string' ? value : asText(partOf(value, 'status') ?? 'ok'),
      ...(id === undefined ? {} : { id }),
      variables: asTexts(partOf(value, 'variables')),
    }));
    return { kind: 'outcomes', outcomes };
  }
}

const DIGITS = {
  status: 'ok',
  variables: { read_result: 'success', cti_digits: '12345', read_terminator_used: '#' },
};
const FAILED = { status: 'failed', variables: { originate_disposition: 'USER_BUSY', DIALSTATUS: 'BUSY' } };
const OWN = {
  start: 'ask',
  error: 'sorry',
  inputs: ['x'],
  blocks: {
    ask: {
      type: 'get_digits',
      prompt: ['Hi $.Attributes.x, digits', { file: 'a-$.Attributes.x.wav' }],
      max: 4,
      min: 1,
      next: 'menu',
      barge_in: true,
    },
    menu: { type: 'menu', prompt: 'one or two', choices: { 1: 'set', 2: 'call' }, next: 'fn' },
    set: {
      type: 'set_attributes',
      attributes: { y: '$.StoredInput', z: { value: '$.Attributes.x', export: true } },
      next: 'go',
    },
    call: {
      type: 'transfer',
      to: { number: '$.Attributes.x', gateway: 'g' },
      caller_id: { name: '$.Attributes.x', number: '1' },
      next: 'set',
    },
    fn: {
      type: 'invoke_function',
      function: 'f',
      parameters: { employee: '$.Attributes.x', all: '$.External' },
      next: 'branch',
    },
    branch: {
      type: 'branch',
      cases: [{ name: 'a', when: { value: '$.External.result', matches: '(a+)+' }, next: 'set' }],
      next: 'rec',
    },
    rec: { type: 'record', file: '/rec/$.Attributes.x.wav', next: 'queue' },
    queue: { type: 'queue', fifo: '$.Attributes.x', next: 'actions' },
    actions: {
      type: 'run_actions',
      actions: [{ application: 'log', data: 'INFO $.Attributes.x' }],
      next: 'wait',
    },
    wait: { type: 'wait', seconds: 1, next: 'loop' },
    loop: { type: 'loop', times: 3, exits: { again: 'ask' }, next: 'sub' },
    sub: { type: 'call_flow', flow: 'main', inputs: { x: '$.External.x' }, next: 'end' },
    go: { type: 'cti_curl', url: 'https://a.example/?x=$.Attributes.x' },
    sorry: {
      type: 'play_prompt',
      prompt: { ssml: '<speak>sorry <break/> $.Error.Code</speak>' },
      next: 'end',
    },
    end: { type: 'end' },
  },
};

function checkStep(step: FlowStep, given: boolean): void {
  if (step.kind !== 'actions') return;
  for (const { application, data, timeoutMs } of step.actions) {
    must(/^\w{1,64}$/.test(application), `an application "${application}"`);
    must(typeof data === 'string', `the data of ${application} is no text`);
    must(
      timeoutMs === undefined || (Number.isFinite(timeoutMs) && timeoutMs > 0),
      `a time-out of ${timeoutMs ?? 0}`,
    );
    policy.check({ application, data }, { get: () => undefined });
    // What the flow's author wrote is his own; a value brings nothing of the kind.
    if (given) must(!/[\0\r\n$]/.test(data), `the data of ${application}: ${JSON.stringify(data)}`);
  }
}

/** The texts of a flow hold nothing that FreeSWITCH reads. */
function isHarmless(document: JsonValue): boolean {
  return !/\$(?!\.)|\$\.\$|\$\$|\\n|\\r|\\u0000|"set"|multiset|run_actions/.test(JSON.stringify(document));
}

export const target = defineTarget<JsonValue>({
  name: 'flow-walk',
  about:
    'Calls through flows, with hostile channel variables, digits, outcomes and functions’ answers: every turn is a step, an end or a documented failure; the state survives being written; steps are applications with texts, into which no value brings line breaks or references.',
  covers: [
    'flow/engine.ts',
    'flow/turn.ts',
    'flow/blocks/',
    'flow/speech/',
    'flow/condition.ts',
    'flow/state.ts',
    'flow/flow-set.ts',
    'flow/flow.ts',
  ],
  found: [
    'an answer that is nested deep was written into a state that could not be read back (`flow/blocks/invoke-function.ts`), and one with a `__proto__` into a state that came back without it (`flow/state.ts`)',
  ],
  form: jsonForm([
    ...new Set(FLOW_DOCUMENTS.concat([OWN]).flatMap((one) => JSON.stringify(one).match(/[\w$.-]{2,40}/g) ?? [])),
    'read_result', 'cti_digits', 'read_terminator_used', 'playback_terminator_used', 'timed_out', 'refused', 'failed', 'fails', 'function_timeout',
    'caller_id_number', 'destination_number', 'direction', 'outbound', 'originate_disposition', 'DIALSTATUS', 'cc_agent', 'fifo_status',
    '#', '*', '12', 'hours', 'distribute', 'return', 'go_to_flow', 'disconnect', '2026-01-01', 'Europe/Berlin', '09:00', 'equals', 'contains', 'matches', 'greater_than',
  ]), // prettier-ignore
  seeds: [
    ...FLOW_DOCUMENTS.map((flow) => ({
      flow,
      variables: { caller_id_number: '+4930' },
      answers: [DIGITS, { result: 'done', city: 'Berlin' }, FAILED],
    })),
    {
      flow: OWN,
      variables: { caller_id_number: '+4930', tts_engine: 'x' },
      attributes: { x: '${system(id)}\n' },
      answers: [DIGITS, { result: 'a', x: '1' }],
    },
    {
      flow: OWN,
      variables: {},
      attributes: { x: '../1' },
      answers: [{ variables: { playback_terminator_used: '1' } }, 'timed_out', { fails: 'function_timeout' }],
    },
    {
      flow: OWN,
      variables: {},
      attributes: { x: '1' },
      answers: [{ status: 'ok', variables: { read_result: 'success', cti_digits: '2' } }, 'refused', FAILED],
    },
  ],
  run(input) {
    const document = partOf(input, 'flow') ?? null;
    const read = readFlow({ name: 'main', file: 'main.yaml', document, place: () => undefined });
    if (!read.ok) return;
    const set = flowSet([read.flow], SETTINGS);
    const variables = asTexts(partOf(input, 'variables'));
    let now = 1_767_600_000_000;
    const call: FlowCall = {
      uuid: 'c0ffee',
      get: (name) => (Object.hasOwn(variables, name) ? variables[name] : undefined),
      now: () => (now += 1_000),
    };
    const answers = new Answers(partOf(input, 'answers'));
    const harmless = isHarmless(document);
    let turn: FlowTurn = begin(set, 'main', call, { attributes: asTexts(partOf(input, 'attributes')) });
    for (let steps = 0; steps < 40; steps++) {
      checkStep(turn.step, harmless);
      must(turn.visits.length <= 600, `${turn.visits.length} visits in one turn`);
      const text = writeState(turn.state);
      const state = readState(text);
      must(state !== undefined, `a state that cannot be read: ${text}`);
      mustEqual(state, turn.state, 'the state written and read');
      if (
        turn.step.kind === 'done' ||
        turn.step.kind === 'failed' ||
        (turn.step.kind === 'actions' && turn.step.final)
      )
        break;
      must(Buffer.byteLength(text) <= 16_384, `a state of ${Buffer.byteLength(text)} bytes`);
      if (steps === 3) checkStep(resume(set, state, call).step, harmless);
      turn = advance(set, state, answers.event(turn.step), call);
    }
  },
});
