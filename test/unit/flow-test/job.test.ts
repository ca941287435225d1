import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { policyProfileSchema } from '../../../src/call/policy-profile.js';
import { runJob } from '../../../src/flow-test/job.js';
import type { TestJob } from '../../../src/flow-test/job.js';

const FLOW = {
  start: 'ask',
  blocks: {
    ask: {
      type: 'invoke_function',
      function: 'account',
      parameters: { number: '$.CustomerEndpoint.Address' },
      next: 'bye',
      exits: { error: 'sorry' },
    },
    bye: { type: 'disconnect' },
    sorry: { type: 'disconnect' },
  },
};

function job(more: Partial<TestJob>): TestJob {
  return structuredClone({
    flows: { support: FLOW },
    speech: { languages: {}, defaultLanguage: 'en-US' },
    stateMaxBytes: 16_384,
    policies: { default: policyProfileSchema.parse({}) },
    policy: 'default',
    numbers: [{ number: '7000', flow: 'support' }],
    functions: undefined,
    cases: { files: [{ name: 'a', content: {} }] },
    ...more,
  });
}

function cases(...list: object[]): Partial<TestJob> {
  return { cases: { files: [{ name: 'a.yaml', content: { dialled: '7000', cases: list } }] } };
}

describe('a job of test cases', () => {
  it('says what passed, what did not, and why', async () => {
    const { cases: results, coverage } = await runJob(
      job(
        cases(
          {
            name: 'finds',
            functions: { account: { answers: { a: 'b' } } },
            expect: { path: ['ask:next', 'bye'] },
          },
          {
            name: 'fails',
            functions: { account: { fails: 'function_timeout' } },
            expect: { avoids: ['sorry'] },
          },
        ),
      ),
    );
    expect(results).toMatchObject([
      { name: 'finds', place: 'a.yaml: cases[0]', misses: [], ends: 'by_flow' },
      { name: 'fails', place: 'a.yaml: cases[1]', misses: [{ what: 'avoids', expected: 'not sorry' }] },
    ]);
    expect(results[0]?.path[0]).toBe('ask:next');
    expect(coverage).toMatchObject([{ flow: 'support', blocks: 3, blocksCovered: 3, exits: 7 }]);
  });

  it('asks nothing over the network, even when a case wants it', async () => {
    const tested = await runJob(job(cases({ name: 'real', functions: { account: 'real' }, expect: {} })));
    const [result] = tested.cases;
    expect(result?.path[0]).toBe('ask:unreachable');
  });

  it('runs those that are named, of a folder, too', async () => {
    const folder = join(import.meta.dirname, '../../../conf/flows');
    const names = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
    const flows = Object.fromEntries(
      names.map((name) => [
        name.replace('.yaml', ''),
        parse(readFileSync(join(folder, name), 'utf8')) as unknown,
      ]),
    );
    const { cases: results } = await runJob(job({ flows, cases: { folder: join(folder, 'tests') } }));
    expect(results.length).toBeGreaterThan(10);
    expect(results.filter(({ misses }) => misses.length === 0).length).toBeGreaterThan(10);
    const [first] = results;
    const { cases: again } = await runJob(
      job({ flows, cases: { folder: join(folder, 'tests') }, only: first?.name ?? '' }),
    );
    expect(again.map(({ name }) => name)).toContain(first?.name);
    expect(again.length).toBeLessThan(results.length);
  });

  it.each([
    ['no cases', cases()],
    ['what is no file of cases', { cases: { files: [{ name: 'a', content: { cases: 1 } }] } }],
    ['cases that are named nowhere', { ...cases({ name: 'a', expect: {} }), only: 'b' }],
    ['a folder that is not there', { cases: { folder: '/nowhere/at/all' } }],
    ['too many', cases(...Array.from({ length: 1001 }, (_, index) => ({ name: `c${index}`, expect: {} })))],
  ])('refuses %s', async (_what, more) => {
    await expect(runJob(job(more))).rejects.toMatchObject({ code: 'invalid_request' });
  });
});
