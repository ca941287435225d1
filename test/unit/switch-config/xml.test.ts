import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { childOf, findChild, parseSwitchXml } from '../../../src/switch-config/xml.js';
import type { XmlNode } from '../../../src/switch-config/xml.js';

function parse(text: string): XmlNode {
  const result = parseSwitchXml(text);
  if (!result.ok) throw new Error(result.reason);
  return result.root;
}

describe('FreeSWITCH’s XML', () => {
  it('has elements, attributes and text', () => {
    const root = parse('junk <a x="1" y=\'2\' x="3"><b/>te<!-- no -->xt &amp; <![CDATA[<more>]]></a> junk <');
    expect(root.attributes.get('x')).toBe('1');
    expect(root.attributes.get('y')).toBe('2');
    expect(root.text).toBe('text & <more>');
    expect(childOf(root, 'b')?.offset).toBe(26);
  });

  it('is tolerant', () => {
    const root = parse(
      '<a x=1 checked y = "&quot;&#65;&#x42;&unknown;&constructor;&" z="a\nb > c"><b\n/></a>',
    );
    expect(Object.fromEntries(root.attributes)).toEqual({
      x: '',
      1: '',
      checked: '',
      y: '"AB&unknown;&constructor;&',
      z: 'a b > c',
    });
    expect(root.children).toHaveLength(1);
  });

  it('finds a child by an attribute in any case, and the first', () => {
    const root = parse('<a><b n="One" v="1"/><b n="ONE" v="2"/></a>');
    expect(findChild(root, 'b', 'n', 'one')?.attributes.get('v')).toBe('1');
  });

  it('does not replace entities of the document', () => {
    const root = parse('<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;">]><a>&c;</a>');
    expect(root.text).toBe('&c;');
  });

  it('says where it is broken', () => {
    const broken: Readonly<Record<string, number>> = {
      '<a><b></a>': 6,
      '<a>': 0,
      '<a x="1>': 0,
      '<a><!-- -- --></a>': 8,
      '<a><!-- ': 3,
      '<a>< b/></a>': 3,
      '<a><![CDATA[': 3,
      '<a': 0,
      '': 0,
    };
    for (const [text, offset] of Object.entries(broken)) {
      expect(parseSwitchXml(text), text).toMatchObject({ ok: false, offset });
    }
  });

  it('withstands whatever comes', () => {
    const pieces = fc.constantFrom(
      '<',
      '>',
      '/',
      'a',
      '="',
      "'",
      '"',
      '!--',
      '--',
      '![CDATA[',
      ']]>',
      '?',
      '&',
      '#x',
      ';',
      ' ',
      '\n',
      '!DOCTYPE',
      '[',
      ']',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 60 }), (parts) => {
        expect(typeof parseSwitchXml(parts.join('')).ok).toBe('boolean');
      }),
      { numRuns: 3000 },
    );
    expect(parseSwitchXml('<a>'.repeat(100_000)).ok).toBe(false);
  });
});
