import { describe, expect, it } from 'vitest';
import { checkDocument, checkReferences } from '../../../src/acl/check.js';
import { AclDocument } from '../../../src/acl/document.js';
import { FINDINGS } from '../../../src/acl/finding.js';
import { aclText } from './support.js';

/** What is found, as `severity code line`. */
function found(text: string, path = 'acl.conf.xml'): string[] {
  return checkDocument(AclDocument.parse(Buffer.from(text), path)).map(
    ({ severity, code, line }) => `${severity} ${code} ${line ?? '-'}`,
  );
}

/** The only entry is on line 4. */
function foundIn(entry: string): string[] {
  return found(aclText(`    <list name="lan" default="deny">\n${entry}\n    </list>`));
}

describe('a check', () => {
  it('has nothing against a plain file', () => {
    expect(foundIn('<node type="allow" cidr="10.0.0.0/8"/><node type="deny" cidr="2001:db8::/32"/>')).toEqual(
      [],
    );
  });

  it.each([
    ['<node type="allow" cidr="10.1.2.3"/>', 'error skipped 4'],
    ['<node type="allow" cidr="10.0.0.0/255.0.0.0"/>', 'error skipped 4'],
    ['<node type="allow" cidr="10.0.0.0/33"/>', 'error skipped 4'],
    ['<node type="allow" cidr="TRUNK_IP/32"/>', 'error unpredictable 4'],
    ['<node type="allow" cidr="300.1.1.1/8"/>', 'error unpredictable 4'],
    ['<node type="allow" host="ten" mask="255.0.0.0"/>', 'error unpredictable 4'],
    ['<node type="allow" host="10.0.0.0"/>', 'error skipped 4'],
    ['<node type="allow"/>', 'error skipped 4'],
    ['<node type="allow" cidr="10.0.0.0/8x"/>', 'error misread 4'],
    ['<node type="allow" cidr="10.0.0.0/"/>', 'error misread 4'],
    ['<node type="allow" cidr="10.1.2.3/0"/>', 'error misread 4'],
    ['<node type="allow" cidr="10.1.2.3/8"/>', 'info host_bits 4'],
    ['<node type="alow" cidr="10.0.0.0/8"/>', 'error type_mistyped 4'],
    ['<node cidr="10.0.0.0/8"/>', 'warning type_missing 4'],
    ['<node type="allow" cird="10.0.0.0/8"/>', 'warning unknown_attribute 4'],
    ['<node type="allow" cidr="0.0.0.0/0"/>', 'warning wide_open 4'],
    ['<node type="allow" cidr="0.0.0.0/32"/>', 'error matches_everything 4'],
    ['<node type="allow" domain="example.org" cidr="10.0.0.0/8"/>', 'error misread 4'],
    ['<node type="allow" domain="example.org"/>', 'info unknown 4'],
    ['<node type="allow" host="10.0.0.0" mask="255.0.0.0"/>', 'info host_mask_v6 4'],
    ['<node type="allow" host="10.0.0.0" mask="255.0.255.0"/>', 'error misread 4'],
    ['<node type="allow" cidr="10.0.0.0/8" port="sip"/>', 'error misread 4'],
    ['<nodes type="allow" cidr="10.0.0.0/8"/>', 'error unknown_element 4'],
    [
      '<node type="allow" cidr="10.0.0.0/8"><node type="allow" cidr="::1/128"/></node>',
      'error unknown_element 4',
    ],
    ['<node type="allow" cidr="::1/128"/><node type="deny" cidr="::1/128"/>', 'error never_decides 4'],
    ['<node type="deny" cidr="10.0.0.0/8"/>', 'warning meaningless_default 3'],
    ['<X-PRE-PROCESS cmd="exec" data="true"/>', 'info unknown 4'],
    [
      '<X-PRE-PROCESS cmd="set" data="a=b"/> <node type="allow" cidr="10.0.0.0/8"/>',
      'warning dropped_line 4',
    ],
    ['<!-- <X-PRE-PROCESS cmd="set" data="a=b"/> -->', undefined],
  ])('of %s', (entry, expected) => {
    if (expected === undefined) expect(foundIn(entry)).toEqual([]);
    else expect(foundIn(entry)).toContain(expected);
  });

  it('looks at lists', () => {
    const lists = `<list name="a"/>
      <list name="b" default="alow"/>
      <list default="deny"/>
      <list name="a" default="deny"/>
      <list name="wan.auto" default="deny"/>
      <lists name="c" default="deny"/>`;
    expect(found(aclText(lists))).toEqual(
      [
        'warning default_missing 3',
        'error duplicate_list 3',
        'error default_mistyped 4',
        'error no_name 5',
        'warning replaces_auto 7',
        'error unknown_element 8',
      ].toSorted((a, b) => Number(a.at(-1)) - Number(b.at(-1)) || (a.includes('duplicate') ? -1 : 1)),
    );
  });

  it('looks at what is around the lists', () => {
    expect(found('<configuration name="acl"><network-lists/></configuration>')).toEqual([
      'error no_acl_conf -',
    ]);
    expect(found(aclText('').replace('</network-lists>', '</network-lists><network-lists/>'))).toEqual([
      'error second_container 4',
    ]);
    expect(found(aclText('') + aclText(''))).toEqual(['error second_configuration 6']);
    const document = `<document><section name="configuration">${aclText('')}</section></document>`;
    expect(found(document)).toEqual([]);
    expect(found(document, '/etc/freeswitch/autoload_configs/acl.conf.xml')).toEqual(['error wrapped -']);
  });

  it('finds names that no list has', () => {
    const place = { file: 'internal.xml', line: 7 };
    const reference = (list: string) => ({
      list,
      parameter: 'apply-inbound-acl',
      owner: 'SIP profile internal',
      place,
    });
    const names = ['lan', 'wan.auto', '10.0.0.0/8', '$${acl}', 'LAN'];
    const findings = checkReferences(names.map(reference), new Set(['lan']));
    expect(findings).toMatchObject([{ code: 'no_such_list', file: 'internal.xml', line: 7, list: 'LAN' }]);
  });

  it('has a remedy for everything', () => {
    for (const remedy of Object.values(FINDINGS)) expect(remedy).toMatch(/^[A-Z].*[.:>]$|^Ask/);
  });
});

