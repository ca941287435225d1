import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folder } from '../functions/world.js';
import { httpApp } from '../source/curl/world.js';
import { runCli } from './harness.js';

const FLOW = `blocks:
  ask: {type: invoke_function, function: balance, parameters: {accountId: "1"}}
  say: {type: play_prompt, text: $.External.amount}
`;

function world(functions = '') {
  const at = folder();
  mkdirSync(join(at, 'flows'));
  writeFileSync(join(at, 'flows/support.yaml'), FLOW);
  writeFileSync(join(at, 'switchhook.yaml'), 'functions: {file: functions.yaml}\n');
  if (functions !== '') writeFileSync(join(at, 'functions.yaml'), functions);
  const run = (...args: string[]) =>
    runCli(['function', ...args], {
      SWITCHHOOK_CONFIG: join(at, 'switchhook.yaml'),
      TOKEN: 'Bearer hunter2',
    });
  return { at, run, text: () => readFileSync(join(at, 'functions.yaml'), 'utf8') };
}

/** A handler beside the file. */
function withHandler(code: string, more = '') {
  const made = world(
    `functions:\n  balance:\n    file: balance.js\n    parameters:\n      accountId: {required: true, example: "7"}\n${more}`,
  );
  writeFileSync(join(made.at, 'balance.js'), code);
  return made;
}

describe('switchhook function', () => {
  it('adds, lists, shows, changes, renames and removes', async () => {
    const { run, text } = world();
    const added = await run(
      'add',
      'balance',
      'url=https://bank.example/b?x=1',
      'headers.Authorization={env: TOKEN}',
      'timeout_ms=5000',
    );
    expect(added).toMatchObject({ code: 0, err: '' });
    expect(added.out).toMatch(/^added balance: .*functions\.yaml\n$/);
    expect(text()).toContain('    timeout_ms: 5000\n');
    expect(text()).not.toContain('hunter2');

    const listed = await run('list');
    expect(listed.out).toMatch(
      /^NAME +KIND +RESPONSE +TIMEOUT +TARGET +DESCRIPTION\nbalance +http +string_map +5000 ms +https:\/\/bank\.example\/b\?x=1\n$/,
    );
    const shown = await run('show', 'balance');
    expect(shown.out).toMatch(/# used by\n# {3}.*support\.yaml:2:42: block ask of flow support\n$/);
    expect(shown.out).not.toContain('hunter2');

    const changed = await run('set', 'balance', 'timeout_ms=', 'parameters.customer={required: true}');
    expect(changed.err).toMatch(
      /^warning: .*support\.yaml:2:42: block ask of flow support does not send customer\nwarning: .* sends accountId, which is not declared\n$/,
    );
    expect(text()).not.toContain('timeout_ms');

    expect(await run('remove', 'balance')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^error function_in_use: .*support\.yaml:2:42/s) as string,
    });
    expect((await run('rename', 'balance', 'account')).code).toBe(1);
    expect(await run('rename', 'balance', 'account', '--update-flows')).toMatchObject({ code: 0 });
    expect(JSON.parse((await run('list', '--json')).out)).toMatchObject([{ name: 'account' }]);
    expect(JSON.parse((await run('show', 'account', '--json')).out)).toMatchObject({
      uses: [{ flow: 'support' }],
    });
  });

  it('says what is wrong', async () => {
    const { run } = world('functions: {a: {url: "http://127.0.0.1:9/"}}\n');
    expect(await run('show', 'b')).toMatchObject({
      code: 1,
      err: expect.stringContaining('error no_such_function') as string,
    });
    expect(await run('add', 'b', 'url')).toMatchObject({
      code: 2,
      err: expect.stringContaining('expected key=value, got "url"') as string,
    });
    expect(await run('add', 'b', 'url=ftp://x')).toMatchObject({
      code: 3,
      err: expect.stringContaining('functions.b.url: expected an absolute http(s) URL') as string,
    });
    expect(await run('set', 'a', 'timout_ms=1')).toMatchObject({
      code: 3,
      err: expect.stringContaining('did you mean timeout_ms?') as string,
    });
    expect(await run('set', 'a', '__proto__.x=1')).toMatchObject({ code: 3 });
    expect({}).not.toHaveProperty('x');
    expect(await run('list', '--file', '/nowhere/functions.yaml')).toMatchObject({ code: 3 });
  });

  it('works on the file that is named, without a configuration', async () => {
    const { at } = world();
    const file = join(at, 'other.yaml');
    const args = ['--file', file, '--flows', join(at, 'flows')];
    expect(await runCli(['function', 'add', 'a', 'url=http://127.0.0.1:9/', ...args])).toMatchObject({
      code: 0,
    });
    expect(readFileSync(file, 'utf8')).toBe('functions:\n  a:\n    url: http://127.0.0.1:9/\n');
  });
});

