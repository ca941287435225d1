import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AclService } from '../../../src/acl/service.js';
import { aclRoutes } from '../../../src/http/routes/acl.js';
import { aclText, confDir } from '../acl/support.js';
import { apiWith, TOKENS } from '../http/api-world.js';
import { runCli } from './harness.js';

const TEXT = aclText(
  '    <list name="lan" default="deny">\n      <node type="allow" cidr="10.0.0.0/8"/>\n    </list>',
);

async function acl(text = TEXT): Promise<string> {
  return join(await confDir(text), 'autoload_configs/acl.conf.xml');
}

describe('switchhook acl on a file', () => {
  it('shows lists and entries', async () => {
    const file = await acl();
    expect((await runCli(['acl', 'lists', '--file', file])).out).toMatch(/^lan +deny +1 .*:3$/m);
    expect((await runCli(['acl', 'show', 'lan', '--file', file])).out).toMatch(/^allow +10\.0\.0\.0\/8 +4$/m);
    const json = await runCli(['acl', 'show', 'lan', '--file', file, '--json']);
    expect(JSON.parse(json.out)).toMatchObject({ list: { name: 'lan' }, entries: [{ line: 4 }] });
    expect(await runCli(['acl', 'show', 'no', '--file', file])).toMatchObject({ code: 1 });
  });

  it('adds and removes', async () => {
    const file = await acl();
    const added = await runCli([
      'acl',
      'add',
      'lan',
      '192.0.2.0/24',
      '--deny',
      '--comment',
      'lab',
      '--file',
      file,
    ]);
    expect(added).toMatchObject({ code: 0 });
    expect(added.err).toContain('changes nothing: deny is the default');
    expect(readFileSync(file, 'utf8')).toContain('<node type="deny" cidr="192.0.2.0/24"/> <!-- lab -->');
    expect(await runCli(['acl', 'remove', 'lan', '192.0.2.0/24', '--file', file])).toMatchObject({ code: 2 });
    expect(
      await runCli(['acl', 'remove', 'lan', '192.0.2.0/24', '--file', file], {}, { answer: 'n' }),
    ).toMatchObject({
      code: 1,
    });
    expect(readFileSync(file, 'utf8')).toContain('lab');
    expect(
      await runCli(['acl', 'remove', 'lan', '192.0.2.0/24', '--file', file], {}, { answer: 'y' }),
    ).toMatchObject({
      code: 0,
    });
    expect(readFileSync(file, 'utf8')).toBe(TEXT);
  });

  it('asks before it opens a list to the world', async () => {
    const file = await acl();
    const add = ['acl', 'add', 'lan', '0.0.0.0/0', '--file', file];
    expect(await runCli(add)).toMatchObject({ code: 2 });
    expect((await runCli(add, {}, { answer: 'n' })).err).toContain('every IPv4 address in the world');
    expect(readFileSync(file, 'utf8')).toBe(TEXT);
    expect((await runCli([...add, '--dry-run'])).out).toContain('Nothing was written.');
    expect(readFileSync(file, 'utf8')).toBe(TEXT);
    expect(await runCli([...add, '--yes'])).toMatchObject({ code: 0 });
    expect(readFileSync(file, 'utf8')).toContain('0.0.0.0/0');
  });

  it('tests: the exit code tells', async () => {
    const file = await acl();
    expect(await runCli(['acl', 'test', '10.1.2.3', 'lan', '--file', file])).toMatchObject({ code: 0 });
    expect(await runCli(['acl', 'test', '192.0.2.7', 'lan', '--file', file])).toMatchObject({ code: 1 });
    expect(await runCli(['acl', 'test', '192.0.2.7', '--file', file])).toMatchObject({ code: 0 });
    expect(await runCli(['acl', 'test', 'ten', '--file', file])).toMatchObject({ code: 2 });
    expect(await runCli(['acl', 'test', '10.1.2.3', 'lan', '--port', 'x', '--file', file])).toMatchObject({
      code: 2,
    });
  });

  it('checks: the exit code tells', async () => {
    const file = await acl();
    expect(await runCli(['acl', 'check', '--file', file])).toMatchObject({ code: 0 });
    writeFileSync(file, TEXT.replace('10.0.0.0/8', '10.0.0.1'));
    const bad = await runCli(['acl', 'check', '--file', file]);
    expect(bad).toMatchObject({ code: 1 });
    expect(bad.out).toContain('acl.conf.xml:4: error [lan]: "10.0.0.1" has no prefix');
    writeFileSync(file, '<!DOCTYPE a>');
    expect(await runCli(['acl', 'check', '--file', file])).toMatchObject({ code: 3 });
  });

  it('has no daemon to apply by, and takes no options of one', async () => {
    const file = await acl();
    for (const args of [
      ['acl', 'apply', '--file', file],
      ['acl', 'lists', '--file', file, '--switch', 'main'],
      ['acl', 'lists', '--file', file, '--daemon', 'http://127.0.0.1:1'],
      ['acl', 'lists', '--conf', '/etc/freeswitch', '--daemon', 'http://127.0.0.1:1'],
    ])
      expect(await runCli(args)).toMatchObject({ code: 2 });
  });
});

describe('switchhook acl with a daemon', () => {
  it('does the same through it', async () => {
    const file = await acl();
    const freeswitch = {
      api: (command: string) => Promise.resolve(command === 'reloadacl' ? '+OK acl reloaded' : 'false'),
    };
    const app = apiWith([aclRoutes(() => new AclService({ file, port: freeswitch }))]);
    onTestFinished(() => app.close());
    const env = { SWITCHHOOK_URL: await app.listen(), SWITCHHOOK_TOKEN: TOKENS.admin };
    const run = (...args: string[]) => runCli(['acl', ...args], env);

    expect((await run('lists')).out).toMatch(/^lan +deny +1/m);
    expect(await run('add', 'lan', '0.0.0.0/0')).toMatchObject({ code: 2 });
    expect(await run('add', 'lan', '192.0.2.0/24', '--comment', 'lab')).toMatchObject({ code: 0 });
    expect(readFileSync(file, 'utf8')).toContain('<!-- lab -->');
    expect((await run('show', 'lan')).out).toContain('192.0.2.0/24');
    const test = await run('test', '192.0.2.7', 'lan');
    expect(test).toMatchObject({ code: 1 });
    expect(test.out).toMatch(/allow +deny !/);
    expect(test.err).toContain('FreeSWITCH says otherwise');
    expect(await run('check')).toMatchObject({ code: 0 });
    const applied = await run('apply', '--yes');
    expect(applied.out).toMatch(/^\+OK acl reloaded\n/);
    expect(applied.code).toBe(1);
    expect(await run('remove', 'lan', '192.0.2.0/24', '--yes')).toMatchObject({ code: 0 });
    expect(readFileSync(file, 'utf8')).toBe(TEXT);
  });
});
