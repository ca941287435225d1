import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ERRORS } from '../../../../src/errors.js';
import { BLOCK_TYPES, blockType } from '../../../../src/flow/blocks/table.js';
import { Walk } from '../walk.js';

type Go = (walk: Walk) => unknown;

interface Way {
  readonly attributes?: Readonly<Record<string, string>>;
  readonly now?: number;
  readonly draw?: number;
  /** Other parameters than those of the whole. */
  readonly block?: string;
  /** What happens in the block; without it, it is left at once. */
  readonly go?: Go;
}

/** A block of each type, and what makes it leave by each of its exits. */
interface Whole {
  readonly block: string;
  readonly ways: Readonly<Record<string, Way>>;
}

const done: Way = { go: (walk) => walk.done() };
const refused = (name: string): Way => ({ go: (walk) => walk.done({ [name]: { status: 'refused' } }) });
const bridged = (cause: string): Way => ({
  go: (walk) => walk.done({ bridge: { status: 'failed', variables: { originate_failed_cause: cause } } }),
});
const queued = (reason: string): Way => ({
  go: (walk) =>
    walk.done({ queue: { status: 'failed', variables: { cc_cause: 'cancel', cc_cancel_reason: reason } } }),
});
const failing = (code: string): Way => ({ go: (walk) => walk.fails(code) });
const typing = (digits: string, terminator = ''): Way => ({ go: (walk) => walk.types(digits, terminator) });

const WHOLE: Readonly<Record<string, Whole>> = {
  play_prompt: { block: 'prompt: hello', ways: { next: done, error: refused('prompt') } },
  get_digits: {
    block: 'prompt: your number\nmin: 2\nmax: 4\ntries: 1',
    ways: {
      next: typing('12', '#'),
      no_input: typing(''),
      no_match: typing('1', '#'),
      error: refused('digits'),
    },
  },
  menu: {
    block: "prompt: choose\ntries: 1\nchoices: { '1': at-next, '2': at-error }",
    ways: {
      '1': typing('1'),
      '2': typing('2'),
      no_input: typing(''),
      no_match: typing('7'),
      error: refused('digits'),
    },
  },
  invoke_function: {
    block: 'function: f',
    ways: {
      next: { go: (walk) => walk.answers({ a: 'b' }) },
      unreachable: failing('function_unreachable'),
      exception: failing('function_exception'),
      not_understood: failing('function_not_understood'),
      too_large: failing('function_too_large'),
      too_slow: failing('function_timeout'),
      error: failing('internal'),
    },
  },
  set_attributes: {
    block: 'attributes: { a: { value: b, export: true } }',
    ways: { next: done, error: refused('set') },
  },
  branch: {
    block:
      'cases: [{ when: { value: $.Attributes.x, equals: 1 }, next: at-next }, { name: two, when: { value: $.Attributes.x, equals: 2 }, next: at-next }]',
    ways: {
      'case 1': { attributes: { x: '1' } },
      two: { attributes: { x: '2' } },
      next: {},
    },
  },
  hours: {
    block: "time_zone: UTC\nopen: { mon-fri: 09:00-17:00 }\nholidays: ['01-01']",
    ways: {
      open: { now: Date.UTC(2026, 0, 5, 12) },
      closed: { now: Date.UTC(2026, 0, 4, 12) },
      holiday: { now: Date.UTC(2026, 0, 1, 12) },
    },
  },
  distribute: {
    block: 'shares: [{ percent: 50, next: at-next }, { name: rest, percent: 50, next: at-error }]',
    ways: { 'share 1': { draw: 10 }, rest: { draw: 90 } },
  },
  loop: {
    block: 'times: $.Attributes.n',
    ways: { again: { attributes: { n: '2' } }, next: { attributes: { n: '0' } } },
  },
  wait: { block: 'ms: 10', ways: { next: done, error: refused('sleep') } },
  transfer: {
    block: "to: { user: '1' }",
    ways: {
      next: done,
      busy: bridged('USER_BUSY'),
      no_answer: bridged('NO_ANSWER'),
      refused: bridged('CALL_REJECTED'),
      unreachable: bridged('USER_NOT_REGISTERED'),
      error: refused('bridge'),
    },
  },
  queue: {
    block: 'callcenter: support@default',
    ways: {
      next: done,
      timeout: queued('TIMEOUT'),
      no_agents: queued('NO_AGENT_TIMEOUT'),
      left: queued('EXIT_WITH_KEY'),
      error: queued('BREAK_OUT'),
    },
  },
  record: {
    block: 'file: /rec/a.wav\nbeep: false',
    ways: {
      next: { go: (walk) => walk.done({ record: { variables: { record_ms: '5000' } } }) },
      nothing: { go: (walk) => walk.done({ record: { status: 'failed' } }) },
      error: refused('record'),
    },
  },
  run_actions: {
    block: 'actions: [{ application: answer }]',
    ways: {
      next: done,
      failed: { go: (walk) => walk.done({ a0: { status: 'failed' } }) },
      error: refused('a0'),
    },
  },
  cti_curl: { block: 'url: http://app.test/', ways: { next: done, error: refused('curl') } },
  go_to_flow: { block: 'flow: nowhere', ways: { error: {} } },
  call_flow: {
    block: 'flow: other',
    ways: { next: {}, error: { block: 'flow: nowhere' } },
  },
  return: { block: 'values: { a: b }', ways: {} },
  disconnect: { block: 'cause: USER_BUSY', ways: {} },
  end: { block: '', ways: {} },
};

