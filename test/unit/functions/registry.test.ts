import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../src/errors.js';
import { FlowFiles } from '../../../src/functions/flow-files.js';
import { FunctionRegistry } from '../../../src/functions/registry.js';
import { folder } from './world.js';

const FUNCTIONS = `# All functions of the company.
functions:
  # Asks the bank.
  balance:
    url: https://bank.example/balance?token=abc # the new one
    headers:
      Authorization: { env: BANK }
    parameters:
      accountId: { required: true, example: "123456" }
    outputs:
      amount: {}

  region:
    # by number
    file: handlers/region.js
    event: flat
`;

const SUPPORT = `# The support flow.
blocks:
  ask:
    type: invoke_function   # the bank
    function: "balance"
    parameters: { accountId: $.StoredInput }
    next: say
  say:
    type: play_prompt
    text: You have $.External.amount on $.External.site
`;

const SALES = `blocks:
  first: {type: invoke_function, function: balance, parameters: {customer: "1"}, outputs: {total: amount.value}}
  second: {type: invoke_function, function: region}
`;

function world(flows: Record<string, string> = {}, functions: string | undefined = FUNCTIONS) {
  const at = folder();
  const path = join(at, 'functions.yaml');
  if (functions !== '') writeFileSync(path, functions);
  mkdirSync(join(at, 'flows'));
  for (const [name, text] of Object.entries(flows)) writeFileSync(join(at, 'flows', name), text);
  const registry = new FunctionRegistry({
    file: path,
    env: { BANK: 'Bearer hunter2' },
    flows: new FlowFiles(join(at, 'flows')),
  });
  return { at, path, registry, text: () => readFileSync(path, 'utf8') };
}

function codeOf(run: () => unknown): string {
  try {
    run();
    return 'nothing thrown';
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return `${error.code} ${error.detail}`;
  }
}

describe('functions.yaml', () => {
  it('is listed and shown, secrets masked', () => {
    const { at, registry } = world({ 'support.yaml': SUPPORT });
    expect(registry.list()).toEqual([
      {
        name: 'balance',
        description: '',
        kind: 'http',
        target: 'https://bank.example/balance?token=***',
        response: 'string_map',
        timeoutMs: 3000,
      },
      {
        name: 'region',
        description: '',
        kind: 'local',
        target: join(at, 'handlers/region.js'),
        response: 'string_map',
        timeoutMs: 3000,
      },
    ]);
    const view = registry.show('balance');
    expect(JSON.stringify(view)).not.toMatch(/hunter2|abc/);
    expect(view).toMatchObject({
      place: 'functions.yaml:4',
      settings: { headers: { Authorization: '***' }, retries: 3 },
      uses: [
        {
          flow: 'support',
          block: 'ask',
          place: `${join(at, 'flows/support.yaml')}:5:15`,
          parameters: ['accountId'],
          outputs: ['amount', 'site'],
        },
      ],
      misfits: [{ flow: 'support', block: 'ask', problem: 'uses site, which is not declared' }],
    });
  });

  it.each([
    ['functions:\n  a: {}\n', 'config_invalid functions.a: expected url or file at functions.yaml:2'],
    [
      'functions:\n  a: {url: "http://x/", file: b.js}\n',
      'config_invalid functions.a: expected url or file, not both at functions.yaml:2',
    ],
    [
      'functions:\n  a: {url: "http://u:p@x/"}\n',
      /^config_invalid functions\.a\.url: expected an absolute http\(s\) URL/,
    ],
    [
      'functions:\n  a: {url: "ftp://x/"}\n',
      /^config_invalid functions\.a\.url: expected an absolute http\(s\) URL/,
    ],
    [
      'functions:\n  a: {url: "http://x/", timout_ms: 1}\n',
      'config_invalid unknown key functions.a.timout_ms at functions.yaml:2; did you mean timeout_ms?',
    ],
    [
      'functions:\n  a: {url: "http://x/", timeout_ms: 9000}\n',
      /^config_invalid functions\.a\.timeout_ms: too big/,
    ],
    ['functions:\n  a: {url: "http://x/", retries: 4}\n', /^config_invalid functions\.a\.retries: too big/],
    [
      'functions:\n  a: {url: "http://x/", environment: {A: b}}\n',
      'config_invalid functions.a.environment: means nothing to a function with url at functions.yaml:2',
    ],
    [
      'functions:\n  a: {file: x.js, headers: {A: b}}\n',
      'config_invalid functions.a.headers: means nothing to a function with file at functions.yaml:2',
    ],
    [
      'functions:\n  a: {url: "http://x/", headers: {A: {env: NONE}}}\n',
      'config_invalid functions.a.headers.A: the environment variable NONE is not set at functions.yaml:2',
    ],
    ['functions:\n  "a b": {url: "http://x/"}\n', /^config_invalid functions\.a b: a name is letters/],
    ['functions: [\n', /^config_unreadable YAML: /],
    ['- a\n', 'config_unreadable the file must hold keys and values at functions.yaml:1'],
    ['functions: 7\n', /^config_invalid functions: invalid input/],
  ])('may be wrong: %j', (text, expected) => {
    const got = codeOf(() => world({}, text).registry.list());
    if (typeof expected === 'string') expect(got).toBe(expected);
    else expect(got).toMatch(expected);
  });

  it('may be empty, but not missing', () => {
    expect(world({}, '# nothing yet\n').registry.list()).toEqual([]);
    expect(world({}, 'functions:\n').registry.list()).toEqual([]);
    expect(codeOf(() => world({}, '').registry.list())).toMatch(
      /^config_unreadable .*functions\.yaml can't be read \(ENOENT\)$/,
    );
  });
});

