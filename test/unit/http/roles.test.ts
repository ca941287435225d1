import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allows, ROLES } from '../../../src/http/role.js';
import type { Role } from '../../../src/http/role.js';
import { TestDaemon } from '../../support/test-daemon.js';

/** What needs more than to look. SECURITY.md says it in words, and a change here is one there. */
const OPERATORS = [
  'POST /v1/calls',
  'POST /v1/calls/{uuid}/attach',
  'POST /v1/calls/{uuid}/hangup',
  'POST /v1/calls/{uuid}/run',
  'POST /v1/calls/{uuid}/transfer',
  'POST /v1/originations/{id}/cancel',
  'POST /v1/flows/check',
  'POST /v1/flows/test',
  'POST /v1/functions/{function}/test',
  'GET /v1/callbacks/dead-letters/{id}',
  'POST /v1/callbacks/dead-letters/redeliver',
];
const ADMINS = [
  'POST /v1/functions',
  'PATCH /v1/functions/{function}',
  'DELETE /v1/functions/{function}',
  'POST /v1/functions/{function}/rename',
  'POST /v1/acl/lists/{list}/entries',
  'DELETE /v1/acl/lists/{list}/entries',
  'POST /v1/acl/apply',
  'GET /v1/audit',
  'POST /v1/reload',
];
/** Not a reading, and for every role: which command which role may give is judged by lists. */
const JUDGED_BY_LISTS = ['POST /v1/fs'];

const token = (role: Role): string => `the-token-of-the-${role}-0123456789`;

let daemon: TestDaemon;
let operations: { readonly key: string; readonly method: string; readonly path: string }[] = [];
beforeAll(async () => {
  daemon = await TestDaemon.start({
    http: {
      host: '127.0.0.1',
      port: 0,
      tokens: ROLES.map((role) => ({ name: role, role, token: token(role) })),
    },
  });
  const response = await fetch(`${daemon.httpOrigin}/openapi.json`);
  const { paths } = (await response.json()) as { paths: Record<string, Record<string, unknown>> };
  operations = Object.entries(paths)
    .filter(([path]) => path.startsWith('/v1/') && !path.startsWith('/v1/actions'))
    .flatMap(([path, methods]) =>
      Object.keys(methods).map((name) => {
        const method = name.toUpperCase();
        return { key: `${method} ${path}`, method, path };
      }),
    );
});
afterAll(() => daemon.stop());

/** Never valid, so that nothing is done: whether it is allowed is asked before. */
async function ask(method: string, path: string, bearer?: string): Promise<number> {
  const url = `${daemon.httpOrigin}${path.replaceAll(/\{\w+\}/g, 'x')}?no_such_parameter=1`;
  const headers = {
    'content-type': 'application/json',
    ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
  };
  const response = await fetch(url, {
    method,
    headers,
    body: method === 'GET' || method === 'HEAD' ? null : '{"no_such_key":1}',
  });
  await response.body?.cancel();
  return response.status;
}

describe('every operation of the API', () => {
  it('is for the roles for which it is meant, and for nobody without a token', async () => {
    const wrong: string[] = [];
    for (const { key, method, path } of operations) {
      const least = ADMINS.includes(key) ? 'admin' : OPERATORS.includes(key) ? 'operator' : 'viewer';
      const seen = [await ask(method, path), await ask(method, path, 'x'.repeat(32))];
      for (const role of ROLES) seen.push(await ask(method, path, token(role)));
      const wanted = ROLES.map((role) => (allows(role, least) ? 400 : 403));
      if (String(seen) !== String([401, 401, ...wanted])) wrong.push(`${key}: ${String(seen)}`);
    }
    expect(wrong).toEqual([]);
    expect(operations.length).toBeGreaterThan(30);
  });

  it('that changes something is not for viewers', () => {
    const keys = operations.map(({ key }) => key);
    const known = [...OPERATORS, ...ADMINS, ...JUDGED_BY_LISTS];
    expect(known.filter((key) => !keys.includes(key))).toEqual([]);
    expect(keys.filter((key) => !key.startsWith('GET ') && !known.includes(key))).toEqual([]);
  });
});
