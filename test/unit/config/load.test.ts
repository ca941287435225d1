import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig, readConfig } from '../../../src/config/load.js';
import { ConfigError, problemText } from '../../../src/config/problem.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'switchhook-config-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function file(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

/** The problems as people read them. */
function problems(path: string, env: Record<string, string> = {}): string[] {
  try {
    loadConfig(path, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(problemText);
    throw error;
  }
  return [];
}

describe('a configuration', () => {
  it('that is nested too deep to be read is a mistake', () => {
    const deep = [
      `a: ${'b: '.repeat(10_000)}\n\n  c`,
      `a:\n  b: ${'c: '.repeat(10_000)}\n\n d`,
      '['.repeat(50_000),
    ];
    for (const text of [...deep, `a:\n ${'? '.repeat(3_000)}`]) {
      const [problem] = problems(file('switchhook.yaml', text));
      expect(problem).toMatch(/ at switchhook\.yaml(?::\d+)?$/);
    }
  });

  it('has defaults for everything', () => {
    const config = loadConfig(file('switchhook.yaml', ''));
    expect(config.listen).toEqual({ host: '127.0.0.1', port: 8084 });
    expect(config.http.port).toBe(8085);
    expect(config.endpoints).toEqual({});
    expect(config.app.policy).toBe('default');
  });

  it('takes a key with nothing behind it as not written', () => {
    expect(loadConfig(file('switchhook.yaml', 'endpoints:\n  # none yet\nlisten:\n  port:\n'))).toEqual(
      loadConfig(undefined),
    );
  });

  it('is frozen through and through', () => {
    const config = loadConfig(file('switchhook.yaml', 'endpoints: {a: {url: "http://127.0.0.1/"}}'));
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.endpoints['a']?.headers)).toBe(true);
    expect(() => Object.assign(config.listen, { port: 1 })).toThrow(TypeError);
  });

  it('merges conf.d in the order of the names: maps by key, lists as a whole', () => {
    const path = file(
      'switchhook.yaml',
      'limits: {calls: 1, chain_depth: 2}\negress: {denied_addresses: [10.0.0.1]}\n',
    );
    file('conf.d/20-b.yaml', 'limits: {calls: 3}\n');
    file('conf.d/10-a.yaml', 'limits: {calls: 2}\negress: {denied_addresses: [10.0.0.2]}\n');
    file('conf.d/30-c.yaml.bak', 'limits: {calls: 99}\n');
    const { config, files } = readConfig(path);
    expect(config.limits).toMatchObject({ calls: 3, chain_depth: 2 });
    expect(config.egress.denied_addresses).toEqual(['10.0.0.2']);
    expect(files.map((name) => name.slice(folder.length + 1))).toEqual([
      'switchhook.yaml',
      'conf.d/10-a.yaml',
      'conf.d/20-b.yaml',
    ]);
  });

  it('resolves relative paths against the file that names them', () => {
    const path = file('switchhook.yaml', 'endpoints: {a: {url: "https://a.example/", ca_file: ca.pem}}');
    file('conf.d/b.yaml', 'endpoints: {b: {url: "https://b.example/", ca_file: ../tls/ca.pem}}');
    const { endpoints } = loadConfig(path);
    expect(endpoints['a']?.ca_file).toBe(join(folder, 'ca.pem'));
    expect(endpoints['b']?.ca_file).toBe(join(folder, 'tls/ca.pem'));
  });
});

