import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditFolder } from '../../../src/audit/audit.js';
import { auditOf, told, OPEN_PROFILE } from './conf.js';

const DIALPLAN = path.join(import.meta.dirname, '../../../dialplan');

/** The configuration that comes with FreeSWITCH, where it is installed. */
const VANILLA = [
  process.env['FREESWITCH_CONF'] ?? '',
  '/etc/freeswitch',
  '/usr/local/freeswitch/etc/freeswitch',
  '/usr/local/freeswitch/conf',
  '/usr/share/freeswitch/conf/vanilla',
].find((folder) => existsSync(path.join(folder, 'dialplan/default/01_Talking_Clock.xml')));

describe.skipIf(VANILLA === undefined)('the configuration that comes with FreeSWITCH', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'switchhook-vanilla-'));
    cpSync(VANILLA ?? '', folder, { recursive: true });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const rules = (): string[] => told(auditFolder(folder)).map((line) => line.replace(/:\d+$/, ''));
  const AS_IT_COMES = [
    'error event-socket-password autoload_configs/event_socket.conf.xml',
    'error user-password vars.xml',
    'error user-password vars.xml',
    'warning event-socket-no-acl autoload_configs/event_socket.conf.xml',
    'warning system-commands autoload_configs/modules.conf.xml',
    'warning user-without-password directory/default/default.xml',
    'warning user-without-password directory/default/skinny-example.xml',
    'warning profile-without-auth sip_profiles/external-ipv6.xml',
    'warning profile-without-auth sip_profiles/external.xml',
    'note acl-open autoload_configs/acl.conf.xml',
    'note api-expansion autoload_configs/switch.conf.xml',
    'note voicemail-password directory/default/1000.xml',
  ];

  it('has its default passwords, and no way out for strangers', () => {
    expect(rules()).toEqual(AS_IT_COMES);
  });

  it('gets no worse by the dialplan of this project', () => {
    cpSync(path.join(DIALPLAN, 'switchhook.xml'), path.join(folder, 'dialplan/switchhook.xml'));
    for (const context of ['default', 'public']) {
      cpSync(path.join(DIALPLAN, 'examples'), path.join(folder, 'dialplan', context), { recursive: true });
    }
    expect(rules()).toEqual(AS_IT_COMES);
  });

  it('is open to everybody after the change that its comments suggest', () => {
    const file = path.join(folder, 'dialplan/public.xml');
    const suggested = `<extension name="all_to_default"><condition><action application="transfer" data="\${destination_number} XML default"/></condition></extension>`;
    const opened = readFileSync(file, 'utf8').replace(/(<\/context>)/, `${suggested}\n$1`);
    writeFileSync(file, opened);
    const report = auditFolder(folder);
    expect(report.complete).toBe(true);
    const found = report.findings.filter(({ rule }) => rule === 'toll-fraud');
    expect(found.filter(({ severity }) => severity === 'error').map(({ path: way }) => way?.length)).toEqual([
      3, 3,
    ]);
    // With the question for a password that belongs to it, it is not.
    const asking = `<extension name="check_auth" continue="true"><condition field="\${sip_authorized}" expression="^true$" break="never"><anti-action application="respond" data="407"/></condition></extension>`;
    writeFileSync(file, opened.replace('<extension name="all_to_default">', `${asking}\n$&`));
    expect(rules()).toEqual(AS_IT_COMES);
  }, 30_000);
});

