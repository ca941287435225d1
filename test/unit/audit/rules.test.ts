import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { RULES } from '../../../src/audit/rules.js';
import { OPEN_PROFILE, auditOf, told } from './conf.js';

const settings = (name: string, ...params: readonly string[]): string =>
  `<configuration name="${name}"><settings>\n${params
    .map((param) => {
      const [key = '', value = ''] = param.split('=');
      return `<param name="${key}" value="${value}"/>`;
    })
    .join('\n')}\n</settings></configuration>\n`;

const profile = (...params: readonly string[]): string =>
  settings('x', 'context=public', ...params)
    .replace('<configuration name="x">', '<profile name="outside">')
    .replace('</configuration>', '</profile>');

const acl = (...lists: readonly string[]): string =>
  `<configuration name="acl.conf"><network-lists>\n${lists.join('\n')}\n</network-lists></configuration>\n`;

const PROVIDERS = '<list name="providers" default="deny"/>';

describe('a configuration with nothing to find', () => {
  it('is silent', () => {
    const report = auditOf();
    expect(report.findings).toEqual([]);
    expect(report.not_judged).toEqual([]);
    expect(report.complete).toBe(true);
    expect(report.files).toBeGreaterThan(8);
  });
});

describe('the Event Socket', () => {
  const file = 'autoload_configs/event_socket.conf.xml';
  const found = (...params: readonly string[]): string[] =>
    told(auditOf({ [file]: settings('event_socket.conf', ...params) }));

  it('needs a password of its own', () => {
    expect(found('listen-ip=127.0.0.1', 'password=ClueCon')).toEqual([
      `error event-socket-password ${file}:3`,
    ]);
    // FreeSWITCH takes ClueCon when there is none.
    expect(found('listen-ip=127.0.0.1')).toEqual([`error event-socket-password ${file}:1`]);
    expect(found('listen-ip=::1', 'password=qX7z')).toEqual([`warning event-socket-password ${file}:3`]);
  });

  it('should say who gets in when it listens to the network', () => {
    expect(found('listen-ip=::', 'password=b7QnZ2kLr9TxYw')).toEqual([
      `warning event-socket-no-acl ${file}:2`,
    ]);
    for (const list of ['loopback.auto', 'rfc1918.auto', 'providers', '10.0.0.0/8,198.51.100.7/32']) {
      const params = ['listen-ip=0.0.0.0', 'password=b7QnZ2kLr9TxYw', `apply-inbound-acl=${list}`];
      expect(found(...params)).toEqual([]);
    }
  });

  it('must not let the Internet in', () => {
    for (const list of ['any_v4.auto', 'wan.auto', '0.0.0.0/0', '::/0', '10.0.0.0/8,64.0.0.0/3']) {
      const params = ['listen-ip=0.0.0.0', 'password=b7QnZ2kLr9TxYw', `apply-inbound-acl=${list}`];
      expect(found(...params)).toEqual([`error event-socket-open ${file}:4`]);
    }
    // Every list must let an address in.
    const both = ['apply-inbound-acl=any_v4.auto', 'apply-inbound-acl=providers'];
    expect(found('listen-ip=0.0.0.0', 'password=b7QnZ2kLr9TxYw', ...both)).toEqual([]);
  });

  it('does not matter when its module is not loaded', () => {
    const modules = '<configuration name="modules.conf"><modules/></configuration>';
    const report = auditOf({
      [file]: settings('event_socket.conf', 'listen-ip=0.0.0.0', 'password=ClueCon'),
      'autoload_configs/modules.conf.xml': modules,
    });
    expect(told(report)).toEqual([]);
  });
});

describe('XML-RPC', () => {
  const file = 'autoload_configs/xml_rpc.conf.xml';
  const found = (...params: readonly string[]): string[] =>
    told(auditOf({ [file]: settings('xml_rpc.conf', ...params) }));

  it('needs a password', () => {
    expect(found('http-port=8080')).toEqual([`error xml-rpc-open ${file}:1`]);
    expect(found('auth-realm=fs', 'auth-user=fs', 'auth-pass=works')).toEqual([
      `error xml-rpc-open ${file}:4`,
    ]);
    expect(found('auth-realm=fs', 'auth-user=fs', 'auth-pass=Wq7RtLm2PzXc')).toEqual([]);
  });
});

