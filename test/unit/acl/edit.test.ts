import { describe, expect, it } from 'vitest';
import { readNetwork } from '../../../src/acl/address.js';
import { AclDocument } from '../../../src/acl/document.js';
import { addEntry, createList, removalsOf, removeEntries } from '../../../src/acl/edit.js';
import type { NewEntry } from '../../../src/acl/edit.js';

function add(text: string, cidr: string, more: Partial<NewEntry> = {}, name = 'lan'): string {
  const document = AclDocument.parse(Buffer.from(text), 'acl.conf.xml');
  const read = readNetwork(cidr);
  const list = document.list(name);
  if (list === undefined || 'problem' in read) throw new Error('no list or network');
  const { text: after } = addEntry(document, list, { network: read.network, allow: true, ...more }).document;
  return Buffer.from(after, 'latin1').toString();
}

function remove(text: string, cidr: string, name = 'lan'): string {
  const document = AclDocument.parse(Buffer.from(text), 'acl.conf.xml');
  const read = readNetwork(cidr);
  const list = document.list(name);
  if (list === undefined) throw new Error('no list');
  const removals = removalsOf(list, cidr, 'problem' in read ? undefined : read.network);
  expect(removals.length).toBeGreaterThan(0);
  return Buffer.from(removeEntries(document, removals).document.text, 'latin1').toString();
}

function wrapped(list: string, eol = '\n'): string {
  return `<configuration name="acl.conf">${eol}  <network-lists>${eol}${list}  </network-lists>${eol}</configuration>${eol}`;
}

const ONE = wrapped(
  '    <list name="lan" default="deny">\n      <node type="allow" cidr="10.0.0.0/8"/>\n    </list>\n',
);