describe('a file that is not accepted', () => {
  it.each([
    ['', undefined],
    ['<configuration name="acl.conf">', 'acl_not_xml'],
    ['<a></b>', 'acl_not_xml'],
    ['<a b="c></a>', 'acl_not_xml'],
    ['<!-- a -- b -->', 'acl_not_xml'],
    ['<a/', 'acl_not_xml'],
    ['< a/>', 'acl_not_xml'],
    ['<![CDATA[', 'acl_not_xml'],
    ['<!DOCTYPE a [<!ENTITY b "c">]><a/>', 'acl_not_accepted'],
    ['<a>\0</a>', 'acl_not_accepted'],
    ['\xff\xfe<\0a\0', 'acl_not_accepted'],
    ['<a $${b}/>', 'acl_not_accepted'],
    ['<a>'.repeat(2000) + '</a>'.repeat(2000), 'acl_not_xml'],
    [`<a b="${'x'.repeat(1_000_001)}"/>`, 'acl_not_accepted'],
    [`<a>\n${'<X-PRE-PROCESS cmd="set" data="a=b$${a}$${a}"/>\n'.repeat(40)}</a>`, 'acl_not_accepted'],
  ])('%.30j', (text, code) => {
    const parse = (): AclDocument => AclDocument.parse(Buffer.from(text, 'latin1'), 'acl.conf.xml');
    if (code === undefined) expect(parse().lists).toEqual([]);
    else expect(parse).toThrow(expect.objectContaining({ code }));
  });

  // Quadratic work would not end within the time-out of a test.
  it('is read or refused soon, however it tries to take long', () => {
    const hostile = [
      '$${'.repeat(300_000),
      '<x-pre-process '.repeat(60_000),
      '<!--'.repeat(200_000),
      '<a '.repeat(300_000),
      '&amp;'.repeat(150_000),
      '<a>'.repeat(999) + '</a>'.repeat(999),
      `<a b="${'&#38;'.repeat(150_000)}"/>`,
      '\n'.repeat(900_000),
    ];
    for (const text of hostile) {
      try {
        checkDocument(AclDocument.parse(Buffer.from(text), 'acl.conf.xml'));
      } catch (error) {
        expect(error).toHaveProperty('code');
      }
    }
  });

  it('tells the line, counted as people count, behind any line end', () => {
    for (const eol of ['\n', '\r\n', '\r'])
      expect(() => AclDocument.parse(Buffer.from(`<a>${eol}${eol}</b>`), 'acl.conf.xml')).toThrow(
        'acl.conf.xml:3:',
      );
  });
});