const OTHER = 'start: back\nblocks:\n  back: { type: return }\n';

/** A flow of this one block; each way out of it leads to an end. */
function flowOf(type: string, block: string): string {
  const blockOfType = typeNamed(type);
  const wired = blockOfType
    .exits(parametersOf(type, block))
    .filter(({ name, target }) => name !== 'next' && target === undefined);
  const lines = [
    `type: ${type}`,
    ...block.split('\n'),
    ...(blockOfType.last === true ? [] : ['next: at-next']),
    `exits: {${wired.map(({ name }) => `${name}: at-error`).join(', ')}}`,
  ];
  const it = lines.map((line) => `    ${line}`).join('\n');
  return `start: it\nblocks:\n  it:\n${it}\n  at-next: { type: end }\n  at-error: { type: end }\n`;
}

function typeNamed(type: string): (typeof BLOCK_TYPES)[number] {
  const found = blockType(type);
  if (found === undefined) throw new Error(`no type of block is called ${type}`);
  return found;
}

function parametersOf(type: string, block: string): unknown {
  return typeNamed(type).parameters.parse(parse(block) ?? {});
}

function exitsOf(type: string, block: string): string[] {
  return typeNamed(type)
    .exits(parametersOf(type, block))
    .map(({ name }) => name)
    .sort();
}

describe('every exit of every type of block', () => {
  it('has a way in the table', () => {
    expect(Object.keys(WHOLE).sort()).toEqual(BLOCK_TYPES.map(({ type }) => type).sort());
    for (const [type, { block, ways }] of Object.entries(WHOLE)) {
      expect(Object.keys(ways).sort(), type).toEqual(exitsOf(type, block));
    }
  });

  const all = Object.entries(WHOLE).flatMap(([type, { block, ways }]) =>
    Object.entries(ways).map(([exit, way]) => [type, exit, { block, ...way }] as const),
  );
  it.each(all)('%s leaves by %s', (type, exit, { block, attributes = {}, now, draw, go }) => {
    const walk = new Walk({
      flows: { main: flowOf(type, block), other: OTHER },
      inputs: { attributes },
      ...(now === undefined ? {} : { now }),
      ...(draw === undefined ? {} : { draw: () => draw }),
    });
    go?.(walk);
    expect(walk.exits).toContain(`it:${exit}`);
  });
});

describe('every code of a failing function', () => {
  const codes = Object.keys(ERRORS).filter((code) => code.startsWith('function_'));
  // Those that only the commands for the registry have.
  const ofCommands = ['function_exists', 'function_in_use'];

  it.each(codes.filter((code) => !ofCommands.includes(code)))('%s has an exit of its own', (code) => {
    const walk = new Walk({ flows: { main: flowOf('invoke_function', 'function: f') } });
    walk.fails(code);
    expect(walk.state.error).toBe(code);
    expect(walk.exits[0]).toMatch(/^it:(?:unreachable|exception|not_understood|too_large|too_slow)$/);
  });
});