describe('secrets', () => {
  const headers = (value: string): string =>
    `endpoints: {a: {url: "https://a.example/", headers: {X-Key: ${value}}}}`;

  it('come from a variable or a file', () => {
    file('secrets/key', 'from file\n');
    const byEnv = loadConfig(file('a.yaml', headers('{env: KEY}')), { KEY: 'from env' });
    expect(byEnv.endpoints['a']?.headers['X-Key']).toBe('from env');
    const byFile = loadConfig(file('b.yaml', headers('{file: secrets/key}')));
    expect(byFile.endpoints['a']?.headers['X-Key']).toBe('from file');
  });

  it('that are missing are told with their place, and only once', () => {
    expect(problems(file('switchhook.yaml', headers('{env: KEY}')))).toEqual([
      'endpoints.a.headers.X-Key: the environment variable KEY is not set at switchhook.yaml:1',
    ]);
    expect(problems(file('switchhook.yaml', headers('{env: "Tr0ub4dor&3"}')))).toEqual([
      'endpoints.a.headers.X-Key: what stands behind env is no name of an environment variable at switchhook.yaml:1',
    ]);
    expect(problems(file('switchhook.yaml', headers('{file: nowhere}')))).toEqual([
      `endpoints.a.headers.X-Key: the file ${join(folder, 'nowhere')} can't be read (ENOENT) at switchhook.yaml:1`,
    ]);
  });

  it('are not taken for references where a map is expected', () => {
    const config = loadConfig(
      file('a.yaml', 'endpoints: {a: {url: "https://a.example/", headers: {env: production}}}'),
    );
    expect(config.endpoints['a']?.headers).toEqual({ env: 'production' });
  });

  it('never stand in a problem', () => {
    const path = file(
      'a.yaml',
      'endpoints: {a: {url: "https://a.example/", signing_secrets: ["hunter2 is no base64"]}}',
    );
    const texts = problems(path);
    expect(texts).toHaveLength(1);
    expect(texts.join()).not.toContain('hunter2');
  });
});

describe('the environment', () => {
  it('sets values by their type, and wins', () => {
    const path = file(
      'switchhook.yaml',
      'listen: {port: 1}\nendpoints: {my-app: {url: "http://127.0.0.1/"}}\n',
    );
    const { config, variables } = readConfig(path, {
      SWITCHHOOK_LISTEN__PORT: '9000',
      SWITCHHOOK_LOG__SHOW_DIGITS: 'true',
      SWITCHHOOK_ENDPOINTS__MY_APP__HEADERS__AUTHORIZATION: '12345',
      SWITCHHOOK_EGRESS__ALLOWED_ORIGINS: '[https://a.example]',
      SWITCHHOOK_EGRESS__ALLOWED_ADDRESSES: '',
      UNRELATED__THING: 'x',
    });
    expect(config.listen.port).toBe(9000);
    expect(config.log.show_digits).toBe(true);
    expect(config.endpoints['my-app']?.headers).toEqual({ authorization: '12345' });
    expect(config.egress.allowed_origins).toEqual(['https://a.example']);
    expect(variables).toContain('SWITCHHOOK_LISTEN__PORT');
  });

  it('reads _FILE as the name of a file, but not where the key itself ends so', () => {
    const secret = file('secret', 'Bearer x\n');
    const { endpoints } = loadConfig(
      file('switchhook.yaml', 'endpoints: {a: {url: "https://a.example/", headers: {Authorization: old}}}'),
      {
        SWITCHHOOK_ENDPOINTS__A__HEADERS__AUTHORIZATION_FILE: secret,
        SWITCHHOOK_ENDPOINTS__A__CA_FILE: '/ca.pem',
      },
    );
    expect(endpoints['a']?.headers).toEqual({ Authorization: 'Bearer x' });
    expect(endpoints['a']?.ca_file).toBe('/ca.pem');
  });

  it('is named where it is wrong', () => {
    const path = file('switchhook.yaml', '');
    expect(problems(path, { SWITCHHOOK_LISTEN__PRT: '1', SWITCHHOOK_HTTP__PORT: 'many' })).toEqual(
      [
        expect.stringMatching(/^unknown key listen\.prt at SWITCHHOOK_LISTEN__PRT; did you mean port\?$/),
        expect.stringMatching(/^http\.port: invalid input: expected number.* at SWITCHHOOK_HTTP__PORT$/),
      ].map((one: unknown) => one),
    );
  });

  it('does not take what an orchestrator sets for configuration, but says so when it looks meant', () => {
    const path = file('switchhook.yaml', '');
    const { config, warnings } = readConfig(path, {
      SWITCHHOOK_PORT: 'tcp://10.0.0.1:8084',
      SWITCHHOOK_SERVICE_HOST: '10.0.0.1',
      SWITCHHOOK_LISTEN_PORT: '9000',
    });
    expect(config.listen.port).toBe(8084);
    expect(warnings).toEqual([expect.stringContaining('SWITCHHOOK_LISTEN_PORT is not used')]);
  });
});

