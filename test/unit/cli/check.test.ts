import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../../src/config/load.js';
import { runCli } from './harness.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'switchhook-check-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function file(text: string): string {
  const path = join(folder, 'switchhook.yaml');
  writeFileSync(path, text);
  return path;
}

const withSecret = 'endpoints: {a: {url: "https://a.example/", headers: {X-Key: hunter2}}}';

describe('switchhook check', () => {
  it('prints what is in force, secrets masked, as YAML', async () => {
    const { code, out, err } = await runCli(['check', '--config', file(`${withSecret}\nlimits: {calls: 7}`)]);
    expect(code).toBe(0);
    expect(err).toBe('');
    expect(out).not.toContain('hunter2');
    expect(parse(out)).toMatchObject({ limits: { calls: 7 }, listen: { port: 8084 } });
  });

  it('says what came from where', async () => {
    const path = file('');
    mkdirSync(join(folder, 'conf.d'));
    writeFileSync(join(folder, 'conf.d/a.yaml'), 'limits: {calls: 8}');
    const { out } = await runCli(['check', '-c', path], { SWITCHHOOK_LOG__LEVEL: 'warn' });
    expect(out.split('\n')[0]).toBe(
      `# The configuration in force, from ${path}, ${join(folder, 'conf.d/a.yaml')}, SWITCHHOOK_LOG__LEVEL`,
    );
  });

  it('prints JSON when asked', async () => {
    const { code, out } = await runCli(['check', '--json'], { SWITCHHOOK_CONFIG: file(withSecret) });
    expect(code).toBe(0);
    expect(out).not.toContain('hunter2');
    expect(JSON.parse(out)).toMatchObject({ ok: true, config: { endpoints: { a: { method: 'GET' } } } });
  });

  it('tells every problem, with exit code 3', async () => {
    const { code, out, err } = await runCli(['check', '-c', file('listen: {prot: 1}\nlog: {level: inof}\n')]);
    expect(code).toBe(3);
    expect(out).toBe('');
    expect(err.split('\n').slice(0, 2)).toEqual([
      'error config_invalid: The configuration is not valid. — 2 problems',
      '  unknown key listen.prot at switchhook.yaml:1; did you mean port?',
    ]);
    expect(err).toContain('did you mean info?');
  });

  it('tells them as JSON when asked', async () => {
    const { code, out } = await runCli(['check', '--json', '-c', file('listen: {prot: 1}\n')]);
    expect(code).toBe(3);
    expect(JSON.parse(out)).toEqual({
      ok: false,
      code: 'config_invalid',
      problems: [
        {
          path: 'listen.prot',
          message: 'unknown key listen.prot',
          place: 'switchhook.yaml:1',
          suggestion: 'port',
        },
      ],
    });
  });

  it('warns without failing', async () => {
    const { code, err } = await runCli(['check', '-c', file('listen: {host: 0.0.0.0}')]);
    expect(code).toBe(0);
    expect(err).toMatch(/^warning: listen\.host 0\.0\.0\.0 is not a loopback address/);
  });

  it('finds contradictions that only the parts themselves know', async () => {
    const text =
      'endpoints: {a: {url: "https://a.example/"}}\negress: {allowed_origins: ["https://b.example"]}';
    const { code, err } = await runCli(['check', '-c', file(text)]);
    expect(code).toBe(3);
    expect(err).toContain('endpoints.a.url: https://a.example is not in egress.allowed_origins');
  });

  it('looks into the functions and flows that it names', async () => {
    const text = 'flows: { folder: flows }\nfunctions: { file: functions.yaml }\n';
    const missing = await runCli(['check', '-c', file(text)]);
    expect(missing.code).toBe(3);
    expect(missing.err).toContain(`${join(folder, 'functions.yaml')} can't be read (ENOENT)`);

    writeFileSync(join(folder, 'functions.yaml'), 'functions: {}');
    mkdirSync(join(folder, 'flows'));
    const flow = join(folder, 'flows/support.yaml');
    writeFileSync(flow, 'start: a\nerror: b\nblocks: { a: { type: end, next: b }, b: { type: end } }');
    const broken = await runCli(['check', '-c', file(text)]);
    expect(broken.code).toBe(3);
    expect(broken.err).toMatch(/^error flow_invalid: .*support\.yaml:3:/);

    writeFileSync(
      flow,
      'start: a\nerror: b\nblocks: { a: { type: play_prompt, prompt: Hi, next: b }, b: { type: end } }',
    );
    const good = await runCli(['check', '-c', file(text)]);
    expect(good.code).toBe(0);
    expect(good.err).toMatch(/^warning: .*support\.yaml:3:\d+: no voice for/);
  });

  it('finds every place that names a flow that is not there', async () => {
    mkdirSync(join(folder, 'flows'));
    writeFileSync(join(folder, 'flows/support.yaml'), 'start: a\nblocks: { a: { type: end } }');
    const text = `flows: { folder: flows, numbers: { '1': support, '2': sales } }
actions: { entries: { a: { flow: suport }, b: { numbers: { '3': other, '4': support, '5': [] } } } }`;
    const { code, err } = await runCli(['check', '-c', file(text)]);
    expect(code).toBe(3);
    expect(err.split('\n').slice(0, 4)).toEqual([
      'error config_invalid: The configuration is not valid. — 3 problems',
      '  flows.numbers.2: there is no flow "sales"',
      '  actions.entries.a.flow: there is no flow "suport"; did you mean support?',
      '  actions.entries.b.numbers.3: there is no flow "other"',
    ]);
  });

  it('accepts the configuration that comes with the package', async () => {
    const { code, err } = await runCli(['check', '-c', 'conf/switchhook.yaml']);
    expect(err).toBe('');
    expect(code).toBe(0);
  });
});

describe('conf/switchhook.yaml', () => {
  it('has examples that are valid when the comment signs are taken away', async () => {
    const text = readFileSync('conf/switchhook.yaml', 'utf8');
    const examples = text.replaceAll(/^( *)# ((?: *[a-z_]+:| *- | {2})(?: .*)?)$/gm, '$1$2');
    expect(examples).not.toBe(text);
    writeFileSync(join(folder, 'signing'), Buffer.alloc(33, 1).toString('base64'));
    const path = file(examples.replaceAll(/\/run\/secrets\/[a-z-]+/g, 'signing'));
    for (const name of ['flows', 'functions', 'functions.yaml'])
      cpSync(join('conf', name), join(folder, name), { recursive: true });
    const env = {
      BILLING_AUTHORIZATION: 'Bearer x',
      ALICE_TOKEN: 'a-token-of-24-characters',
      FREESWITCH_PASSWORD: 'a password',
    };
    const { code, out, err } = await runCli(['check', '-c', path], env);
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(parse(out)).toMatchObject({
      app: { while_waiting: { play: 'local_stream://moh' } },
      endpoints: { billing: { policy: 'billing' } },
      egress: { allowed_origins: ['https://apps.example', 'https://backup.example'] },
      policies: { billing: { dial: { gateways: { carrier: { max_concurrent: 20 } } } } },
    });
  });

  it('holds the defaults and nothing else', () => {
    expect(loadConfig('conf/switchhook.yaml')).toEqual(loadConfig(undefined));
  });
});