/** Written in the manner of multi-tenant front ends: a context per domain, inbound routes with fixed targets. */
const TENANT = `<include>
<context name="tenant.example.org">
  <extension name="user_exists" continue="true">
    <condition field="" expression="" break="never">
      <action application="set" data="user_exists=\${user_exists id \${destination_number} \${domain_name}}" inline="true"/>
      <action application="set" data="from_user_exists=\${user_exists id \${sip_from_user} \${sip_from_host}}" inline="true"/>
    </condition>
    <condition field="\${user_exists}" expression="^true$">
      <action application="set" data="extension_uuid=\${user_data \${destination_number}@\${domain_name} var extension_uuid}" inline="true"/>
      <action application="set" data="call_timeout=30"/>
    </condition>
  </extension>
  <extension name="call_block" continue="true">
    <condition field="\${call_direction}" expression="^inbound$">
      <action application="lua" data="app.lua call_block"/>
    </condition>
  </extension>
  <extension name="carrier.national">
    <condition field="\${user_exists}" expression="false"/>
    <condition field="\${toll_allow}" expression="national"/>
    <condition field="destination_number" expression="^(0[1-9]\\d{5,14})$">
      <action application="set" data="sip_h_X-accountcode=\${accountcode}"/>
      <action application="export" data="call_direction=outbound" inline="true"/>
      <action application="set" data="hangup_after_bridge=true"/>
      <action application="bridge" data="sofia/gateway/6c1f2a7e-0d2b-4b0f-9d6e/49$1"/>
    </condition>
  </extension>
  <extension name="ring group">
    <condition field="destination_number" expression="^(500)$">
      <action application="set" data="ring_group_uuid=7"/>
      <action application="bridge" data="{ignore_early_media=true}user/201@\${domain_name},user/202@\${domain_name}"/>
    </condition>
  </extension>
  <extension name="voicemail">
    <condition field="destination_number" expression="^\\*99(\\d{2,10})$">
      <action application="answer"/>
      <action application="voicemail" data="default \${domain_name} $1"/>
    </condition>
  </extension>
  <extension name="local_extension">
    <condition field="\${user_exists}" expression="true">
      <action application="export" data="dialed_extension=\${destination_number}" inline="true"/>
      <action application="bridge" data="user/\${destination_number}@\${domain_name}"/>
      <action application="transfer" data="*99\${destination_number} XML \${domain_name}"/>
    </condition>
  </extension>
</context>
</include>
`;

const inbound = (expression: string, target: string): string => `<include>
<context name="public">
  <extension name="inbound" continue="false">
    <condition field="destination_number" expression="${expression}">
      <action application="export" data="call_direction=inbound" inline="true"/>
      <action application="set" data="domain_uuid=1" inline="true"/>
      <action application="set" data="domain_name=tenant.example.org" inline="true"/>
      <action application="transfer" data="${target} XML tenant.example.org"/>
    </condition>
  </extension>
</context>
</include>
`;

describe('a multi-tenant dialplan', () => {
  const users = `<domain name="tenant.example.org"><users>
<user id="201"><params><param name="a1-hash" value="0"/></params><variables><variable name="toll_allow" value="national"/></variables></user>
</users></domain>`;
  const found = (dialplan: string, tenant = TENANT): string[] =>
    told(
      auditOf({
        'sip_profiles/outside.xml': OPEN_PROFILE,
        'directory/users.xml': users,
        'dialplan/public.xml': dialplan,
        'dialplan/tenant.xml': tenant,
      }),
    ).filter((line) => !line.includes('profile-without-auth'));

  it('gives no alarm while its numbers have fixed targets', () => {
    for (const target of ['500', '201', '*99201'])
      expect(found(inbound('^\\+?49(301234)$', target))).toEqual([]);
    expect(found(inbound('^49301234(\\d{2})$', '2$1'))).toEqual([]);
    // The program is not known, but the number is.
    expect(found(inbound('^(\\d{3})$', '$1'))).toEqual([]);
  });

  it('gives the alarm when strangers get to its outside lines', () => {
    const open = TENANT.replace('<condition field="${toll_allow}" expression="national"/>', '');
    expect(found(inbound('^49301234(\\d*)$', '$1'), open)).toEqual([
      'error toll-fraud dialplan/tenant.xml:25',
    ]);
    expect(found(inbound('^49301234(\\d{2})$', '$1'), open)).toEqual([]);
  });
});
