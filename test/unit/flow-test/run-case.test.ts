import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { policyProfileSchema } from '../../../src/call/policy-profile.js';
import { Policy } from '../../../src/call/policy.js';
import { ClaimedNumbers } from '../../../src/flow/numbers.js';
import { checkedFlows } from '../../../src/flow-files/folder.js';
import { caseFileSchema, readCaseFile } from '../../../src/flow-test/case-file.js';
import { Coverage } from '../../../src/flow-test/coverage.js';
import { judge } from '../../../src/flow-test/judge.js';
import { runCase } from '../../../src/flow-test/run-case.js';
import type { CaseRun } from '../../../src/flow-test/run-case.js';
import { Stage } from '../../../src/flow-test/stage.js';

const folder = mkdtempSync(join(tmpdir(), 'switchhook-flows-'));
const stage = new Stage(['greeting']);
afterAll(async () => {
  await stage.close();
  rmSync(folder, { recursive: true, force: true });
});

let count = 0;

/** Runs a case on a flow that is written in the test. */
async function run(
  blocks: string,
  given: object = {},
): Promise<{ run: CaseRun; misses: string[]; missed: readonly string[] }> {
  const name = `flow-${(count += 1)}`;
  const file = join(folder, `${name}.yaml`);
  writeFileSync(
    file,
    `start: first\nerror: wrong\nblocks:\n${blocks}  wrong: { type: end }\n  bye: { type: disconnect }\n`,
  );
  const { set, problems } = checkedFlows([file], {}, {});
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  const { cases, ...common } = caseFileSchema.parse({
    cases: [{ name: 'one', flow: name, expect: {}, ...given }],
  });
  const [one] = cases;
  if (one === undefined) throw new Error('no case');
  const policies = new Map([['default', new Policy('default', policyProfileSchema.parse({}))]]);
  const ground = {
    set,
    stage,
    policies,
    policy: 'default',
    numbers: new ClaimedNumbers([]),
    declared: undefined,
  };
  const whole = { ...common, ...one, place: '' };
  const done = await runCase(whole, ground);
  const coverage = new Coverage(set);
  coverage.add(done);
  return {
    run: done,
    misses: judge(whole, done).map(({ what, got }) => `${what}: ${got}`),
    missed: coverage.flows()[0]?.missed ?? [],
  };
}

describe('a caller', () => {
  const DIGITS =
    '  first: { type: get_digits, prompt: Your number?, min: 2, max: 4, tries: 2, next: bye, exits: { no_input: wrong, no_match: wrong } }\n';

  it('presses when asked', async () => {
    const { misses } = await run(DIGITS, {
      does: [{ press: '123#' }],
      expect: { path: ['first:next', 'bye'], digits: ['123'], ends: 'by_flow' },
    });
    expect(misses).toEqual([]);
  });

  it('types ahead more than is asked for', async () => {
    const { run: done } = await run(
      `${DIGITS.replace('next: bye', 'next: second').replace('max: 4', 'max: 2')}  second: { type: get_digits, min: 2, max: 2, next: bye, exits: { no_input: wrong, no_match: wrong } }\n`,
      { does: [{ press: '1234' }] },
    );
    expect(done.heard.filter(({ what }) => what === 'digits').map(({ text }) => text)).toEqual(['12', '34']);
  });

  it('says nothing, and time passes', async () => {
    const { misses, run: done } = await run(DIGITS, {
      does: ['nothing', 'nothing'],
      expect: { path: ['first:no_input', 'wrong'], ends: 'in_dialplan' },
    });
    expect(misses).toEqual([]);
    expect(done.durationMs).toBeGreaterThan(5000);
  });

  it('hangs up instead of an answer, or in a block, or after a while', async () => {
    for (const given of [
      { does: ['hang_up'] },
      { hangs_up: { in: 'first' } },
      { hangs_up: { after_ms: 200 } },
    ]) {
      const { misses } = await run(DIGITS, { ...given, expect: { path: ['first'], ends: 'by_caller' } });
      expect(misses).toEqual([]);
    }
  });

  it('interrupts a prompt', async () => {
    const { misses } = await run(
      "  first: { type: menu, prompt: [{ file: a.wav }, One., { phrase: greeting }], choices: { '1': bye }, exits: { no_input: wrong, no_match: wrong } }\n",
      { does: [{ interrupt: '1' }], expect: { path: ['first:1', 'bye'], prompts: ['a.wav'] } },
    );
    expect(misses).toEqual([]);
  });

  it('speaks when recorded', async () => {
    const { run: done } = await run(
      '  first: { type: record, file: /var/lib/freeswitch/recordings/a.wav, silence_s: 2, output: at, output_ms: ms, next: bye, exits: { nothing: wrong } }\n',
      { does: [{ says_ms: 2500 }] },
    );
    expect(done.attributes['ms']).toMatch(/^25\d\d$/);
  });
});