describe('adding', () => {
  it('puts a line behind the last entry', () => {
    expect(add(ONE, '192.0.2.7')).toBe(
      ONE.replace('10.0.0.0/8"/>\n', '10.0.0.0/8"/>\n      <node type="allow" cidr="192.0.2.7/32"/>\n'),
    );
  });

  it('writes like the neighbours: line ends, tabs, quotes, order, the blank before the slash', () => {
    const text = wrapped(
      `\t<list name='lan' default='deny'>\r\n\t\t<node cidr='10.0.0.0/8' type='allow' />\r\n\t</list>\r\n`,
      '\r\n',
    );
    expect(add(text, '2001:db8::/32', { allow: false, comment: 'site B' })).toBe(
      text.replace(`' />\r\n`, `' />\r\n\t\t<node cidr='2001:db8::/32' type='deny' /> <!-- site B -->\r\n`),
    );
  });

  it('opens a list that is closed in its own tag', () => {
    const text = wrapped('    <list name="lan" default="deny"/>\n');
    expect(add(text, '10.0.0.0/8')).toBe(
      wrapped(
        '    <list name="lan" default="deny">\n      <node type="allow" cidr="10.0.0.0/8"/>\n    </list>\n',
      ),
    );
  });

  it.each([
    [
      '<list name="lan" default="deny"></list>\n',
      '<list name="lan" default="deny">\n  <node type="allow" cidr="10.0.0.0/8"/>\n</list>\n',
    ],
    [
      '<list name="lan"><!-- nobody --></list>\n',
      '<list name="lan"><node type="allow" cidr="10.0.0.0/8"/><!-- nobody --></list>\n',
    ],
    [
      '<list name="lan"> <!-- mine -->\n</list>\n',
      '<list name="lan"> <!-- mine -->\n  <node type="allow" cidr="10.0.0.0/8"/>\n</list>\n',
    ],
    [
      '<list name="lan"><node cidr="::/0"/></list>\n',
      '<list name="lan"><node cidr="::/0"/><node type="allow" cidr="10.0.0.0/8"/></list>\n',
    ],
    [
      '<list name="lan">\n<node cidr="::/0"/> <!-- over\n lines --></list>\n',
      '<list name="lan">\n<node cidr="::/0"/><node type="allow" cidr="10.0.0.0/8"/> <!-- over\n lines --></list>\n',
    ],
  ])('into %j', (list, expected) => {
    const bare = (inner: string): string =>
      `<configuration name="acl.conf">\n<network-lists>\n${inner}</network-lists>\n</configuration>\n`;
    expect(add(bare(list), '10.0.0.0/8')).toBe(bare(expected));
  });

  it('works in a file on one line', () => {
    const text =
      '<configuration name="acl.conf"><network-lists><list name="lan"/></network-lists></configuration>';
    expect(add(text, '10.0.0.0/8')).toBe(
      text.replace('<list name="lan"/>', '<list name="lan"><node type="allow" cidr="10.0.0.0/8"/></list>'),
    );
  });

  it('works in a whole document, with a byte order mark and bytes that are no UTF-8', () => {
    const text = Buffer.concat([
      Buffer.from('\ufeff<document type="freeswitch/xml"><section name="configuration">\n'),
      Buffer.from(ONE.replace('10.0.0.0/8"/>', '10.0.0.0/8"/> <!-- \xe9 -->'), 'latin1'),
      Buffer.from('</section></document>'),
    ]);
    const document = AclDocument.parse(text, 'freeswitch.xml');
    const list = document.list('lan');
    const read = readNetwork('192.0.2.7');
    if (list === undefined || 'problem' in read) throw new Error('no list');
    const after = addEntry(document, list, { network: read.network, allow: true, comment: 'ö' }).document
      .text;
    const added = Buffer.from('      <node type="allow" cidr="192.0.2.7/32"/> <!-- ö -->\n').toString(
      'latin1',
    );
    expect(after.replace(added, '')).toBe(text.toString('latin1'));
    expect(after).toContain(added);
  });

  it('goes into the list that counts, of two with the same name', () => {
    const text = wrapped('    <list name="lan"/>\n    <list name="lan"/>\n');
    const after = add(text, '10.0.0.0/8');
    expect(after.indexOf('<node')).toBeGreaterThan(after.lastIndexOf('<list'));
  });

  it('writes ports', () => {
    expect(add(ONE, '192.0.2.7', { ports: '5060' })).toContain('cidr="192.0.2.7/32" port="5060"/>');
    expect(add(ONE, '192.0.2.7', { ports: '5060,5080' })).toContain(' ports="5060,5080"/>');
    expect(add(ONE, '192.0.2.7', { ports: '5060-5070' })).toContain(' port-min="5060" port-max="5070"/>');
    for (const ports of ['', '0', '70000', '5060-5050', '5060,', 'sip', '1,2,3,4,5,6,7,8,9,10,11'])
      expect(() => add(ONE, '192.0.2.7', { ports })).toThrow(/not a port/);
  });

  it.each([
    'a -- b',
    'ends in -',
    'two\nlines',
    'nul\0',
    '<X-PRE-PROCESS',
    'x-pre-process',
    '<include>',
    '$${domain}',
    '<?',
    '<!-- x',
    'x'.repeat(501),
  ])('refuses the comment %j', (comment) => {
    expect(() => add(ONE, '192.0.2.7', { comment })).toThrow(/comment/);
  });

  it('refuses where FreeSWITCH would read something else differently', () => {
    // The line with the directive is dropped with all that is on it; an entry must not be put there.
    const list = '<list name="lan"> <X-PRE-PROCESS cmd="set" data="a=b"/>\n<node cidr="::/0"/>\n</list>\n';
    expect(() => add(wrapped(list), '10.0.0.0/8')).toThrow(/FreeSWITCH can parse/);
    const included = AclDocument.parse(
      Buffer.from(
        '<configuration name="acl.conf"><network-lists>\n<X-PRE-PROCESS cmd="include" data="lists/*.xml"/>\n</network-lists></configuration>',
      ),
      'acl.conf.xml',
      { include: () => [{ path: 'lists/lan.xml', text: '<list name="lan">\n</list>\n' }] },
    );
    const list2 = included.list('lan');
    const read = readNetwork('10.0.0.0/8');
    if (list2 === undefined || 'problem' in read) throw new Error('no list');
    expect(() => addEntry(included, list2, { network: read.network, allow: true })).toThrow(
      /lists\/lan\.xml:1/,
    );
  });
});