describe('adding and changing', () => {
  it('adds at the end and leaves everything else alone', () => {
    const { registry, text } = world();
    registry.add('order', { url: 'https://shop.example/order', headers: { 'X-Key': { env: 'BANK' } } });
    expect(text()).toBe(
      `${FUNCTIONS}  order:\n    url: https://shop.example/order\n    headers:\n      X-Key:\n        env: BANK\n`,
    );
    expect(registry.show('order').settings).toMatchObject({ headers: { 'X-Key': '***' } });
  });

  it('makes the file when there is none', () => {
    for (const before of ['', '# nothing yet\n', 'functions: {}\n']) {
      const { registry, text } = world({}, before);
      registry.add('a', { url: 'http://127.0.0.1:9/' });
      expect(text()).toContain('functions:\n  a:\n    url: http://127.0.0.1:9/\n');
      if (before.startsWith('#')) expect(text()).toContain('# nothing yet');
    }
  });

  it('sets what it is told, and takes away what is null', () => {
    const { at, registry, text } = world();
    registry.set('balance', {
      timeout_ms: 5000,
      headers: { Authorization: null, 'X-Key': { env: 'BANK' } },
      parameters: { accountId: { example: '7' }, note: {} },
    });
    const after = text();
    expect(after).toContain('# Asks the bank.');
    expect(after).toContain('# the new one');
    expect(after).toContain('# by number');
    expect(after).not.toContain('Authorization');
    expect(registry.show('balance').settings).toMatchObject({
      timeout_ms: 5000,
      headers: { 'X-Key': '***' },
      parameters: { accountId: { required: true, example: '7' }, note: { required: false } },
    });
    writeFileSync(join(at, 'key'), 'abc\n');
    registry.set('balance', { headers: { 'X-Key': { file: 'key' } } });
    expect(text()).not.toContain('env: BANK');
  });

  it('names the flows that no longer fit', () => {
    const { registry } = world({ 'support.yaml': SUPPORT, 'sales.yaml': SALES });
    const change = registry.set('balance', {
      parameters: { accountId: null, customer: { required: true } },
      outputs: null,
    });
    expect(change.misfits.map(({ flow, block, problem }) => `${flow}/${block} ${problem}`)).toEqual([
      'support/ask does not send customer',
      'support/ask sends accountId, which is not declared',
    ]);
  });

  it('writes nothing that would not be valid', () => {
    const { registry, text } = world();
    expect(codeOf(() => registry.add('a', { url: 'nonsense' }))).toMatch(
      /^config_invalid functions\.a\.url: /,
    );
    expect(codeOf(() => registry.add('a', { url: 'http://x/', headers: { A: { env: 'NONE' } } }))).toMatch(
      /^config_invalid /,
    );
    expect(codeOf(() => registry.set('balance', { url: null }))).toMatch(
      /^config_invalid functions\.balance: expected url or file/,
    );
    expect(codeOf(() => registry.add('balance', { url: 'http://x/' }))).toBe('function_exists "balance"');
    expect(codeOf(() => registry.add('a/b', { url: 'http://x/' }))).toMatch(/^usage /);
    expect(codeOf(() => registry.set('balanse', {}))).toBe(
      'no_such_function "balanse"; did you mean balance?',
    );
    expect(text()).toBe(FUNCTIONS);
  });

  it('keeps permissions and symbolic links, and leaves no files behind', () => {
    const { at, path, registry } = world();
    chmodSync(path, 0o600);
    registry.set('balance', { timeout_ms: 1000 });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const link = join(at, 'linked.yaml');
    symlinkSync(path, link);
    new FunctionRegistry({ file: link, env: { BANK: 'x' }, flows: new FlowFiles(undefined) }).set('balance', {
      timeout_ms: 2000,
    });
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(registry.show('balance').settings).toMatchObject({ timeout_ms: 2000 });
    expect(readdirSync(at).sort()).toEqual(['flows', 'functions.yaml', 'linked.yaml']);
  });

  it('tells whoever runs them', () => {
    const { path } = world();
    const told: string[][] = [];
    const registry = new FunctionRegistry({
      file: path,
      env: { BANK: 'x' },
      flows: new FlowFiles(undefined),
      onChanged: (functions) => told.push([...functions.keys()]),
    });
    registry.remove('region');
    registry.rename('balance', 'account-balance', { updateFlows: false });
    expect(told).toEqual([['balance'], ['account-balance']]);
  });
});