describe('the others', () => {
  const TRANSFER = '  first: { type: transfer, to: { user: "1000" }, timeout_ms: 5000, next: bye }\n';

  it.each([
    ['answers', 'next'],
    ['busy', 'busy'],
    ['no_answer', 'no_answer'],
    ['refuses', 'refused'],
    ['unreachable', 'unreachable'],
    [{ cause: 'INTERWORKING' }, 'error'],
    [{ answers_after_ms: 6000 }, 'no_answer'],
    [{ answers_after_ms: 4000, talks_ms: 60_000 }, 'next'],
  ])('a callee who %j', async (callee, exit) => {
    const { run: done } = await run(TRANSFER, { callees: { 'user/1000': callee } });
    expect(done.visits[0]?.exit).toBe(exit);
  });

  it.each([
    ['callcenter: a@b', 'answers', 'next'],
    ['callcenter: a@b', 'timeout', 'timeout'],
    ['callcenter: a@b', 'no_agents', 'no_agents'],
    ['callcenter: a@b', 'left', 'left'],
    ['callcenter: a@b', 'unknown', 'error'],
    ['callcenter: a@b', { times_out_after_ms: 5 }, 'timeout'],
  ])('a queue (%s) that %j', async (queue, fate, exit) => {
    const { run: done } = await run(
      `  first: { type: queue, ${queue}, exits: { timeout: wrong }, next: bye }\n`,
      {
        queues: { 'a@b': fate },
      },
    );
    expect(done.visits[0]?.exit).toBe(exit);
  });

  it('functions answer one after the other, late, or not at all', async () => {
    const flow =
      '  first: { type: invoke_function, function: f, next: again }\n  again: { type: loop, times: 2, next: bye, exits: { again: first } }\n';
    const { run: done } = await run(flow, {
      functions: {
        f: [{ answers: { a: '1' } }, { answers: {}, after_ms: 9000 }, { fails: 'function_exception' }],
      },
    });
    expect(done.functions.map(({ result }) => result)).toEqual(['ok', 'function_timeout']);
    expect(done.visits.at(-1)?.block).toBe('wrong');
    const none = await run(flow);
    expect(none.misses.join()).toContain(
      'functions.f: it was invoked, and the case does not say what it answers',
    );
  });

  it('apps answer what cti_curl asks', async () => {
    const flow =
      "  first: { type: cti_curl, url: 'https://a.example/x?n=$.CustomerEndpoint.Address', next: bye }\n";
    const { misses } = await run(flow, {
      http: { 'https://a.example/': [{ application: 'playback', data: 'ivr/a.wav' }] },
      expect: { path: ['first:next', 'bye'], actions: ['playback'] },
    });
    expect(misses).toEqual([]);
    const { run: failed } = await run(flow, {
      http: { 'https://a.example/': { fails: 'response_timeout' } },
    });
    expect(failed.visits[0]).toMatchObject({ exit: 'error' });
  });
});

describe('the time and the dice', () => {
  it('are what the case says', async () => {
    const flow =
      '  first: { type: hours, time_zone: Europe/Berlin, open: { mon-fri: 09:00-17:00 }, exits: { open: share, closed: wrong, holiday: wrong } }\n  share: { type: distribute, shares: [{ name: a, percent: 50, next: bye }, { name: b, percent: 50, next: wrong }] }\n';
    const open = await run(flow, { at: '2026-03-02T10:00:00+01:00', draws: { share: 70 } });
    expect(open.run.visits.map(({ exit }) => exit)).toEqual(['open', 'b', '']);
    expect(open.missed).toEqual(['bye', 'first:closed', 'first:holiday', 'share:a']);
    const closed = await run(flow, { at: '2026-03-01T10:00:00+01:00' });
    expect(closed.run.visits[0]?.exit).toBe('closed');
  });

  it('let hundreds of calls pass in no time', async () => {
    const flow = '  first: { type: wait, ms: 600000, next: bye }\n';
    for (let call = 0; call < 200; call += 1) {
      const { run: done } = await run(flow);
      expect(done.durationMs).toBeGreaterThanOrEqual(600_000);
    }
  });
});

describe('a file of cases', () => {
  const read = (text: string): ReturnType<typeof readCaseFile> => {
    const file = join(folder, 'cases.txt');
    writeFileSync(file, text);
    return readCaseFile(file);
  };

  it('gives each case what all have in common', () => {
    const cases = read(
      'flow: a\ncaller: "1"\nfunctions: { f: { answers: {} }, g: real }\ncases:\n  - { name: one, expect: {} }\n  - { name: two, caller: "2", functions: { f: { fails: x } }, expect: {} }\n',
    );
    expect(cases[0]).toMatchObject({ flow: 'a', caller: '1', place: 'cases.txt:5' });
    expect(cases[1]).toMatchObject({ flow: 'a', caller: '2', functions: { f: { fails: 'x' }, g: 'real' } });
  });

  it.each([
    ['cases: []', /cases/],
    [
      'cases:\n  - { name: a, expect: { pth: [] } }',
      /unknown key cases\[0\]\.expect\.pth at cases\.txt:2; did you mean path/,
    ],
    ['cases:\n  - { name: a, does: [{ press: xyz }], expect: {} }', /cases\[0\]\.does\[0\]/],
    ['cases:\n  - { name: a, at: soon, expect: {} }', /expected a time/],
    ['cases: [', /YAML/],
  ])('tells what is wrong with it: %j', (text, expected) => expect(() => read(text)).toThrow(expected));

  it('is told to be missing', () => expect(() => readCaseFile('/nonexistent')).toThrow(/ENOENT/));
});
