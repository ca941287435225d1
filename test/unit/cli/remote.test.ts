import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { DaemonProcess } from '../../support/daemon-process.js';
import { ExampleApp } from '../../support/example-app.js';
import { runCli } from './harness.js';
import type { CliRun } from './harness.js';

/** Commands that work on files here say the same when they are asked of a daemon that has the same files. */

const CONF = join(import.meta.dirname, '../../../conf');
const TOKEN = 'a-token-of-the-administrator';
const LOOKER = 'a-token-of-whoever-looks-on';
const ENV = { SWITCHHOOK_FUNCTION_KEY: 'very-secret' };

const folder = mkdtempSync(join(tmpdir(), 'switchhook-remote-'));
const file = join(folder, 'switchhook.yaml');
const cases = join(folder, 'flows/tests/support.yaml');
let daemon: DaemonProcess;
let app: ExampleApp;

const FLOW = `description: Asks for an account.
start: ask
blocks:
  ask: { type: invoke_function, function: account, parameters: { number: $.CustomerEndpoint.Address }, next: bye, exits: { error: bye } }
  bye: { type: disconnect }
`;
const CASES = `flow: support
cases:
  - { name: finds, functions: { account: { answers: { name: Alice } } }, expect: { path: [ask:next, bye] } }
  - { name: does not, functions: { account: { fails: function_timeout } }, expect: { avoids: [ask] } }
`;

beforeAll(async () => {
  app = await ExampleApp.start();
  const account = app.route(() => ({ status: 200, body: '{"name":"Alice","more":"x"}' }));
  cpSync(join(CONF, 'flows'), join(folder, 'flows'), { recursive: true });
  await rm(join(folder, 'flows/tests'), { recursive: true });
  mkdirSync(join(folder, 'flows/tests'));
  cpSync(join(CONF, 'functions'), join(folder, 'functions'), { recursive: true });
  cpSync(join(CONF, 'functions.yaml'), join(folder, 'functions.yaml'));
  writeFileSync(
    join(folder, 'functions.yaml'),
    `${readFileSync(join(CONF, 'functions.yaml'), 'utf8').trimEnd()}
  account:
    url: ${account.url}?token=abc
    headers: { x-key: { env: SWITCHHOOK_FUNCTION_KEY } }
    parameters: { number: { required: true, example: '4930' } }
    outputs: { name: {} }
`,
  );
  writeFileSync(join(folder, 'flows/support.yaml'), FLOW);
  cpSync(join(folder, 'flows/support.yaml'), join(folder, 'other.yaml'));
  const settings = {
    flows: {
      folder: join(folder, 'flows'),
      numbers: { 7000: 'support' },
      speech: { en: { engine: 'flite', voice: 'slt' }, 'zh-CN': { engine: 'flite', voice: 'slt' } },
    },
    functions: { file: join(folder, 'functions.yaml') },
    http: {
      tokens: [
        { name: 'admin', role: 'admin', token: TOKEN },
        { name: 'looker', role: 'viewer', token: LOOKER },
      ],
    },
  };
  writeFileSync(file, stringify(settings));
  cpSync(join(CONF, 'flows/tests/order-lookup.yaml'), join(folder, 'flows/tests/order-lookup.yaml'));
  writeFileSync(cases, CASES);
  daemon = await DaemonProcess.start(settings, { env: ENV, isBuilt: true });
}, 30_000);
afterAll(async () => {
  await daemon.stop();
  await app.stop();
  await rm(folder, { recursive: true, force: true });
});

function here(...args: string[]): Promise<CliRun> {
  return runCli([...args, '--config', file], ENV);
}

function there(...args: string[]): Promise<CliRun> {
  return runCli([...args, '--daemon', daemon.httpOrigin], { SWITCHHOOK_TOKEN: TOKEN });
}