describe('network lists', () => {
  const file = 'autoload_configs/acl.conf.xml';
  const found = (...lists: readonly string[]): string[] =>
    told(auditOf({ [file]: acl(PROVIDERS, ...lists) }));

  it('should not be wide open', () => {
    const open = `note acl-open ${file}:3`;
    expect(found('<list name="lan" default="allow"><node type="deny" cidr="10.0.0.0/8"/></list>')).toEqual([
      open,
    ]);
    expect(found('<list name="all" default="deny"><node type="allow" cidr="0.0.0.0/0"/></list>')).toEqual([
      open,
    ]);
    expect(found('<list name="v6" default="deny"><node type="allow" cidr="2000::/3"/></list>')).toEqual([
      open,
    ]);
    expect(
      found('<list name="big" default="deny"><node type="allow" host="44.0.0.0" mask="254.0.0.0"/></list>'),
    ).toEqual([open]);
    const closed = [
      '<list name="a" default="deny"><node type="allow" cidr="10.0.0.0/8"/><node type="allow" cidr="fd00::/8"/></list>',
      '<list name="b" default="deny"><node type="allow" cidr="44.0.0.0/16"/></list>',
      '<list name="c" default="allow"><node type="deny" cidr="0.0.0.0/0"/><node type="deny" cidr="::/0"/></list>',
      '<list name="d" default="deny"><node type="allow" cidr="0.0.0.0/0"/><node type="deny" cidr="0.0.0.0/1"/><node type="deny" cidr="128.0.0.0/1"/></list>',
      '<list name="e" default="deny"><node type="allow" cidr="not an address"/></list>',
    ];
    expect(found(...closed)).toEqual([]);
  });

  it('weigh more when somebody relies on them', () => {
    const report = auditOf({
      [file]: acl('<list name="providers" default="allow"/>'),
    });
    expect(told(report, 'acl-open')).toEqual([`error acl-open ${file}:2`]);
    expect(told(report, 'profile-acl-open')).toEqual(['error profile-acl-open sip_profiles/inside.xml:4']);
  });

  it('know the addresses of users', () => {
    const users = `<domain name="d"><users>
<user id="1" cidr="0.0.0.0/0"><params><param name="password" value="Wq7RtLm2PzXc"/></params></user>
</users></domain>`;
    const list = '<list name="providers" default="deny"><node type="allow" domain="d"/></list>';
    const report = auditOf({ [file]: acl(list), 'directory/users.xml': users });
    expect(told(report, 'acl-open')).toEqual([`error acl-open ${file}:2`]);
  });

  it('need a default', () => {
    expect(found('<list name="x"><node type="deny" cidr="10.0.0.0/8"/></list>')).toEqual([
      `warning acl-no-default ${file}:3`,
      `note acl-open ${file}:3`,
    ]);
  });

  it('must be there when they are named', () => {
    const report = auditOf({
      'sip_profiles/outside.xml': profile('auth-calls=true', 'apply-inbound-acl=lann'),
    });
    expect(told(report)).toEqual(['warning acl-unknown sip_profiles/outside.xml:4']);
  });

  it('are told apart from addresses and from FreeSWITCH’s own', () => {
    for (const list of ['rfc1918.auto', 'localnet.auto', '198.51.100.0/24', 'none']) {
      const inbound = profile('auth-calls=true', `apply-inbound-acl=${list}`);
      expect(told(auditOf({ 'sip_profiles/outside.xml': inbound }))).toEqual([]);
    }
  });
});

describe('SIP profiles', () => {
  const found = (...params: readonly string[]): string[] =>
    told(auditOf({ 'sip_profiles/outside.xml': profile(...params) }));

  it('should ask who calls', () => {
    expect(told(auditOf({ 'sip_profiles/outside.xml': OPEN_PROFILE }))).toEqual([
      'warning profile-without-auth sip_profiles/outside.xml:1',
    ]);
    expect(found('apply-inbound-acl=providers', 'apply-inbound-acl=none')).toEqual([
      'warning profile-without-auth sip_profiles/outside.xml:1',
    ]);
    expect(found('auth-calls=false', 'apply-inbound-acl=providers')).toEqual([]);
    expect(found('auth-calls=true')).toEqual([]);
    expect(found('sip-ip=127.0.0.1')).toEqual([]);
  });

  it('should refuse those who are not in the list', () => {
    expect(found('apply-inbound-acl=providers:public:strangers')).toEqual([
      'warning profile-without-auth sip_profiles/outside.xml:3',
    ]);
    // With auth-calls they are asked for a password.
    expect(found('auth-calls=true', 'apply-inbound-acl=providers:public:strangers')).toEqual([]);
  });

  it('must not let the Internet pass without a password', () => {
    expect(found('auth-calls=true', 'apply-inbound-acl=any_v4.auto')).toEqual([
      'error profile-acl-open sip_profiles/outside.xml:4',
    ]);
  });

  it('must check passwords', () => {
    expect(found('auth-calls=true', 'accept-blind-auth=true')).toEqual([
      'error profile-blind-auth sip_profiles/outside.xml:4',
    ]);
    expect(found('auth-calls=true', 'accept-blind-reg=yes')).toEqual([
      'error profile-blind-auth sip_profiles/outside.xml:4',
    ]);
    expect(found('auth-calls=true', 'accept-blind-auth=false')).toEqual([]);
  });
});