describe('problems', () => {
  it('are told all at once, each with its line and what was meant', () => {
    const path = file(
      'switchhook.yaml',
      [
        'listen:',
        '  prot: 8084',
        'endpoints:',
        '  billing:',
        '    url: https://apps.example/',
        '    metod: POST',
        '  bad name!:',
        '    url: ftp://apps.example/',
        'log: {level: inof}',
        'limits:',
        '  calls: -1',
      ].join('\n'),
    );
    file('conf.d/x.yaml', '\nhttp:\n  prot: 1\n');
    const texts = problems(path);
    expect(texts).toContain('unknown key listen.prot at switchhook.yaml:2; did you mean port?');
    expect(texts).toContain('unknown key endpoints.billing.metod at switchhook.yaml:6; did you mean method?');
    expect(texts).toContain('unknown key http.prot at conf.d/x.yaml:3; did you mean port?');
    expect(
      texts.filter((text) => /^log\.level: .* at switchhook\.yaml:9; did you mean info\?$/.test(text)),
    ).toHaveLength(1);
    expect(
      texts.filter((text) => /^limits\.calls: too small.* at switchhook\.yaml:11$/.test(text)),
    ).toHaveLength(1);
    expect(
      texts.filter((text) => /^endpoints\.bad name!: a name is .* at switchhook\.yaml:7$/.test(text)),
    ).toHaveLength(1);
    expect(texts).toHaveLength(6);
  });

  it('include policies that do not exist, also beside others', () => {
    const path = file(
      'switchhook.yaml',
      'policies: {billing: {}}\nendpoints:\n  a:\n    url: https://a.example/\n    policy: biling\n    x: 1\n',
    );
    expect(problems(path)).toEqual([
      'unknown key endpoints.a.x at switchhook.yaml:6',
      'endpoints.a.policy: no policy profile is named "biling" at switchhook.yaml:5; did you mean billing?',
    ]);
  });

  it('include a port used twice, and actions that are none', () => {
    expect(problems(file('a.yaml', 'http: {port: 8084}'))).toEqual([
      'http.port: the same port as listen.port (8084) at a.yaml:1',
    ]);
    const path = file(
      'b.yaml',
      'endpoints:\n  a:\n    url: https://a.example/\n    fallback_actions:\n      - aplication: hangup\n',
    );
    const texts = problems(path);
    expect(texts).toContain(
      'unknown key endpoints.a.fallback_actions[0].aplication at b.yaml:5; did you mean application?',
    );
  });

  it('in callbacks are told: no folder, an endpoint that is not there', () => {
    const path = file(
      'a.yaml',
      'endpoints: {billing: {url: "https://a.example/"}}\ncallbacks:\n  receivers:\n    crm: {url: "https://crm.example/", endpoints: [biling], events: [call.end]}\n',
    );
    const texts = problems(path);
    expect(texts).toContain('callbacks.folder: is needed where there are receivers at a.yaml:2');
    expect(texts).toContain(
      'callbacks.receivers.crm.endpoints[0]: no endpoint is named "biling" at a.yaml:4; did you mean billing?',
    );
    expect(texts.some((text) => text.includes('callbacks.receivers.crm.events[0]'))).toBe(true);
  });

  it('in YAML are told with their line, for all files', () => {
    const path = file('switchhook.yaml', 'listen:\n  port: 1\n  port: 2\n');
    file('conf.d/a.yaml', 'a: [1\n');
    file('conf.d/b.yaml', '- a list\n');
    const texts = problems(path);
    expect(texts[0]).toMatch(/^YAML: Map keys must be unique at switchhook\.yaml:3$/);
    expect(texts.some((text) => / at conf\.d\/a\.yaml:\d$/.test(text))).toBe(true);
    expect(texts.at(-1)).toBe('the file must hold keys and values at conf.d/b.yaml:1');
  });

  it('in reading are told with the path', () => {
    expect(problems(join(folder, 'nowhere.yaml'))).toEqual([
      `${join(folder, 'nowhere.yaml')} can't be read (ENOENT)`,
    ]);
  });

  it('with keys that name JavaScript machinery are ordinary ones', () => {
    expect(problems(file('a.yaml', '__proto__: {polluted: true}\nconstructor: 1\n'))).toContain(
      'unknown key constructor at a.yaml:2',
    );
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('remarks', () => {
  it('note an address that others may reach', () => {
    expect(readConfig(file('a.yaml', 'listen: {host: 0.0.0.0}')).warnings).toEqual([
      expect.stringContaining('listen.host 0.0.0.0 is not a loopback address'),
    ]);
    expect(readConfig(file('a.yaml', 'listen: {host: 127.0.0.1}')).warnings).toEqual([]);
  });
});
