import { childrenOf as children, type XmlNode } from '../../switch-config/xml.js';

import { isTrue, toBytes, toInteger } from '../text.js';

export interface DialplanAction {
  readonly application: string;
  readonly data: string;
  /** Runs while the dialplan is still looked up. */
  readonly inline: boolean;
  readonly loop: number;
}

export type Break = 'on-true' | 'on-false' | 'always' | 'never';

/** One field to compare, of a condition or of a `<regex>` inside it. */
export interface Test {
  /** Absent: passes always. */
  readonly field: string | undefined;
  readonly expression: string;
}

export interface Condition {
  readonly test: Test;
  /** `regex="all|any|xor"`: the tests inside decide instead of `test`. */
  readonly rule: 'all' | 'any' | 'xor' | undefined;
  readonly tests: readonly Test[];
  readonly break: Break;
  readonly actions: readonly DialplanAction[];
  readonly antiActions: readonly DialplanAction[];
  readonly nested: readonly Condition[];
  /** `require-nested="false"`: the nested conditions may fail. */
  readonly requireNested: boolean;
}

export interface DialplanExtension {
  readonly name: string;
  /** `continue="true"`: later extensions are looked at, too. */
  readonly continues: boolean;
  readonly conditions: readonly Condition[];
}

export interface Context {
  readonly name: string;
  readonly extensions: readonly DialplanExtension[];
}

function attribute(element: XmlNode, name: string): string | undefined {
  const value = element.attributes.get(name);
  return value === undefined ? undefined : toBytes(value);
}

function ownText(element: XmlNode): string {
  return toBytes(element.text.trim());
}

function readTest(element: XmlNode): Test {
  const inside = children(element, 'expression')[0];
  return {
    field: attribute(element, 'field'),
    expression: inside === undefined ? (attribute(element, 'expression') ?? '') : ownText(inside),
  };
}

function readAction(element: XmlNode): DialplanAction {
  const text = ownText(element);
  const loop = attribute(element, 'loop');
  return {
    application: attribute(element, 'application') ?? '',
    data: text === '' ? (attribute(element, 'data') ?? '') : text,
    inline: isTrue(attribute(element, 'inline')),
    loop: loop === undefined ? 1 : toInteger(loop),
  };
}

function readBreak(text: string | undefined): Break {
  const value = text?.toLowerCase();
  return value === 'on-true' || value === 'always' || value === 'never' ? value : 'on-false';
}

function readRule(text: string | undefined): Condition['rule'] {
  if (text === undefined) return undefined;
  const value = text.toLowerCase();
  return value === 'all' || value === 'xor' ? value : 'any';
}

function readCondition(element: XmlNode): Condition {
  return {
    test: readTest(element),
    rule: readRule(attribute(element, 'regex')),
    tests: children(element, 'regex').map(readTest),
    break: readBreak(attribute(element, 'break')),
    actions: children(element, 'action').map(readAction),
    antiActions: children(element, 'anti-action').map(readAction),
    nested: children(element, 'condition').map(readCondition),
    requireNested: isTrue(attribute(element, 'require-nested') ?? 'true'),
  };
}

/** The dialplan of mod_dialplan_xml; of two contexts with one name FreeSWITCH uses the first. */
export function readContexts(found: readonly XmlNode[]): ReadonlyMap<string, Context> {
  const contexts = new Map<string, Context>();
  for (const element of found) {
    const name = attribute(element, 'name') ?? '';
    if (contexts.has(name)) continue;
    contexts.set(name, {
      name,
      extensions: children(element, 'extension').map((extension) => ({
        name: attribute(extension, 'name') ?? 'UNKNOWN',
        continues: isTrue(attribute(extension, 'continue')),
        conditions: children(extension, 'condition').map(readCondition),
      })),
    });
  }
  return contexts;
}
