import { mkdtempSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AclService } from '../../../src/acl/service.js';
import { AppError } from '../../../src/errors.js';
import { aclRoutes } from '../../../src/http/routes/acl.js';
import { aclText } from '../acl/support.js';
import { apiWith } from './api-world.js';
import type { ApiUnderTest } from './api-world.js';

const TEXT = aclText(
  '    <list name="lan" default="deny">\n      <node type="allow" cidr="10.0.0.0/8"/>\n    </list>',
);

let folder: string;
let file: string;
let app: ApiUnderTest;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'switchhook-acl-api-'));
  file = join(folder, 'acl.conf.xml');
  await mkdir(folder, { recursive: true });
  await writeFile(file, TEXT);
  const freeswitch = {
    api: (command: string) => Promise.resolve(command === 'reloadacl' ? '+OK acl reloaded' : 'true'),
  };
  app = apiWith([
    aclRoutes((name) => {
      if (name !== undefined && name !== 'main') throw new AppError('no_such_switch', name);
      return new AclService({ file, port: freeswitch });
    }),
  ]);
});

afterEach(async () => {
  await app.close();
  await rm(folder, { recursive: true, force: true });
});

describe('/v1/acl', () => {
  it('shows lists to viewers', async () => {
    const lists = await app.inject({ url: '/v1/acl/lists', headers: app.as('viewer') });
    expect(lists.json()).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: 'lan', entries: 1 })]),
    );
    const list = await app.inject({ url: '/v1/acl/lists/lan?switch=main', headers: app.as('viewer') });
    expect(list.json()).toMatchObject({ entries: [{ text: '10.0.0.0/8' }] });
    const none = await app.inject({ url: '/v1/acl/lists/no', headers: app.as('viewer') });
    expect([none.statusCode, none.json()]).toMatchObject([404, { error: { code: 'acl_no_such_list' } }]);
    const elsewhere = await app.inject({ url: '/v1/acl/lists?switch=b', headers: app.as('viewer') });
    expect(elsewhere.json()).toMatchObject({ error: { code: 'no_such_switch' } });
  });

  it('tests and checks', async () => {
    const test = await app.inject({ url: '/v1/acl/test?ip=10.1.2.3&list=lan', headers: app.as('viewer') });
    expect(test.json()).toMatchObject({ tests: [{ answer: 'allow', freeswitch: 'allow', agrees: true }] });
    const check = await app.inject({ url: '/v1/acl/check', headers: app.as('viewer') });
    expect(check.json()).toMatchObject({ errors: 0, findings: [] });
    const bad = await app.inject({ url: '/v1/acl/test?ip=ten', headers: app.as('viewer') });
    expect([bad.statusCode, bad.json()]).toMatchObject([400, { error: { code: 'acl_invalid_entry' } }]);
  });

  it('lets admins edit and apply, with a line in the audit log for each', async () => {
    const url = '/v1/acl/lists/lan/entries';
    const payload = { cidr: '192.0.2.7', comment: 'site B' };
    for (const role of ['viewer', 'operator'] as const)
      expect((await app.inject({ method: 'POST', url, headers: app.as(role), payload })).statusCode).toBe(
        403,
      );
    expect(readFileSync(file, 'utf8')).toBe(TEXT);

    const added = await app.inject({ method: 'POST', url, headers: app.as('admin'), payload });
    expect(added.json()).toMatchObject({ changed: true });
    expect(readFileSync(file, 'utf8')).toContain('"192.0.2.7/32"/> <!-- site B -->');
    const removed = await app.inject({
      method: 'DELETE',
      url: `${url}?cidr=192.0.2.7`,
      headers: app.as('admin'),
    });
    expect(removed.json()).toMatchObject({ changed: true });
    expect(readFileSync(file, 'utf8')).toBe(TEXT);
    const applied = await app.inject({
      method: 'POST',
      url: '/v1/acl/apply',
      headers: app.as('admin'),
      payload: {},
    });
    expect(applied.json()).toMatchObject({ answer: '+OK acl reloaded' });

    const audit = await app.audit();
    expect(audit.map(({ action }) => action)).toEqual([
      'acl.add',
      'acl.add',
      'acl.add',
      'acl.remove',
      'acl.apply',
    ]);
    expect(audit[2]).toMatchObject({ target: 'lan allow 192.0.2.7' });
  });

  it('opens a list to the world only by force', async () => {
    const add = (body: object) =>
      app.inject({
        method: 'POST',
        url: '/v1/acl/lists/lan/entries',
        headers: app.as('admin'),
        payload: body,
      });
    expect((await add({ cidr: '::/0' })).json()).toMatchObject({ error: { code: 'acl_opens_world' } });
    expect((await add({ cidr: '::/0', dry_run: true })).json()).toMatchObject({ changed: false });
    expect((await add({ cidr: '::/0', force: true })).json()).toMatchObject({ changed: true });
    expect((await add({ cidr: '::/0', typ: 'deny' })).json()).toMatchObject({
      error: { code: 'invalid_request' },
    });
  });
});