describe('switchhook function test', () => {
  it('shows request, response, timing and what flows would have of it', async () => {
    const { run } = withHandler(
      'exports.handler = async (e) => { console.log("asked for", e.Details.Parameters.accountId); return { amount: "12", rest: "x" }; };',
      '    outputs:\n      amount: {}\n      site: {}\n',
    );
    const { code, out, err } = await run('test', 'balance');
    expect(out).toMatch(/^request {3}\{"Name":"ContactFlowEvent".*"Parameters":\{"accountId":"7"\}/);
    expect(out).toMatch(/\n {10}try 1 {2}[\d.]+ ms\n/);
    expect(out).toContain('\nprinted   asked for 7\n');
    expect(out).toContain('\nresponse  {"amount":"12","rest":"x"}\n');
    expect(out).toMatch(/\nresult {4}ok, [\d.]+ ms\n {10}\$\.External\.amount = "12"\n/);
    expect(out).toMatch(/\nflow {6}support, block ask \(.*support\.yaml:2:42\): has what it needs\n$/);
    expect(err).toBe(
      'warning: output site is declared and was not answered\nwarning: output rest was answered and is not declared\n',
    );
    expect(code).toBe(0);
  });

  it('takes parameters, numbers and attributes from the command line', async () => {
    const { run } = withHandler(
      'exports.handler = async (e) => ({ amount: JSON.stringify([e.Details.Parameters, e.Details.ContactData.CustomerEndpoint.Address, e.Details.ContactData.Attributes]) });',
    );
    const { out } = await run(
      'test',
      'balance',
      'accountId=9',
      'list=[1, 2]',
      '--caller',
      '+491',
      '--attribute',
      'tier=gold',
      '--json',
    );
    const trial = JSON.parse(out) as { ok: boolean; values: { amount: string } };
    expect(trial.ok).toBe(true);
    expect(JSON.parse(trial.values.amount)).toEqual([
      { accountId: '9', list: [1, 2] },
      '+491',
      { tier: 'gold' },
    ]);
  });

  it('fails when the function does, or when a flow would miss something', async () => {
    const broken = withHandler('exports.handler = async () => { throw new Error("no \\u001b[31mbank"); };');
    const failed = await broken.run('test', 'balance');
    expect(failed.code).toBe(1);
    expect(failed.out).toContain('result    function_exception');
    expect(failed.out + failed.err).not.toContain('\u001b');
    const lacking = await withHandler('exports.handler = async () => ({});').run('test', 'balance');
    expect(lacking.code).toBe(1);
    expect(lacking.out).toMatch(/flow {6}support, block ask .*: misses amount\n$/);
    expect(
      (
        await withHandler('exports.handler = async () => ({ amount: "1" });').run(
          'test',
          'balance',
          '--attribute',
          'x',
        )
      ).code,
    ).toBe(2);
  });

  it('wants a value for what is required', async () => {
    const { run } = world(
      'functions: {f: {url: "http://127.0.0.1:9/", parameters: {a: {required: true}}}}\n',
    );
    expect(await run('test', 'f')).toMatchObject({
      code: 2,
      err: expect.stringContaining('no value and no example for the required a') as string,
    });
  });

  it('asks over HTTP, and masks what is secret', async () => {
    const app = await httpApp((_request, response, count) => {
      if (count < 2) response.writeHead(503).end();
      else response.end('{"a":"1"}');
    });
    const { run } = world(
      `functions: {f: {url: "${app.origin}/f?token=abc", headers: {Authorization: {env: TOKEN}}}}\n`,
    );
    const { code, out } = await run('test', 'f');
    expect(code).toBe(0);
    expect(out).toContain(`try 1  ${app.origin}/f?token=***  HTTP 503  http_status  HTTP 503`);
    expect(out).not.toMatch(/abc|hunter2/);
    expect(app.seen[0]?.headers['authorization']).toBe('Bearer hunter2');
  });
});
