import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runCli } from './harness.js';

const CONF = join(import.meta.dirname, '../../../conf');
const EXAMPLES = ['--flows', join(CONF, 'flows'), '--functions', join(CONF, 'functions.yaml')];
const NO_CONFIG = { SWITCHHOOK_CONFIG: join(CONF, 'switchhook.yaml') };

const folder = mkdtempSync(join(tmpdir(), 'switchhook-flows-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function flows(files: Readonly<Record<string, string>>): string[] {
  const own = mkdtempSync(join(folder, 'f-'));
  mkdirSync(join(own, 'tests'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(own, name), text);
  return ['--flows', own];
}

function run(args: readonly string[], input: Parameters<typeof runCli>[2] = {}): ReturnType<typeof runCli> {
  return runCli(args, NO_CONFIG, input);
}

const HELLO =
  'start: hello\nblocks:\n  hello: { type: play_prompt, prompt: Hello., next: bye, exits: { error: bye } }\n  bye: { type: disconnect }\n';

describe('switchhook flow check', () => {
  it('finds nothing in the examples', async () => {
    const { code, out } = await run(['flow', 'check', '--strict', ...EXAMPLES]);
    expect(out).toMatch(/6 flows in .*: 0 errors, 0 warnings\n$/);
    expect(code).toBe(0);
  });

  it('tells what is wrong with its place, also as JSON', async () => {
    const broken = flows({ 'a.yaml': HELLO.replace('next: bye,', 'next: by,') });
    const text = await run(['flow', 'check', ...broken]);
    expect(text.out).toMatch(/a\.yaml:3:\d+: there is no block "by"/);
    expect(text.code).toBe(1);
    const json = await run(['flow', 'check', '--json', ...broken]);
    expect(JSON.parse(json.out)).toMatchObject({ ok: false, problems: [{ rule: 'dangling_exit', line: 3 }] });
    expect(json.code).toBe(1);
  });

  it('counts warnings only when asked to', async () => {
    const dead = flows({ 'a.yaml': `${HELLO}  dead: { type: end }\n` });
    expect((await run(['flow', 'check', ...dead])).code).toBe(0);
    expect((await run(['flow', 'check', '--strict', ...dead])).code).toBe(1);
  });

  it('says when there is no such folder', async () => {
    const { code, err } = await run(['flow', 'check', '--flows', '/nonexistent']);
    expect(err).toContain('ENOENT');
    expect(code).toBe(3);
  });
});

describe('switchhook flow list and show', () => {
  it('list the flows', async () => {
    const { out, code } = await run(['flow', 'list', ...EXAMPLES]);
    expect(out).toMatch(/^FLOW +VERSION +BLOCKS/);
    expect(out).toMatch(/^region +[0-9a-f]{12} +7/m);
    expect(code).toBe(0);
    const json = JSON.parse((await run(['flow', 'list', '--json', ...EXAMPLES])).out) as { flows: unknown[] };
    expect(json.flows).toHaveLength(6);
  });

  it('draw one', async () => {
    expect((await run(['flow', 'show', 'region', ...EXAMPLES])).out).toContain('└─');
    expect((await run(['flow', 'show', 'region', '-f', 'mermaid', ...EXAMPLES])).out).toMatch(
      /^flowchart|^graph/,
    );
    const json = JSON.parse((await run(['flow', 'show', 'region', '-f', 'json', ...EXAMPLES])).out) as object;
    expect(json).toMatchObject({ start: 'get-region' });
  });

  it('say when there is no such flow', async () => {
    const { err, code } = await run(['flow', 'show', 'nonsense', ...EXAMPLES]);
    expect(err).toContain('no_such_flow');
    expect(code).toBe(1);
  });
});

describe('switchhook flow test', () => {
  it('runs the cases of the examples, which cover them', async () => {
    const { out, code } = await run(['flow', 'test', '--min-coverage', '90', ...EXAMPLES]);
    expect(out).not.toContain('not ok');
    expect(out).toMatch(/\d+ cases, 0 failed/);
    expect(code).toBe(0);
  });

  const failing = (): string[] => {
    const args = flows({ 'hello.yaml': HELLO });
    writeFileSync(
      join(args[1] ?? '', 'tests/hello.yaml'),
      'flow: hello\ncases:\n  - { name: good, expect: { prompts: [Hello.] } }\n  - { name: bad, expect: { prompts: [Bye.] } }\n',
    );
    return args;
  };

  it('tells what was missed, and fails', async () => {
    const { out, code } = await run(['flow', 'test', ...failing()]);
    expect(out).toMatch(/not ok .*: bad\n +prompts \(hello\.yaml:4\)\n +expected +"Bye\."\n +got +"Hello\."/);
    expect(out).toContain('hello: 2 of 2 blocks');
    expect(code).toBe(1);
  });

  it('reports in TAP, JUnit and JSON, also into a file', async () => {
    const args = failing();
    expect((await run(['flow', 'test', '-r', 'tap', ...args])).out).toMatch(/^TAP version 14\n1\.\.2\n/);
    const file = join(folder, 'report.xml');
    const { out, code } = await run(['flow', 'test', '-r', 'junit', '-o', file, ...args]);
    expect(readFileSync(file, 'utf8')).toContain('<testsuites name="flows" tests="2" failures="1">');
    expect(out).toContain('2 cases, 1 failed');
    expect(code).toBe(1);
    const json = JSON.parse((await run(['flow', 'test', '-r', 'json', ...args])).out) as object;
    expect(json).toMatchObject({ cases: [{ ok: true }, { ok: false }], coverage: [{ flow: 'hello' }] });
  });

  it('runs only some, and wants their coverage', async () => {
    const args = failing();
    expect((await run(['flow', 'test', '--only', 'good', ...args])).code).toBe(0);
    const low = await run(['flow', 'test', '--only', 'good', '--min-coverage', '100', ...args]);
    expect(low.err).toMatch(/hello: 50 % of its exits are covered, 100 % wanted/);
    expect(low.code).toBe(1);
    const listed = await run(['flow', 'test', '--only', 'good', '--coverage', ...args]);
    expect(listed.out).toContain('not covered: hello:error');
  });

  it.each([
    [['--only', 'nonsense'], /no test case/, 2],
    [['nonexistent.yaml'], /ENOENT/, 3],
    [['--min-coverage', 'much'], /0 to 100/, 2],
  ])('refuses %j', async (more, message, expected) => {
    const { err, code } = await run(['flow', 'test', ...more, ...failing()]);
    expect(err).toMatch(message);
    expect(code).toBe(expected);
  });

  it('does not run on broken flows', async () => {
    const { err, code } = await run(['flow', 'test', ...flows({ 'a.yaml': 'start: x\nblocks: {}\n' })]);
    expect(err).toContain('flow_invalid');
    expect(code).toBe(3);
  });
});

describe('switchhook flow try', () => {
  it('walks through a flow with the keys that are given', async () => {
    const { out, code } = await run([
      ...['flow', 'try', 'order-lookup', '--press', '123456#,0'],
      ...['--answer', 'order-status={"status":"shipped","shipped_on":"2026-03-02"}', ...EXAMPLES],
    ]);
    expect(out).toContain('hears     Order 1, 2, 3, 4, 5, 6 was sent on March 2, 2026.');
    expect(out).toContain('calls     user/operator');
    expect(out).toMatch(/end +the flow hung up, NORMAL_CLEARING/);
    expect(code).toBe(0);
  });

  it('asks the person at the terminal', async () => {
    const { out, err } = await run(
      ['flow', 'try', 'order-lookup', '--answer', 'order-status=function_timeout', ...EXAMPLES],
      { answer: '123456' },
    );
    expect(err).toContain('keys (Enter: none, q: hang up)> ');
    expect(out).toContain('lookup → too_slow');
    expect(out).toMatch(/function +order-status: function_timeout/);
  });

  it('invokes functions for real', async () => {
    const { out } = await run([
      'flow',
      'try',
      'region',
      '--caller',
      '01085022088',
      '--press',
      '-',
      ...EXAMPLES,
    ]);
    expect(out).toContain('by-region → beijing');
    expect(out).toContain('queue     beijing@default');
  });

  it('wants a terminal or the keys', async () => {
    const { err, code } = await run(['flow', 'try', 'region', ...EXAMPLES]);
    expect(err).toContain('--press');
    expect(code).toBe(2);
  });
});