/** But for where files are, how long it took, and whom a call was made up for. */
function plain({ code, out, err }: CliRun): CliRun {
  const text = (given: string): string =>
    given
      .replaceAll(/\bat http:\/\/127\.0\.0\.1:\d+(?=: \d+ errors?)/g, 'WHERE')
      .replaceAll(/\bin \/\S+(?=: \d+ errors?)/g, 'WHERE')
      .replaceAll(/(?:\.\.)?\/[^\s"]*\/(?=[\w-]+\.(?:ya?ml|js))/g, '')
      .replaceAll(/\b[\d.]+ ms/g, 'N ms')
      .replaceAll(/(duration_ms"?: )[\d.]+/g, '$1N')
      .replaceAll(/(?<=\S) {2,}/g, '  ')
      .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UUID');
  return { code, out: text(out), err: text(err) };
}

describe.each([
  [['flow', 'list'], /^support +[0-9a-f]{12} +2 +7000 +Asks/m, 0],
  [['flow', 'list', '--json'], /"numbers": \[\n +"7000"/, 0],
  [['flow', 'show', 'support'], /^support \(/, 0],
  [['flow', 'show', 'support.yaml', '-f', 'mermaid'], /^flowchart TD/, 0],
  [['flow', 'show', 'support', '-f', 'json'], /"start": "ask"/, 0],
  [['flow', 'check'], /7 flows .*: 0 errors/, 0],
  [['flow', 'check', '--strict', '--json'], /"ok": true/, 0],
  [['flow', 'test', cases, '--coverage'], /^not ok .*: does not\n {4}avoids \(support\.yaml:4\)/m, 1],
  [['flow', 'test', cases, '--only', 'finds'], /1 cases, 0 failed/, 0],
  [['flow', 'test', cases, '--only', 'finds', '--min-coverage', '100'], /1 cases, 0 failed/, 1],
  [['flow', 'test', cases, '-r', 'tap'], /^TAP version 14\n1\.\.2\nok 1 - .*finds\nnot ok 2/, 1],
  [['flow', 'test', cases, '-r', 'json'], /"coverage": \[\n +\{\n +"flow": "support"/, 1],
  [['flow', 'test', join(folder, 'flows/tests')], /\d+ cases, 1 failed/, 1],
  [
    ['function', 'list'],
    /^account +http +string_map +3000 ms +http:\/\/127\.0\.0\.1:\d+\/1\?token=\*\*\*/m,
    0,
  ],
  [['function', 'list', '--json'], /"timeout_ms": 3000/, 0],
  [['function', 'show', 'account'], /# used by\n# {3}.*support\.yaml:4:\d+: block ask of flow support/, 0],
  [['function', 'show', 'account', '--json'], /"place": ".*functions\.yaml:\d+"/, 0],
  [['function', 'test', 'account'], /\nresult {4}ok, [\d.]+ ms\n/, 0],
  [['function', 'test', 'account', 'number=1', '--attribute', 'a=b', '--caller', '+491'], /"number":"1"/, 0],
])('switchhook %j', (args, expected, code) => {
  it('says the same of a daemon as of the files', async () => {
    const [local, remote] = [await here(...args), await there(...args)];
    expect(local.out).toMatch(expected);
    expect(local.code).toBe(code);
    expect(plain(remote)).toEqual(plain(local));
    expect(remote.out + remote.err).not.toMatch(/very-secret|token=abc/);
    // Where the daemon's files are; those that were named here are named.
    if (args[1] !== 'test') expect(remote.out + remote.err).not.toContain(folder);
  });
});

describe('a daemon that is named', () => {
  it('runs the cases beside its own flows when none are named', async () => {
    const { code, out } = await there('flow', 'test');
    expect(out).toMatch(/^not ok {2}support\.yaml: does not/m);
    expect(out).toMatch(/^\d\d+ cases, 1 failed/m);
    expect(code).toBe(1);
  });

  it('has its functions changed, and takes them over at once', async () => {
    const url = app.route(() => ({ status: 200, body: '{"a":"b"}' })).url;
    const added = await there('function', 'add', 'new', `url=${url}`, 'timeout_ms=2000');
    expect(added).toEqual({ code: 0, out: 'added new: functions.yaml\n', err: '' });
    expect((await there('function', 'test', 'new')).out).toContain('$.External.a = "b"');
    const set = await there('function', 'set', 'new', 'timeout_ms=', 'parameters.x={required: true}');
    expect(set.out).toBe('changed new: functions.yaml\n');
    expect((await there('function', 'test', 'new')).err).toContain('the required x');
    expect((await there('function', 'rename', 'new', 'newer')).out).toContain('renamed new to newer');
    expect((await there('function', 'remove', 'newer')).code).toBe(0);
    expect(await there('function', 'remove', 'account')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^error function_in_use: .*support\.yaml:4/s) as string,
    });
    const refused = await there('function', 'add', 'evil', 'file=/tmp/x.js');
    expect(refused.err).toMatch(/^error forbidden: /);
  });

  it('says when what was written is not in force', async () => {
    writeFileSync(join(folder, 'flows/broken.yaml'), 'blocks: {}');
    const checked = await there('flow', 'check');
    expect(checked.code).toBe(1);
    expect(checked.out).toMatch(/^broken\.yaml.*\n/);
    expect(plain(checked).out).toBe(plain(await here('flow', 'check')).out);
    const { code, out, err } = await there('function', 'set', 'account', 'description=Whose it is');
    expect(out).toBe('changed account: functions.yaml\n');
    expect(err).toMatch(/^warning: written, and not in force: flow_invalid: /);
    expect(code).toBe(1);
    await rm(join(folder, 'flows/broken.yaml'));
  });

  it('is asked with the token of a file, and says what a token may not', async () => {
    const tokenFile = join(folder, 'token');
    writeFileSync(tokenFile, `${LOOKER}\n`);
    const as = (...args: string[]): Promise<CliRun> =>
      runCli([...args, '--daemon', daemon.httpOrigin, '--token-file', tokenFile]);
    expect((await as('flow', 'list')).code).toBe(0);
    expect(await as('flow', 'check')).toMatchObject({
      code: 5,
      err: expect.stringMatching(/^error forbidden: /) as string,
    });
    expect((await runCli(['flow', 'list', '--daemon', daemon.httpOrigin])).code).toBe(5);
  });

  it('says what is wrong', async () => {
    expect((await there('flow', 'show', 'nothing')).err).toMatch(/^error no_such_flow: /);
    expect((await there('function', 'show', 'acount')).err).toContain('did you mean account?');
    expect((await there('flow', 'test', '/nonexistent.yaml')).err).toContain('ENOENT');
    expect((await there('flow', 'test', cases, '--only', 'nothing')).err).toContain('no test case');
    expect((await runCli(['flow', 'list', '--daemon', 'http://127.0.0.1:1'])).code).toBe(4);
  });

  it.each([
    ['flow', 'list', '--flows', '/x'],
    ['flow', 'test', '--functions', '/x'],
    ['function', 'list', '--file', '/x'],
    ['function', 'list', '--flows', '/x'],
  ])('has files of its own: %j %j %j', async (...args) => {
    expect(await there(...args)).toMatchObject({
      code: 2,
      err: expect.stringContaining('does not go with --daemon') as string,
    });
  });

  it('has to be named for a token to be of use', async () => {
    expect(await here('flow', 'list', '--token-file', '/x')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--token-file goes with --daemon') as string,
    });
  });
});
