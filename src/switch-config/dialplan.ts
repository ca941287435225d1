import type { SwitchConfiguration } from './configuration.js';
import { isTrue } from './truth.js';
import { childOf, childrenOf } from './xml.js';
import type { XmlNode } from './xml.js';

export interface DialplanAction {
  readonly application: string;
  readonly data: string;
  /** Runs while the dialplan is still looked up. */
  readonly inline: boolean;
  readonly node: XmlNode;
}

export type Break = 'on-true' | 'on-false' | 'always' | 'never';

/** One field to compare, of a condition or of a `<regex>` inside it. */
export interface Test {
  /** Absent: passes always. */
  readonly field: string | undefined;
  readonly expression: string;
  /** `wday`, `hour` and their kin. */
  readonly timed: boolean;
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
  readonly node: XmlNode;
}

export interface Context {
  readonly name: string;
  readonly extensions: readonly DialplanExtension[];
  readonly node: XmlNode;
}

/** switch_xml_std_datetime_check() (switch_xml.c). */
const TIME_ATTRIBUTES = [
  'date-time',
  'year',
  'yday',
  'mon',
  'mday',
  'week',
  'mweek',
  'wday',
  'hour',
  'minute',
  'minute-of-day',
  'time-of-day',
  'tz-offset',
  'dst',
];

/**
 * The contexts of a section `dialplan` (mod_dialplan_xml.c). Their names are told apart without regard to case, and
 * of two with one name the first is used.
 */
export function readContexts(section: XmlNode | undefined): ReadonlyMap<string, Context> {
  const contexts = new Map<string, Context>();
  for (const node of childrenOf(section, 'context')) {
    const name = node.attributes.get('name') ?? '';
    if (contexts.has(name.toLowerCase())) continue;
    contexts.set(name.toLowerCase(), {
      name,
      node,
      extensions: childrenOf(node, 'extension').map((extension) => ({
        name: extension.attributes.get('name') ?? '_anon_',
        continues: isTrue(extension.attributes.get('continue')),
        conditions: childrenOf(extension, 'condition').map(readCondition),
        node: extension,
      })),
    });
  }
  return contexts;
}

/** Of a configuration. */
export function dialplanOf(configuration: SwitchConfiguration): ReadonlyMap<string, Context> {
  return readContexts(configuration.section('dialplan'));
}

function readTest(node: XmlNode): Test {
  return {
    field: node.attributes.get('field'),
    expression: childOf(node, 'expression')?.text ?? node.attributes.get('expression') ?? '',
    timed: TIME_ATTRIBUTES.some((name) => node.attributes.has(name)),
  };
}

function readAction(node: XmlNode): DialplanAction {
  return {
    application: node.attributes.get('application') ?? '',
    data: node.text === '' ? (node.attributes.get('data') ?? '') : node.text,
    inline: isTrue(node.attributes.get('inline')),
    node,
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

function readCondition(node: XmlNode): Condition {
  return {
    test: readTest(node),
    rule: readRule(node.attributes.get('regex')),
    tests: childrenOf(node, 'regex').map(readTest),
    break: readBreak(node.attributes.get('break')),
    actions: childrenOf(node, 'action').map(readAction),
    antiActions: childrenOf(node, 'anti-action').map(readAction),
    nested: childrenOf(node, 'condition').map(readCondition),
    requireNested: isTrue(node.attributes.get('require-nested') ?? 'true'),
  };
}
