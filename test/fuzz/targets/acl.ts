import { decide } from '../../../src/acl/decide.js';
import { checkDocument } from '../../../src/acl/check.js';
import { AclDocument } from '../../../src/acl/document.js';
import { addEntry, createList, removalsOf, removeEntries } from '../../../src/acl/edit.js';
import type { Edited } from '../../../src/acl/edit.js';
import { notesOfAdding } from '../../../src/acl/effect.js';
import { formatNetwork, parseAddress, readNetwork } from '../../../src/acl/address.js';
import { EVERY_PORT, rulesOfCidr } from '../../../src/acl/rule.js';
import { AppError } from '../../../src/errors.js';
import { bytesForm } from '../forms/bytes.js';
import { defineTarget, expecting, must, mustEqual } from '../target.js';

const SEED = `<configuration name="acl.conf" description="Network Lists">
  <network-lists>
    <!-- the office -->
    <list name="lan" default="allow">
      <node type="deny" cidr="192.168.42.0/24"/>
      <node type="allow" cidr="192.168.42.42/32, 10.0.0.0/8" ports="5060,5080"/> <!-- Zoë -->
      <node type="allow" host="198.51.100.1" mask="255.255.255.0"/>
      <node type="allow" cidr="2001:db8::/32" port-min="1" port-max="9"/>
    </list>
    <list name="domains" default="deny"><node type="allow" domain="$\${domain}"/></list>
    <X-PRE-PROCESS cmd="set" data="net=203.0.113.0/24"/>
    <list name="third"><node cidr="$\${net}"/></list>
  </network-lists>
</configuration>
`;
const DOUBLING = `<configuration name="acl.conf"><network-lists>\n${'<X-PRE-PROCESS cmd="set" data="a=b$${a}$${a}"/>\n'.repeat(12)}<list name="$\${a}"/></network-lists></configuration>`;

const ADDRESSES = ['192.168.42.42', '10.1.2.3', '203.0.113.9', '2001:db8::1', '::', '255.255.255.255'].map(
  (text) => {
    const address = parseAddress(text);
    if (address === undefined) throw new Error(text);
    return address;
  },
);
const NETWORKS = ['192.0.2.7/32', '10.0.0.0/8', '2001:db8:1::/48', '0.0.0.0/0'].map((text) => {
  const read = readNetwork(text);
  if ('problem' in read) throw new Error(text);
  return read.network;
});

function bytesOf({ document }: Edited): Buffer {
  return Buffer.from(document.text, 'latin1');
}

/** What every list says of every address. */
function decisions(document: AclDocument): unknown {
  return document.lists.map((list) => [
    list.name,
    ADDRESSES.map((address) => decide(list, address, 5060).allowed),
  ]);
}

/** An edit is made or refused; what it has made is read again as what it said. */
function edited(make: () => Edited): AclDocument | undefined {
  const result = expecting([AppError], make);
  if (result === undefined) return undefined;
  const again = AclDocument.parse(bytesOf(result), 'acl.conf.xml');
  mustEqual(decisions(again), decisions(result.document), 'what was written, read again');
  return again;
}

export const target = defineTarget<Buffer>({
  name: 'acl',
  about:
    'acl.conf.xml: read or refused; what is decided is the same each time; an entry is added and taken out again, a list made: each edit is refused, or changes what it should and no other list, and leaves a file that is read as it says.',
  covers: ['acl/'],
  found: [
    'a thousand lines that each become long by a variable, and are dropped, took minutes in a file of megabytes; the same in the whole configuration (`acl/preprocess.ts`, `switch-config/preprocess.ts`)',
  ],
  form: bytesForm([
    '<list name="', '<list name="lan" default="deny">', '</list>', '<node ', ' type="allow"', ' type="deny"', ' cidr="', ' host="', ' mask="', ' domain="', ' ports="', ' port="5060"', ' default="allow"', '"/>', '/>',
    '<network-lists>', '</network-lists>', '<configuration name="acl.conf">', '<!--', '-->', '<!--#', '<X-PRE-PROCESS cmd="set" data="a=', '$${a}', '<include>', '<?xml', '<!DOCTYPE', '<![CDATA[', '10.0.0.0/8', '0.0.0.0/0', '::/0', '/33', ', ', '^^;', '192.0.2.7/32',
  ]), // prettier-ignore
  seeds: [
    SEED,
    SEED.replaceAll('\n', '\r\n'),
    SEED.replaceAll('\n', ''),
    DOUBLING,
    '<document type="freeswitch/xml"><section name="configuration"><configuration name="acl.conf"><network-lists/></configuration></section></document>',
  ].map((text) => Buffer.from(text)),
  run(bytes) {
    const document = expecting([AppError], () => AclDocument.parse(bytes, 'acl.conf.xml'));
    if (document === undefined) return;
    const before = decisions(document);
    mustEqual(decisions(AclDocument.parse(bytes, 'acl.conf.xml')), before, 'the second time');
    for (const { message, line = 1 } of checkDocument(document))
      must(message !== '' && line >= 1, 'a finding without words or place');
    must(Buffer.from(document.text, 'latin1').equals(bytes), 'the text is not the file');
    for (const list of document.lists.slice(0, 3)) {
      for (const network of NETWORKS.slice(0, 2)) {
        const [rule] = rulesOfCidr(formatNetwork(network), true, EVERY_PORT).rules;
        must(rule !== undefined, 'no rule of a plain network');
        for (const { text } of notesOfAdding(list, network, rule)) must(text !== '', 'a note without words');
        const added = edited(() => addEntry(document, list, { network, allow: true, comment: 'as asked' }));
        const there = added?.lists[document.lists.indexOf(list)];
        if (added === undefined || there === undefined) continue;
        must(there.entries.length === list.entries.length + 1, 'no entry more');
        const removals = expecting([AppError], () => removalsOf(there, formatNetwork(network), network));
        if (removals === undefined) continue;
        must(removals.length > 0, 'what was added is not found');
        edited(() => removeEntries(added, removals));
      }
    }
    const made = edited(() => createList(document, 'a new one', false));
    if (made !== undefined) must(made.list('a new one') !== undefined, 'the new list is not there');
  },
});