describe('Verto', () => {
  const file = 'autoload_configs/verto.conf.xml';
  const found = (...params: readonly string[]): string[] => {
    const text = settings('verto.conf', ...params)
      .replace('<settings>', '<profiles><profile name="v">')
      .replace('</settings>', '</profile></profiles>');
    return told(auditOf({ [file]: text }), 'verto-without-auth');
  };

  it('must ask for a login', () => {
    expect(found('bind-local=0.0.0.0:8081')).toEqual([`error verto-without-auth ${file}:1`]);
    expect(found('bind-local=0.0.0.0:8081', 'userauth=true', 'blind-reg=true')).toEqual([
      `error verto-without-auth ${file}:4`,
    ]);
    expect(found('bind-local=0.0.0.0:8081', 'userauth=true')).toEqual([]);
    expect(found('bind-local=127.0.0.1:8081')).toEqual([]);
  });

  it('leads into its context', () => {
    const text = `<configuration name="verto.conf"><profiles><profile name="v">
<param name="bind-local" value="0.0.0.0:8081"/><param name="context" value="default"/>
</profile></profiles></configuration>`;
    expect(told(auditOf({ [file]: text }), 'toll-fraud')).toEqual([
      'error toll-fraud dialplan/default.xml:7',
    ]);
  });
});

describe('users', () => {
  const found = (...users: readonly string[]): string[] => {
    const text = `<domain name="d"><users>\n${users.join('\n')}\n</users></domain>`;
    return told(auditOf({ 'directory/users.xml': text }));
  };
  const user = (id: string, ...params: readonly string[]): string => {
    const all = params.map((param) => {
      const [name = '', value = ''] = param.split('=');
      return `<param name="${name}" value="${value}"/>`;
    });
    return `<user id="${id}"><params>${all.join('')}</params></user>`;
  };

  it('must not have a default password', () => {
    for (const password of ['1234', 'password', 'changeme', 'ClueCon']) {
      expect(found(user('1001', `password=${password}`))).toEqual([
        'error user-password directory/users.xml:2',
      ]);
    }
  });

  it('should have a strong one', () => {
    for (const password of ['1001', 'xK4', '8421739065', 'zzzzzzzzzz']) {
      expect(found(user('1001', `password=${password}`))).toEqual([
        'warning user-password directory/users.xml:2',
      ]);
    }
    expect(found(user('1001', 'password=Wq7RtLm2PzXc'))).toEqual([]);
  });

  it('are told of together, where their password is set', () => {
    const users = `<domain name="d"><users>
${user('1', 'password=$${users_password}')}
${user('2', 'password=$${users_password}')}
</users></domain>`;
    const vars =
      '<include>\n<X-PRE-PROCESS cmd="set" data="users_password=1234"/>\n<X-PRE-PROCESS cmd="set" data="disable_system_api_commands=true"/>\n</include>';
    const report = auditOf({ 'vars.xml': vars, 'directory/users.xml': users });
    expect(told(report)).toEqual(['error user-password vars.xml:2']);
    expect(report.findings[0]?.message).toContain('2 SIP users (1, 2)');
    expect(JSON.stringify(report)).not.toContain('1234');
  });

  it('need a password at all', () => {
    expect(found(user('1001'))).toEqual(['warning user-without-password directory/users.xml:2']);
    expect(found(user('1001', 'password='))).toEqual(['warning user-without-password directory/users.xml:2']);
    expect(found(user('1001', 'allow-empty-password=false'))).toEqual([]);
    expect(found(user('1001', 'auth-acl=providers'))).toEqual([]);
    expect(found(user('1001', 'a1-hash=0123456789abcdef'))).toEqual([]);
    expect(found('<user id="1001" type="pointer"/>')).toEqual([]);
  });

  it('should not have their number for the mailbox', () => {
    expect(found(user('1001', 'password=Wq7RtLm2PzXc', 'vm-password=1001'))).toEqual([
      'note voicemail-password directory/users.xml:2',
    ]);
  });
});

