import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readConfig } from '../../../src/config/load.js';
import type { ReadConfig } from '../../../src/config/load.js';
import { ConfigError } from '../../../src/config/problem.js';
import { redactConfig } from '../../../src/config/redact.js';
import { planReload, reloadWarnings } from '../../../src/config/reload.js';
import { AppError } from '../../../src/errors.js';
import { jsonForm, partOf } from '../forms/json.js';
import type { JsonValue } from '../forms/json.js';
import { Scratch } from '../support/scratch.js';
import { defineTarget, expecting, must } from '../target.js';
import { parse } from 'yaml';

const scratch = new Scratch();
const EXAMPLE = readFileSync(path.join(import.meta.dirname, '../../../conf/switchhook.yaml'), 'utf8');
const SECRET = 'a secret that nobody is shown 4711';
const FIRST = read('{}', {});
must(FIRST !== undefined, 'defaults');

/** A text is YAML as it is, all else stands there as JSON, which is YAML. */
function yamlOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? {});
}

function read(main: string, env: Readonly<Record<string, string>>, more?: string): ReadConfig | undefined {
  const folder = scratch.emptied();
  const file = path.join(folder, 'switchhook.yaml');
  writeFileSync(file, main);
  writeFileSync(path.join(folder, 'secret'), SECRET);
  if (more !== undefined) {
    mkdirSync(path.join(folder, 'conf.d'));
    writeFileSync(path.join(folder, 'conf.d/more.yaml'), more);
  }
  try {
    return readConfig(file, env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    must(['config_invalid', 'config_unreadable'].includes(error.code), `code "${error.code}"`);
    must(
      error.problems.length > 0 && error.problems.every(({ message }) => message !== ''),
      'refused for no reason',
    );
    // Written where no secret belongs, it is a name like any other; so it is where the name of a file is expected.
    const shown = error.problems.filter(
      ({ message }) => message.includes(SECRET) && !/: the file \//.test(message),
    );
    must(
      !shown.some(({ at }) => /secret|token|password/i.test(at.join('.'))),
      'a secret is shown in a problem',
    );
    return undefined;
  }
}

const SECRET_PLACE = /secret|password|token|headers/i;

/** Where a text is a part of a value. */
function placesOf(value: unknown, text: string, path = ''): string[] {
  if (typeof value === 'string') return value.includes(text) ? [path] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => placesOf(item, text, `${path}.${key}`));
}

const full = parse(EXAMPLE) as JsonValue;

export const target = defineTarget<JsonValue>({
  name: 'configuration',
  about:
    'switchhook.yaml, a file of conf.d and the environment: read and frozen, or refused with problems that each have words; secrets are shown in neither; what is reloaded is told or refused.',
  covers: ['config/'],
  found: [
    'keys behind keys in one line, between brackets, used up the stack (`yaml-document.ts`)',
    'a secret written where the name of its environment variable is expected was shown in the problem (`config/secret.ts`)',
  ],
  form: jsonForm([
    'main', 'more', 'env', 'listen', 'http', 'switches', 'endpoints', 'app', 'flows', 'functions', 'policies', 'egress', 'records', 'callbacks', 'receivers', 'actions', 'entries', 'metrics', 'traces', 'log', 'limits',
    'host', 'port', 'password', 'tokens', 'token', 'role', 'admin', 'url', 'signing_secrets', 'headers', 'Authorization', 'file', 'secret', 'env', '{ file: secret }', '{ env: A }', 'https://user:password@a.example/?token=x', '127.0.0.1', '2001:db8::/32', '0.0.0.0/0',
    'SWITCHHOOK_HTTP__PORT', 'SWITCHHOOK_LOG__LEVEL', 'SWITCHHOOK_APP__HEADERS', 'SWITCHHOOK_SWITCHES__MAIN__PASSWORD_FILE', 'SWITCHHOOK_CONFIG', '&a', '*a', '<<: *a', '!!binary', '!!js/function', '---', '? ', '- - - ', '\t',
  ]), // prettier-ignore
  seeds: [
    { main: full },
    { main: EXAMPLE, more: 'log: { level: debug }', env: { SWITCHHOOK_HTTP__PORT: '8085' } },
    {
      main: {
        http: { tokens: [{ name: 'a', role: 'admin', token: { file: 'secret' } }] },
        switches: { main: { host: 'h', password: { env: 'A' } } },
      },
      env: { A: SECRET },
    },
    {
      main: {
        endpoints: {
          billing: {
            url: 'https://a.example/x',
            headers: { Authorization: { file: 'secret' } },
            signing_secrets: [{ file: 'secret' }],
          },
        },
        app: { policy: 'p' },
        policies: { p: { dial: { users: ['1\\d{3}'] } } },
      },
    },
    {
      main: {
        callbacks: { receivers: { crm: { url: 'https://crm.example/', signing_secrets: [SECRET] } } },
        actions: { entries: { main: { flow: 'main' } } },
      },
    },
    { main: 'a: &a [x]\nb: [*a, *a, *a]\n' },
    { main: '', more: '' },
  ],
  run(input) {
    const env: Record<string, string> = {};
    const given = partOf(input, 'env');
    if (typeof given === 'object' && given !== null && !Array.isArray(given))
      for (const [name, value] of Object.entries(given))
        if (typeof value === 'string') Object.defineProperty(env, name, { value, enumerable: true });
    const more = partOf(input, 'more');
    const main = yamlOf(partOf(input, 'main'));
    // Only files of the test's own are to be read.
    const all = `${main}${more === undefined ? '' : yamlOf(more)}${Object.values(env).join('\n')}`;
    if (/\.\.|\/(?:dev|proc|etc|sys)/.test(all)) return;
    const config = read(main, env, more === undefined ? undefined : yamlOf(more));
    if (config === undefined) return;
    must(Object.isFrozen(config.config) && Object.isFrozen(config.config.http), 'not frozen');
    // Any text may come from a file; what is hidden is what stands where a secret belongs.
    const shown = placesOf(redactConfig(config.config), SECRET).filter((place) => SECRET_PLACE.test(place));
    must(
      shown.length === 0 || all.replace(/signing_secrets[^\n]*/g, '').includes(SECRET),
      `a secret is shown at ${shown.join(' ')}`,
    );
    const changes = expecting([AppError], () => planReload(FIRST.config, config.config));
    if (changes === undefined) return;
    must(
      changes.every(({ path: place }) => place !== ''),
      'a change without a place',
    );
    reloadWarnings(config.config, changes);
    must(planReload(config.config, config.config).length === 0, 'a change where nothing changed');
  },
});