describe('removing and renaming', () => {
  it('takes away what nobody uses', () => {
    const { registry, text } = world({ 'support.yaml': SUPPORT });
    registry.remove('region');
    expect(text()).not.toContain('region');
    expect(text()).toContain('# the new one');
  });

  it('refuses while flows use it, and names the places', () => {
    const { at, registry, text } = world({ 'support.yaml': SUPPORT, 'sales.yaml': SALES });
    const places = [
      `${join(at, 'flows/sales.yaml')}:2:44: block first of flow sales`,
      `${join(at, 'flows/support.yaml')}:5:15: block ask of flow support`,
    ].join('\n');
    expect(codeOf(() => registry.remove('balance'))).toBe(`function_in_use balance is used by\n${places}`);
    expect(codeOf(() => registry.rename('balance', 'b', { updateFlows: false }))).toBe(
      `function_in_use balance is used by\n${places}`,
    );
    expect(text()).toBe(FUNCTIONS);
  });

  it('refuses while a flow can not be read, since it might use it', () => {
    const { registry } = world({ 'broken.yaml': 'blocks: [\n' });
    expect(codeOf(() => registry.remove('region'))).toMatch(
      /^function_in_use region is used by\n.*broken\.yaml:\d+: .*can't be read, so it might use it$/,
    );
    expect(registry.show('region').unreadable).toHaveLength(1);
  });

  it('renames in the flows, too, and changes nothing else there', () => {
    const { at, registry, text } = world({ 'support.yaml': SUPPORT, 'sales.yaml': SALES });
    const change = registry.rename('balance', 'account-balance', { updateFlows: true });
    expect(change.files).toHaveLength(3);
    expect(text()).toBe(FUNCTIONS.replace('  balance:', '  account-balance:'));
    expect(readFileSync(join(at, 'flows/support.yaml'), 'utf8')).toBe(
      SUPPORT.replace('"balance"', '"account-balance"'),
    );
    expect(readFileSync(join(at, 'flows/sales.yaml'), 'utf8')).toBe(
      SALES.replace('function: balance', 'function: account-balance'),
    );
    expect(registry.show('account-balance').uses).toHaveLength(2);
  });

  it('changes nothing at all when one of the files can not be written', () => {
    const { at, path, registry, text } = world({ 'support.yaml': SUPPORT });
    const flow = join(at, 'flows/support.yaml');
    const lying = new FunctionRegistry({
      file: path,
      env: { BANK: 'x' },
      flows: {
        flowsUsing: () => ({ uses: [], unreadable: [] }),
        renameInFlows: () => [
          { path: flow, before: SUPPORT, after: '# changed\n' },
          { path: join(at, 'nowhere/at/all.yaml'), before: '', after: 'x' },
        ],
      },
    });
    expect(codeOf(() => lying.rename('balance', 'b', { updateFlows: true }))).toMatch(/nothing was changed$/);
    expect(text()).toBe(FUNCTIONS);
    expect(readFileSync(flow, 'utf8')).toBe(SUPPORT);
    expect(registry.list()).toHaveLength(2);
  });

  it('does not overwrite what somebody else changed meanwhile', () => {
    const { path, text } = world();
    const registry = new FunctionRegistry({
      file: path,
      env: { BANK: 'x' },
      flows: {
        flowsUsing: () => {
          writeFileSync(path, `${FUNCTIONS}# by hand\n`);
          return { uses: [], unreadable: [] };
        },
        renameInFlows: () => [],
      },
    });
    expect(codeOf(() => registry.remove('region'))).toMatch(/changed meanwhile/);
    expect(text()).toContain('# by hand');
  });

  it('knows the names', () => {
    const { registry } = world();
    expect(codeOf(() => registry.rename('x', 'y', { updateFlows: true }))).toBe('no_such_function "x"');
    expect(codeOf(() => registry.rename('balance', 'region', { updateFlows: true }))).toBe(
      'function_exists "region"',
    );
    expect(codeOf(() => registry.rename('balance', 'a b', { updateFlows: true }))).toMatch(/^usage /);
    expect(codeOf(() => registry.remove('__proto__'))).toMatch(/^no_such_function /);
  });
});