describe('expansion and system commands', () => {
  it('are better off', () => {
    const file = 'autoload_configs/switch.conf.xml';
    expect(told(auditOf({ [file]: settings('switch.conf', 'api-expansion=true') }))).toEqual([
      `note api-expansion ${file}:2`,
    ]);
    expect(told(auditOf({ [file]: settings('switch.conf', 'max-sessions=10') }))).toEqual([
      `note api-expansion ${file}:1`,
    ]);
    const vars =
      '<include>\n<X-PRE-PROCESS cmd="set" data="domain=pbx.example.org"/>\n<X-PRE-PROCESS cmd="set" data="users_password=gwVfXq0tTj3uLz8m"/>\n</include>';
    expect(told(auditOf({ 'vars.xml': vars }))).toEqual([
      'warning system-commands autoload_configs/modules.conf.xml:1',
    ]);
  });

  it('should not be in the dialplan', () => {
    const context = (action: string): string =>
      `<context name="x"><extension name="e"><condition>\n${action}\n</condition></extension></context>`;
    for (const action of [
      '<action application="system" data="/usr/bin/true"/>',
      '<anti-action application="bgsystem" data="/usr/bin/true"/>',
      '<action application="set" data="x=${system(uptime)}"/>',
      '<action application="set"><![CDATA[x=${system uptime}]]></action>',
    ]) {
      expect(told(auditOf({ 'dialplan/x.xml': context(action) }))).toEqual([
        'warning system-in-dialplan dialplan/x.xml:2',
      ]);
    }
  });
});

describe('httapi', () => {
  const file = 'autoload_configs/httapi.conf.xml';
  const found = (...permissions: readonly string[]): string[] =>
    told(
      auditOf({
        [file]: `<configuration name="httapi.conf"><profiles><profile name="p"><permissions>\n${permissions.join('\n')}\n</permissions></profile></profiles></configuration>`,
      }),
    );
  const list = (kind: string, item: string, name: string): string =>
    `<${kind} default="deny"><${item} name="${name}"/></${kind}>`;

  it('should allow little', () => {
    for (const name of ['all', 'none', 'execute-apps', 'set-vars', 'expand-vars', 'dial-full-originate']) {
      expect(found(`<permission name="${name}" value="true"/>`)).toEqual([
        `error httapi-permissions ${file}:2`,
      ]);
      expect(found(`<permission name="${name}" value="false"/>`)).toEqual([]);
    }
    expect(found('<permission name="dial-set-context" value="true"/>')).toEqual([
      `warning httapi-permissions ${file}:2`,
    ]);
    expect(found('<permission name="get-vars" value="true"/>')).toEqual([
      `note httapi-permissions ${file}:2`,
    ]);
  });

  it('may allow what is listed', () => {
    const info = list('application-list', 'application', 'info');
    expect(found(`<permission name="execute-apps" value="true">${info}</permission>`)).toEqual([]);
    // The default is read from the permission, not from the list.
    expect(
      found(`<permission name="execute-apps" value="true" default="allow">${info}</permission>`),
    ).toEqual([`error httapi-permissions ${file}:2`]);
    const system = list('application-list', 'application', 'system');
    expect(found(`<permission name="execute-apps" value="true">${system}</permission>`)).toEqual([
      `warning httapi-permissions ${file}:2`,
    ]);
    const variables = list('variable-list', 'variable', 'x');
    expect(found(`<permission name="set-vars" value="true">${variables}</permission>`)).toEqual([]);
    const apis = list('api-list', 'api', 'expr');
    expect(found(`<permission name="expand-vars" value="true">${variables}${apis}</permission>`)).toEqual([]);
  });
});

describe('the preprocessor', () => {
  it('should not run programs', () => {
    const report = auditOf({
      'dialplan/run.xml': '<include>\n<X-PRE-PROCESS cmd="exec" data="/usr/bin/id"/>\n</include>',
    });
    expect(told(report)).toEqual(['note unsafe-preprocessor dialplan/run.xml:2']);
    expect(report.not_judged).toEqual([
      { file: 'dialplan/run.xml', line: 2, what: 'exec is not run: /usr/bin/id' },
    ]);
  });
});

describe('the guide', () => {
  it('explains every rule, and no other', () => {
    const guide = readFileSync(path.join(import.meta.dirname, '../../../docs/guide/audit.md'), 'utf8');
    const explained = [...guide.matchAll(/^### `([a-z-]+)`$/gm)].map(([, id]) => id);
    expect(explained.sort()).toEqual(Object.keys(RULES).sort());
  });
});
