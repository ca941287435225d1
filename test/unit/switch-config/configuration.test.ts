import { describe, expect, it } from 'vitest';
import { aclReferences } from '../../../src/switch-config/acl-references.js';
import { lastOf, readSwitchConfiguration } from '../../../src/switch-config/configuration.js';
import { dialplanOf } from '../../../src/switch-config/dialplan.js';
import { usersOf } from '../../../src/switch-config/directory.js';
import { writeConf } from '../audit/conf.js';

const read = (
  files: Readonly<Record<string, string | undefined>> = {},
): ReturnType<typeof readSwitchConfiguration> => readSwitchConfiguration(writeConf(files));

describe('a configuration', () => {
  it('is read by sections, the first of a name', () => {
    const configuration = read({
      'autoload_configs/zz.xml': '<configuration name="ACL.conf"><second/></configuration>',
    });
    expect(configuration.configuration('acl.conf')?.children[0]?.name).toBe('network-lists');
    expect(lastOf(configuration.settings('event_socket.conf'), 'listen-ip')).toMatchObject({
      value: '127.0.0.1',
      place: { line: 2 },
    });
    expect(configuration.loads('mod_sofia')).toBe(true);
    expect(configuration.loads('mod_lua')).toBe(false);
  });

  it('says what cannot be read', () => {
    expect(() => readSwitchConfiguration('/nowhere')).toThrow(
      expect.objectContaining({ code: 'switch_config_unreadable' }) as Error,
    );
    expect(() => read({ 'dialplan/broken.xml': '<context name="x">\n<extension>\n</context>\n' })).toThrow(
      expect.objectContaining({
        code: 'switch_config_invalid',
        detail: expect.stringMatching(/dialplan\/broken\.xml:3: /) as string,
      }) as Error,
    );
  });

  it('leaves what only the switch knows as it is written', () => {
    const configuration = read({
      'vars.xml':
        '<include>\n<X-PRE-PROCESS cmd="set" data="domain=$${local_ip_v4}"/>\n<X-PRE-PROCESS cmd="set" data="x=[$${nobody}]"/>\n</include>',
    });
    expect(configuration.globals.get('domain')?.value).toBe('$${local_ip_v4}');
    expect(configuration.globals.get('x')?.value).toBe('[]');
  });
});

describe('the directory', () => {
  it('has users in groups, with what their group and domain give them', () => {
    const users = usersOf(
      read({
        'directory/users.xml': `<domain name="d">
<params><param name="dial-string" value="from-domain"/><param name="password" value="from-domain"/></params>
<variables><variable name="v" value="from-domain"/></variables>
<groups><group name="g"><params><param name="password" value="from-group"/></params><users>
<user id="1"><params><param name="password" value="own"/></params></user>
<user id="2"/></users></group>
<group name="h"><users><user id="1" type="pointer"/></users></group></groups>
<user id="3" cidr="10.0.0.0/8"/>
</domain>`,
      }),
    );
    expect(users.map(({ id, groups, params }) => [id, groups, params.map(({ value }) => value)])).toEqual([
      ['1', ['g', 'h'], ['own', 'from-group', 'from-domain', 'from-domain']],
      ['2', ['g'], ['from-group', 'from-domain', 'from-domain']],
      ['3', [], ['from-domain', 'from-domain']],
    ]);
    expect(users[2]?.cidr).toBe('10.0.0.0/8');
    expect(users[0]?.variables[0]?.value).toBe('from-domain');
  });
});

describe('the dialplan', () => {
  it('has contexts, the first of a name', () => {
    const contexts = dialplanOf(
      read({
        'dialplan/z.xml': `<context name="DEFAULT"><extension name="second"/></context>
<context name="z"><extension><condition field="f" break="NEVER" wday="1"><expression>^a$</expression>
<action application="a" data="d"/><action application="b">text</action></condition></extension></context>`,
      }),
    );
    expect([...contexts.keys()]).toEqual(['default', 'z']);
    const [extension] = contexts.get('z')?.extensions ?? [];
    expect(extension?.name).toBe('_anon_');
    expect(extension?.conditions[0]).toMatchObject({
      test: { field: 'f', expression: '^a$', timed: true },
      break: 'never',
      actions: [
        { application: 'a', data: 'd', inline: false },
        { application: 'b', data: 'text', inline: false },
      ],
    });
  });
});

describe('the names of access lists', () => {
  it('are found where they are used', () => {
    const found = aclReferences(
      read({
        'sip_profiles/outside.xml': `<profile name="outside"><settings>
<param name="apply-inbound-acl" value="a:pass:fail"/>
<param name="apply-inbound-acl" value="none"/>
<param name="local-network-acl" value="localnet.auto"/>
</settings></profile>`,
      }),
    );
    expect(found.map(({ list, parameter, owner, place }) => [list, parameter, owner, place.line])).toEqual([
      ['providers', 'apply-inbound-acl', 'SIP profile inside', 4],
      ['a', 'apply-inbound-acl', 'SIP profile outside', 2],
      ['localnet.auto', 'local-network-acl', 'SIP profile outside', 4],
    ]);
  });
});