describe('removing', () => {
  it('takes the line with a comment beside it, and nothing else', () => {
    const text = ONE.replace(
      '8"/>\n',
      '8"/>\n      <!-- site B -->\n      <node type="deny" cidr="10.1.0.0/16"/>  <!-- old -->\n',
    );
    expect(remove(text, '10.1.0.0/16')).toBe(ONE.replace('8"/>\n', '8"/>\n      <!-- site B -->\n'));
  });

  it('takes the entry alone when more is on its line', () => {
    const text = ONE.replace('8"/>', '8"/><node cidr="::/0"/>');
    expect(remove(text, '10.0.0.0/8')).toBe(text.replace('<node type="allow" cidr="10.0.0.0/8"/>', ''));
  });

  it('takes one network out of several', () => {
    const text = ONE.replace('10.0.0.0/8', '10.0.0.0/8, 192.0.2.0/24,2001:db8::/32');
    expect(remove(text, '192.0.2.0/24')).toBe(text.replace(' 192.0.2.0/24,', ''));
    expect(remove(text, '10.0.0.0/8')).toBe(text.replace('10.0.0.0/8, ', ''));
    expect(remove(text, '2001:db8::/32')).toBe(text.replace(',2001:db8::/32', ''));
  });

  it('finds the network however it is written', () => {
    for (const written of [
      'cidr="10.1.2.3/8"',
      "cidr='::ffff:10.0.0.0/8'",
      'host="10.0.0.0" mask="255.0.0.0"',
      'cidr="10.0.0.0/08"',
    ])
      expect(remove(ONE.replace('cidr="10.0.0.0/8"', written), '10.0.0.0/8')).not.toContain('<node');
  });

  it('finds entries that FreeSWITCH leaves out or misreads, by their text', () => {
    for (const written of ['10.1.2.3', 'trunk.example/32', '10.0.0.0/99'])
      expect(remove(ONE.replace('10.0.0.0/8', written), written)).not.toContain('<node');
    expect(remove(ONE.replace('cidr="10.0.0.0/8"', 'domain="example.org"'), 'example.org')).not.toContain(
      '<node',
    );
  });

  it('refuses an entry that is not closed before the next, and one that is not plain', () => {
    const open = ONE.replace(
      '8"/>',
      '8">\n      <node type="allow" cidr="192.0.2.0/24">\n      </node></node>',
    );
    expect(() => remove(open, '10.0.0.0/8')).toThrow(/line 5/);
    const quoted = ONE.replace('10.0.0.0/8', "10.0.0.0/8,'192.0.2.0/24'");
    expect(() => remove(quoted, '10.0.0.0/8')).toThrow(/by hand/);
  });
});

describe('a new list', () => {
  it('goes to the end of the lists', () => {
    const document = AclDocument.parse(Buffer.from(ONE), 'acl.conf.xml');
    const after = createList(document, 'carriers', false).document;
    expect(after.text).toBe(
      ONE.replace('    </list>\n', '    </list>\n    <list name="carriers" default="deny">\n    </list>\n'),
    );
  });

  it.each(['<network-lists/>', '<network-lists></network-lists>', '<network-lists>\n</network-lists>'])(
    'goes into %j',
    (container) => {
      const text = `<configuration name="acl.conf">\n${container}\n</configuration>\n`;
      const after = createList(AclDocument.parse(Buffer.from(text), 'acl.conf.xml'), 'lan', true).document;
      expect(after.list('lan')?.allowByDefault).toBe(true);
      expect(after.text.replace(/\s*<list name="lan" default="allow">\s*<\/list>\s*/, '')).toMatch(
        /^<configuration name="acl.conf">\n<network-lists><\/network-lists>\n<\/configuration>\n$/,
      );
    },
  );
});
