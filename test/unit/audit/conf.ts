import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { auditFolder } from '../../../src/audit/audit.js';
import type { AuditReport, Finding } from '../../../src/audit/finding.js';

/** A small configuration in which there is nothing to find; tests put their own files in place of these. */
const QUIET: Readonly<Record<string, string>> = {
  'freeswitch.xml': `<?xml version="1.0"?>
<document type="freeswitch/xml">
  <X-PRE-PROCESS cmd="include" data="vars.xml"/>
  <section name="configuration">
    <X-PRE-PROCESS cmd="include" data="autoload_configs/*.xml"/>
  </section>
  <section name="dialplan">
    <X-PRE-PROCESS cmd="include" data="dialplan/*.xml"/>
  </section>
  <section name="directory">
    <X-PRE-PROCESS cmd="include" data="directory/*.xml"/>
  </section>
</document>
`,
  'vars.xml': `<include>
  <X-PRE-PROCESS cmd="set" data="domain=pbx.example.org"/>
  <X-PRE-PROCESS cmd="set" data="users_password=gwVfXq0tTj3uLz8m"/>
  <X-PRE-PROCESS cmd="set" data="disable_system_api_commands=true"/>
</include>
`,
  'autoload_configs/acl.conf.xml': `<configuration name="acl.conf"><network-lists>
  <list name="providers" default="deny">
    <node type="allow" cidr="198.51.100.0/28"/>
    <node type="allow" domain="$\${domain}"/>
  </list>
</network-lists></configuration>
`,
  'autoload_configs/event_socket.conf.xml': `<configuration name="event_socket.conf"><settings>
  <param name="listen-ip" value="127.0.0.1"/>
  <param name="password" value="b7QnZ2kLr9TxYw"/>
</settings></configuration>
`,
  'autoload_configs/modules.conf.xml': `<configuration name="modules.conf"><modules>
  <load module="mod_event_socket"/>
  <load module="mod_commands"/>
  <load module="mod_sofia"/>
  <load module="mod_enum"/>
  <load module="mod_httapi"/>
  <load module="mod_verto"/>
  <load module="mod_xml_rpc"/>
</modules></configuration>
`,
  'autoload_configs/switch.conf.xml': `<configuration name="switch.conf"><settings>
  <param name="api-expansion" value="false"/>
</settings></configuration>
`,
  'autoload_configs/sofia.conf.xml': `<configuration name="sofia.conf"><profiles>
  <X-PRE-PROCESS cmd="include" data="../sip_profiles/*.xml"/>
</profiles></configuration>
`,
  'sip_profiles/inside.xml': `<profile name="inside"><settings>
  <param name="context" value="default"/>
  <param name="auth-calls" value="true"/>
  <param name="apply-inbound-acl" value="providers"/>
</settings></profile>
`,
  'dialplan/default.xml': `<include>
  <context name="default">
    <extension name="colleague"><condition field="destination_number" expression="^(10\\d\\d)$">
      <action application="bridge" data="user/$1@$\${domain}"/>
    </condition></extension>
    <extension name="outside"><condition field="destination_number" expression="^0(\\d+)$">
      <action application="bridge" data="sofia/gateway/carrier/$1"/>
    </condition></extension>
  </context>
</include>
`,
  'directory/users.xml': `<include>
  <domain name="$\${domain}">
    <params><param name="dial-string" value="\${sofia_contact(\${dialed_user}@\${dialed_domain})}"/></params>
    <groups><group name="desk"><users>
      <user id="1001"><params><param name="password" value="$\${users_password}"/></params></user>
      <user id="1002"><params><param name="a1-hash" value="0123456789abcdef0123456789abcdef"/></params></user>
    </users></group></groups>
  </domain>
</include>
`,
};

/** A SIP profile that takes calls from everybody into the context `public`. */
export const OPEN_PROFILE = `<profile name="outside"><settings>
  <param name="context" value="public"/>
  <param name="auth-calls" value="false"/>
</settings></profile>
`;

/** Writes a configuration into a folder that goes with the test. A file that is undefined is left out. */
export function writeConf(files: Readonly<Record<string, string | undefined>> = {}): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'switchhook-conf-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries({ ...QUIET, ...files })) {
    if (text === undefined) continue;
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
  return folder;
}

export function auditOf(files: Readonly<Record<string, string | undefined>> = {}): AuditReport {
  return auditFolder(writeConf(files));
}

/** `severity rule file:line`, for what is about this rule. */
export function told(report: AuditReport, rule?: string): string[] {
  return report.findings
    .filter((finding) => rule === undefined || finding.rule === rule)
    .map(({ severity, rule: id, file, line }) => `${severity} ${id} ${file}:${line}`);
}

/** What an unauthenticated caller reaches, with this context `public`. */
export function reached(extensions: string, more: Readonly<Record<string, string>> = {}): readonly Finding[] {
  const report = auditOf({
    'sip_profiles/outside.xml': OPEN_PROFILE,
    'dialplan/public.xml': `<include>\n<context name="public">\n${extensions}\n</context>\n</include>\n`,
    ...more,
  });
  return report.findings.filter(({ rule }) => rule !== 'profile-without-auth');
}

/** An extension for numbers, with these `application data` in order. */
export function extension(expression: string, ...actions: readonly string[]): string {
  const written = actions.map((action) => {
    const [application = '', ...data] = action.split(' ');
    return `<action application="${application}" data="${escaped(data.join(' '))}"/>`;
  });
  return `<extension name="x"><condition field="destination_number" expression="${escaped(expression)}">\n${written.join('\n')}\n</condition></extension>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}
