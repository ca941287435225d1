import { symlinkSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { aclOfSwitch } from '../../../src/acl/of-switch.js';
import { AclService } from '../../../src/acl/service.js';
import { aclText, confDir, FakeSwitch } from './support.js';

const LISTS = `    <list name="lan" default="deny">
      <node type="allow" cidr="10.0.0.0/8"/>
    </list>
    <list name="world" default="allow"/>`;

async function world(
  text = aclText(LISTS),
  answer: (command: string, service: { file: string }) => string | Error = () => 'true',
  others: Readonly<Record<string, string>> = {},
) {
  const conf = await confDir(text, others);
  const file = join(conf, 'autoload_configs/acl.conf.xml');
  const freeswitch = new FakeSwitch((command) => answer(command, { file }));
  const service = new AclService({ file, confDir: conf, port: freeswitch });
  return { service, freeswitch, file, text: () => readFile(file, 'utf8') };
}

describe('the lists of a switch', () => {
  it('are shown with those that FreeSWITCH makes itself', async () => {
    const { service } = await world();
    const lists = await service.lists();
    expect(lists.slice(0, 2)).toMatchObject([
      { name: 'lan', default: 'deny', entries: 1, line: 3, builtin: false, replaced: false },
      { name: 'world', default: 'allow', entries: 0, line: 6 },
    ]);
    expect(lists.map(({ name }) => name)).toContain('loopback.auto');
    expect((await service.show('lan')).entries).toMatchObject([
      { type: 'allow', text: '10.0.0.0/8', line: 4 },
    ]);
    expect((await service.show('loopback.auto')).entries).toHaveLength(2);
    await expect(service.show('LAN')).rejects.toMatchObject({
      code: 'acl_no_such_list',
      detail: 'LAN; there is lan',
    });
  });

  it('take an entry, and say what it does', async () => {
    const { service, text } = await world();
    const edit = await service.add('lan', { cidr: '10.1.2.3/16', type: 'deny', comment: 'lab' });
    expect(edit).toMatchObject({ changed: true, list: 'lan', notes: [{ code: 'rewritten' }] });
    expect(edit.diff).toBe('@@ line 5 @@\n+      <node type="deny" cidr="10.1.0.0/16"/> <!-- lab -->\n');
    expect(await text()).toContain('<node type="deny" cidr="10.1.0.0/16"/> <!-- lab -->\n    </list>');
    expect(await readFile(edit.backup ?? '', 'utf8')).toBe(aclText(LISTS));
    expect(await service.add('lan', { cidr: '10.1.0.0/16', type: 'deny' })).toMatchObject({
      changed: false,
      notes: [{ code: 'already_there' }],
    });
    expect(await service.remove('lan', { cidr: '10.1.0.0/16' })).toMatchObject({ changed: true });
    expect(await text()).toBe(aclText(LISTS));
  });

  it('are opened to the world only when that is meant', async () => {
    const { service, text } = await world();
    await expect(service.add('lan', { cidr: '0.0.0.0/0', type: 'allow' })).rejects.toMatchObject({
      code: 'acl_opens_world',
    });
    expect(await text()).toBe(aclText(LISTS));
    expect(await service.add('lan', { cidr: '0.0.0.0/0', type: 'allow', dryRun: true })).toMatchObject({
      changed: false,
      notes: [{ code: 'opens_world', severity: 'danger' }, { code: 'partly_outranked' }].slice(0, 1),
    });
    expect(await text()).toBe(aclText(LISTS));
    expect(await service.add('lan', { cidr: '0.0.0.0/0', type: 'allow', force: true })).toMatchObject({
      changed: true,
    });
  });

  it('are made on request', async () => {
    const { service, text } = await world();
    await expect(service.add('new', { cidr: '192.0.2.7', type: 'allow' })).rejects.toMatchObject({
      code: 'acl_no_such_list',
    });
    await expect(
      service.add('a "b"', { cidr: '192.0.2.7', type: 'allow', create: 'deny' }),
    ).rejects.toMatchObject({
      code: 'acl_invalid_entry',
    });
    await service.add('new', { cidr: '192.0.2.7', type: 'allow', create: 'deny' });
    expect(await text()).toContain(
      '    <list name="new" default="deny">\n      <node type="allow" cidr="192.0.2.7/32"/>\n    </list>\n  </network-lists>',
    );
  });

  it('refuse what is no entry', async () => {
    const { service } = await world();
    await expect(service.add('lan', { cidr: 'example.org', type: 'allow' })).rejects.toMatchObject({
      code: 'acl_invalid_entry',
    });
    await expect(service.remove('lan', { cidr: '192.0.2.7' })).rejects.toMatchObject({
      code: 'acl_no_such_entry',
    });
    await expect(service.test('ten', undefined)).rejects.toMatchObject({ code: 'acl_invalid_entry' });
  });

  it('are edited one after the other', async () => {
    const { service, text } = await world();
    const octets = Array.from({ length: 8 }, (_, index) => index + 1);
    await Promise.all(octets.map((octet) => service.add('lan', { cidr: `192.0.2.${octet}`, type: 'allow' })));
    for (const octet of octets) expect(await text()).toContain(`"192.0.2.${octet}/32"`);
  });
});

describe('a test', () => {
  it('says which entry decides, and what FreeSWITCH says', async () => {
    const { service, freeswitch } = await world();
    const { tests, notes } = await service.test('10.1.2.3', 'lan');
    expect(tests).toMatchObject([
      {
        list: 'lan',
        answer: 'allow',
        freeswitch: 'allow',
        agrees: true,
        entry: { text: '10.0.0.0/8', line: 4 },
      },
    ]);
    expect(notes).toEqual([]);
    expect(freeswitch.asked).toContain('acl 10.1.2.3 lan');
  });

  it('shows a difference and what may be behind it', async () => {
    const { service } = await world(undefined, () => 'false');
    const { tests, notes } = await service.test('10.1.2.3', 'lan');
    expect(tests).toMatchObject([{ answer: 'allow', freeswitch: 'deny', agrees: false }]);
    expect(notes.join()).toContain('switchhook acl apply');
  });

  it('tells apart a name that no list has, a default that is missing, and what it can not know', async () => {
    const { service } = await world(
      aclText('<list name="open"/><list name="d"><node type="deny" domain="x.org"/></list>'),
    );
    expect((await service.test('10.1.2.3', 'nobody')).tests).toMatchObject([
      { answer: 'deny', because: 'no list has that name, which means deny' },
    ]);
    expect((await service.test('10.1.2.3', 'open')).tests[0]?.because).toContain('missing');
    expect((await service.test('10.1.2.3', 'd')).tests).toMatchObject([
      { answer: 'unknown', freeswitch: 'allow' },
    ]);
  });

  it('asks nothing that FreeSWITCH would take apart', async () => {
    const { service, freeswitch } = await world(aclText('<list name="a b" default="deny"/>'));
    for (const list of ['a b', "a'b", 'a\nb', 'a\\b', '^^;a'])
      expect((await service.test('10.1.2.3', list)).tests[0]).not.toHaveProperty('freeswitch');
    expect(freeswitch.asked.filter((command) => command.startsWith('acl '))).toEqual([]);
  });

  it('goes on without FreeSWITCH', async () => {
    const { service } = await world(undefined, () => new Error('it is down'));
    const { tests, notes } = await service.test('10.1.2.3', undefined);
    expect(tests.length).toBeGreaterThan(5);
    expect(notes.join()).toContain('it is down');
  });

  it('knows variables, domains and includes of the configuration around the file', async () => {
    const { service } = await world(
      aclText(`<list name="lan" default="deny">
<node type="allow" cidr="$\${lan_net}"/>
<node type="allow" domain="$\${domain}"/>
<X-PRE-PROCESS cmd="include" data="acl/*.inc"/>
</list>`),
      () => 'true',
      {
        'freeswitch.xml': `<document type="freeswitch/xml">
<X-PRE-PROCESS cmd="set" data="lan_net=10.0.0.0/8"/>
<X-PRE-PROCESS cmd="set" data="domain=example.org"/>
<section name="configuration">
<X-PRE-PROCESS cmd="include" data="autoload_configs/*.xml"/>
<configuration name="sofia.conf"><profiles><profile name="internal"><settings>
<param name="apply-inbound-acl" value="domains"/>
</settings></profile></profiles></configuration>
</section>
<section name="directory"><domain name="example.org">
<groups><group name="all"><users><user id="1" cidr="192.0.2.7/32"/></users></group></groups>
</domain></section>
</document>`,
      },
    );
    const answer = async (ip: string) => (await service.test(ip, 'lan')).tests[0]?.answer;
    expect(await answer('10.1.2.3')).toBe('allow');
    expect(await answer('192.0.2.7')).toBe('allow');
    expect(await answer('192.0.2.8')).toBe('deny');
    expect((await service.check()).findings).toMatchObject([{ code: 'no_such_list', list: 'domains' }]);
  });
});

describe('applying', () => {
  const isReload = (command: string): boolean => command === 'reloadacl';

  it('tells that FreeSWITCH has read the lists, and compares', async () => {
    const { service, file } = await world(undefined, (command) =>
      isReload(command)
        ? '+OK acl reloaded\n'
        : command.includes(' lan')
          ? String(/ 10\./.test(command))
          : 'true',
    );
    expect(await service.apply()).toMatchObject({ answer: '+OK acl reloaded', compared: 3, differences: [] });
    expect(await readFile(`${file}.applied`, 'utf8')).toBe(aclText(LISTS));
  });

  it('tells where FreeSWITCH still answers otherwise', async () => {
    const { service } = await world(undefined, (command) =>
      isReload(command) ? '+OK acl reloaded' : 'false',
    );
    expect((await service.apply()).differences.map(({ list }) => list)).toEqual(['lan', 'world']);
  });

  it('goes back when FreeSWITCH refuses', async () => {
    const { service, file, text } = await world(undefined, () => new Error('not asked'));
    await service.add('lan', { cidr: '192.0.2.7', type: 'allow' });
    const edited = await text();
    const refusing = new FakeSwitch(() => '');
    const switchPort = {
      api: async (command: string) =>
        isReload(command) && (await text()) === edited
          ? '-ERR [[error near line 7]: no]'
          : (refusing.asked.push(command), '+OK acl reloaded'),
    };
    const apply = new AclService({ file, port: switchPort }).apply();
    await expect(apply).rejects.toMatchObject({ code: 'acl_apply_refused' });
    await expect(apply).rejects.toThrow(/error near line 7.*is as in .*\.bak again/);
    expect(await text()).toBe(aclText(LISTS));
    expect(await readFile(`${file}.refused`, 'utf8')).toBe(edited);
  });

  it('leaves the file as it is when the fault is elsewhere', async () => {
    const { service, text, freeswitch } = await world(undefined, () => '-ERR [[error near line 900]: no]');
    await service.add('lan', { cidr: '192.0.2.7', type: 'allow' });
    const edited = await text();
    await expect(service.apply()).rejects.toThrow(/the fault is elsewhere/);
    expect(await text()).toBe(edited);
    expect(freeswitch.asked.filter(isReload)).toHaveLength(2);
  });

  it('does not ask FreeSWITCH to read what it could not', async () => {
    const { service, file, freeswitch } = await world();
    await writeFile(file, '<configuration name="acl.conf">');
    await expect(service.apply()).rejects.toMatchObject({ code: 'acl_not_xml' });
    expect(freeswitch.asked).toEqual([]);
  });

  it('says when FreeSWITCH is not there', async () => {
    const { service, text } = await world(undefined, () => new Error('it is down'));
    await expect(service.apply()).rejects.toThrow('it is down');
    expect(await text()).toBe(aclText(LISTS));
  });
});

describe('a check of the folder', () => {
  it('finds another file with lists, of which FreeSWITCH takes one', async () => {
    const { service } = await world(undefined, () => '', {
      'autoload_configs/acl.conf-old.xml': aclText(''),
      'autoload_configs/other.xml': '<!-- <configuration name="acl.conf"> -->',
    });
    expect((await service.check()).findings).toMatchObject([
      { code: 'other_file', file: expect.stringMatching(/acl\.conf-old\.xml$/) as string },
    ]);
  });
});

describe('files beside it', () => {
  it('that can not be read, or never come to the end of a comment, are passed over in no time', async () => {
    const { service } = await world(undefined, () => '', {
      'autoload_configs/open.xml': '<!--'.repeat(200_000),
      'autoload_configs/endless.xml': '<configuration '.repeat(50_000),
    });
    const circle = join(dirname(service.file), 'circle.xml');
    symlinkSync(circle, circle);
    expect((await service.check()).findings).toEqual([]);
  });
});

describe('a configured switch', () => {
  it('has its file where the configuration says', () => {
    const port = new FakeSwitch(() => '');
    expect(aclOfSwitch('main', { conf_dir: '/etc/fs' }, port).file).toBe(
      '/etc/fs/autoload_configs/acl.conf.xml',
    );
    expect(aclOfSwitch('main', { conf_dir: '/etc/fs', acl_file: '/x.xml' }, port).file).toBe('/x.xml');
    expect(() => aclOfSwitch('main', {}, port)).toThrow(
      expect.objectContaining({ code: 'acl_not_configured' }),
    );
  });
});
