import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { audit } from '../../../src/audit/audit.js';
import { toSarif } from '../../../src/audit/sarif.js';
import { AppError } from '../../../src/errors.js';
import { readSwitchConfiguration } from '../../../src/switch-config/configuration.js';
import { textForm } from '../forms/text.js';
import { Scratch } from '../support/scratch.js';
import { defineTarget, expecting, must } from '../target.js';

const scratch = new Scratch();

const DOCUMENT = `<?xml version="1.0"?>
<document type="freeswitch/xml">
  <X-PRE-PROCESS cmd="set" data="domain=pbx.example.org"/>
  <X-PRE-PROCESS cmd="include" data="other.xml"/>
  <section name="configuration">
    <configuration name="acl.conf"><network-lists><list name="providers" default="deny"><node type="allow" cidr="198.51.100.0/28"/></list></network-lists></configuration>
    <configuration name="event_socket.conf"><settings><param name="listen-ip" value="::"/><param name="password" value="ClueCon"/></settings></configuration>
    <configuration name="sofia.conf"><profiles><profile name="outside"><gateways><gateway name="carrier"/></gateways><settings>
      <param name="context" value="public"/><param name="sip-ip" value="$\${local_ip_v4}"/><param name="auth-calls" value="false"/><param name="apply-inbound-acl" value="providers"/>
    </settings></profile></profiles></configuration>
  </section>
  <section name="dialplan">
    <context name="public">
      <extension name="in"><condition field="destination_number" expression="^(0\\d+)$"><action application="transfer" data="$1 XML default"/></condition></extension>
    </context>
    <context name="default">
      <extension name="out" continue="true"><condition field="destination_number" expression="^0(\\d{3,})$" break="never">
        <action application="set" data="x=\${caller_id_number}" inline="true"/>
        <action application="bridge" data="{a=b}sofia/gateway/carrier/$1"/><anti-action application="execute_extension" data="m:^:answer^bridge:sofia/gateway/carrier/$1 inline"/>
      </condition><condition wday="2-6" hour="9-17"/><condition regex="any"><regex field="\${x}" expression="^(.*)$"/><action application="system" data="echo \${caller_id_name}"/></condition></extension>
    </context>
  </section>
  <section name="directory"><domain name="$\${domain}"><params><param name="dial-string" value="\${sofia_contact(*/\${dialed_user})}"/></params>
    <groups><group name="g"><users><user id="1000" cidr="192.0.2.0/24"><params><param name="password" value="1234"/></params><variables><variable name="user_context" value="default"/></variables></user></users></group></groups></domain></section>
</document>
`;

const DOUBLING = `<document>\n${'<X-PRE-PROCESS cmd="set" data="a=b$${a}$${a}"/>\n'.repeat(12)}$\${a}</document>`;

const PIECES = [
  '<X-PRE-PROCESS cmd="set" data="a=', '<X-PRE-PROCESS cmd="include" data="other.xml"/>\n', '<X-PRE-PROCESS cmd="exec" data="id"/>\n', '"/>\n', '$${a}', '$${', '<include>\n', '</include>\n', '<!--#', '-->',
  '<extension name="x">', '</extension>', '<condition field="destination_number" expression="', '</condition>', '<action application="', '" data="', '<anti-action ', '<regex ', ' break="on-true"', ' continue="true"', ' inline="true"',
  'bridge', 'transfer', 'execute_extension', 'loopback/', '/default/XML', ' XML default', ' inline', '$1', '${caller_id_number}', '${regex(${x}|^(.*)$|%1)}', '${cond(${x} == y ? a : b)}', '^(.*)$', '(?i)', '(?=', '[0-9]{1,3}', '(a+)+$', '(.*)*', '\\d+', '|',
  'sofia/gateway/carrier/', 'user/', 'group/', 'att_xfer', 'play_and_get_digits', 'bind_meta_app', 'ivr', '<section name="', '<context name="', '<param name="', ' value="', 'auth-calls', 'accept-blind-reg', 'apply-inbound-acl', 'context', 'dialplan', 'inbound-bypass-media',
]; // prettier-ignore

/** Other folders are not to be read by a hunt. A variable may stand in the middle of a word, and bring any path. */
function leadsElsewhere(line: string): boolean {
  const plain = line.replaceAll(/\$\$\{[^${}]*\}/g, '');
  return /include/i.test(plain) && (line.includes('$${') || /\.\.|["'\s=/{}]\/(?!>)|\*/.test(line));
}

/** Less than audits have, so that an input is over in time. */
const EFFORT = 100_000;

export const target = defineTarget<string>({
  name: 'switch-configuration',
  about:
    'FreeSWITCH configurations: preprocessed, parsed and audited within the time, or refused as unreadable; findings with a place in the configuration, the same each time; nothing run and nothing read outside of the folder.',
  covers: ['switch-config/', 'audit/'],
  found: [
    'expressions with many optional parts took exponential time, long ones used up the stack (`audit/language/quotients.ts`)',
    'an include of a name too long for the file system, below a file or in a circle of links broke off the reading (`switch-config/glob.ts`)',
    'an include of `/*/*/*/*/*` had the whole disk looked through, one of `*/../*/../` and so on took all memory (`switch-config/glob.ts`)',
  ],
  form: textForm(PIECES),
  seeds: [DOCUMENT, DOUBLING, DOCUMENT.replaceAll('\n', '\r\n'), '<document/>', '<include/>'],
  run(text) {
    if (text.split(/[\r\n]/).some(leadsElsewhere)) return;
    const folder = scratch.emptied();
    writeFileSync(path.join(folder, 'freeswitch.xml'), text);
    writeFileSync(path.join(folder, 'other.xml'), '<X-PRE-PROCESS cmd="set" data="other=1"/>\n');
    const configuration = expecting([AppError], () => readSwitchConfiguration(folder));
    if (configuration === undefined) return;
    const report = audit(configuration, EFFORT);
    for (const { rule, file, line, message } of report.findings) {
      must(/^[a-z-]+$/.test(rule) && message !== '', `a finding of "${rule}"`);
      must(line >= 1 && !path.isAbsolute(file), `a finding at ${file}:${line}`);
    }
    JSON.stringify(toSarif(report, '0.0.0'));
    // What is known from the first time makes the second follow more ways.
    const second = audit(configuration, EFFORT);
    must(
      !report.complete || JSON.stringify(second) === JSON.stringify(report),
      'another report the second time',
    );
  },
});
