import type { AclReference } from '../switch-config/acl-references.js';
import { printable } from './address.js';
import { AUTO_LIST_NAMES } from './auto-lists.js';
import { isKnownFalse, isTrue } from './c-text.js';
import { shown } from './document.js';
import type { AclDocument } from './document.js';
import { FINDINGS } from './finding.js';
import type { Finding, FindingCode } from './finding.js';
import { isAclConfiguration } from './lists.js';
import type { AclEntry, AclList } from './lists.js';
import { attribute } from './markup.js';
import type { Element } from './markup.js';
import { hasPorts } from './rule.js';
import type { FlawCode, Rule } from './rule.js';

const LIST_ATTRIBUTES = new Set(['name', 'default']);
const NODE_ATTRIBUTES = new Set([
  ...['type', 'cidr', 'host', 'mask', 'domain', 'port', 'ports', 'port-min', 'port-max'],
  // Not read by FreeSWITCH, but where people put their notes.
  ...['description', 'comment', 'note', 'name', 'title', 'id', 'uuid'],
]);
const SEVERITY_OF_FLAW: Readonly<Record<FlawCode, Finding['severity']>> = {
  skipped: 'error',
  unpredictable: 'error',
  misread: 'error',
  unknown: 'info',
  harmless: 'info',
};

/** What FreeSWITCH would silently skip or misread in a file of ACLs, and what is pointless in it. */
export function checkDocument(document: AclDocument): Finding[] {
  const findings = new Findings(document);
  findings.structure();
  for (const list of document.lists) findings.list(list);
  return findings.sorted();
}

/**
 * Names of lists that other files use and no list has.
 * @param known names of lists that exist
 */
export function checkReferences(references: readonly AclReference[], known: ReadonlySet<string>): Finding[] {
  return references
    .filter(({ list }) => !known.has(list) && !AUTO_LIST_NAMES.includes(list))
    .filter(({ list }) => !list.includes('/') && !list.includes('$${') && list !== '')
    .map(({ list, parameter, owner, place }) => ({
      code: 'no_such_list',
      severity: 'error',
      ...place,
      list,
      message: `${parameter} of ${owner} names the list "${printable(list)}", which does not exist`,
      remedy: FINDINGS.no_such_list,
    }));
}

class Findings {
  readonly #document: AclDocument;
  readonly #found: Finding[] = [];

  constructor(document: AclDocument) {
    this.#document = document;
  }

  sorted(): Finding[] {
    return this.#found.toSorted((a, b) => (a.file === b.file ? (a.line ?? 0) - (b.line ?? 0) : 0));
  }

  structure(): void {
    const { markup, container, wrapper, preprocessed, path } = this.#document;
    for (const { file, offset, what } of preprocessed.dropped)
      this.#addAt('dropped_line', 'warning', this.#document.lineOfOrigin(file, offset), what);
    for (const { file, offset, what } of preprocessed.gaps)
      this.#addAt('unknown', 'info', this.#document.lineOfOrigin(file, offset), `${what} is not known here`);
    const configurations = markup.elements.filter(isAclConfiguration);
    if (container === undefined)
      this.#addAt('no_acl_conf', 'error', { file: path }, 'FreeSWITCH finds no lists in this file');
    if (wrapper !== 'none' && /(?:^|\/)autoload_configs\//.test(path))
      this.#addAt('wrapped', 'error', { file: path }, `the lists stand inside a <${wrapper}>`);
    for (const extra of configurations.slice(1))
      this.#add(
        'second_configuration',
        'error',
        extra,
        'this acl.conf is not the first, and is not looked at',
      );
    for (const extra of container?.parent?.children.filter(({ name }) => name === 'network-lists').slice(1) ??
      [])
      this.#add(
        'second_container',
        'error',
        extra,
        'this <network-lists> is not the first, and is not looked at',
      );
    for (const child of container?.children ?? []) this.#childOfContainer(child);
  }

  #childOfContainer(child: Element): void {
    if (child.name !== 'list')
      this.#add('unknown_element', 'error', child, `<${shown(child.name)}> is not looked at here`);
    else if ((attribute(child, 'name') ?? '') === '')
      this.#add('no_name', 'error', child, 'a list without a name is left out');
  }

  list(list: AclList): void {
    const name = shown(list.name);
    const { element } = list;
    if (this.#document.list(list.name) !== list)
      this.#add('duplicate_list', 'error', element, `a later list "${name}" replaces this one`, name);
    if (AUTO_LIST_NAMES.includes(list.name))
      this.#add(
        'replaces_auto',
        'warning',
        element,
        `"${name}" replaces the list that FreeSWITCH makes itself`,
        name,
      );
    this.#default(list, name);
    this.#attributes(element, LIST_ATTRIBUTES, name);
    for (const child of element.children) {
      if (child.name === 'node') this.#attributes(child, NODE_ATTRIBUTES, name);
      else this.#add('unknown_element', 'error', child, `<${shown(child.name)}> is not looked at here`, name);
    }
    for (const entry of list.entries) this.#entry(list, entry, name);
    this.#pointless(list, name);
  }

  #default(list: AclList, name: string): void {
    const written = list.default;
    if (written === undefined)
      this.#add(
        'default_missing',
        'warning',
        list.element,
        'without a default the list allows everybody',
        name,
      );
    else if (!isTrue(written) && !isKnownFalse(written))
      this.#add(
        'default_mistyped',
        'error',
        list.element,
        `default="${shown(written)}" is no word that FreeSWITCH knows: it means deny`,
        name,
      );
  }

  #attributes(element: Element, known: ReadonlySet<string>, list: string): void {
    for (const { name } of element.attributes)
      if (!known.has(name))
        this.#add(
          'unknown_attribute',
          'warning',
          element,
          `FreeSWITCH does not look at "${shown(name)}"`,
          list,
        );
  }

  #entry(list: AclList, entry: AclEntry, name: string): void {
    const { type, element } = entry;
    for (const child of element.children)
      this.#add(
        'unknown_element',
        'error',
        child,
        `<${shown(child.name)}> stands inside the entry of line ${this.#document.lineOf(element).line}, which is not closed, and is not looked at`,
        name,
      );
    if (type === undefined)
      this.#add(
        'type_missing',
        'warning',
        element,
        `the entry has no type, so it says what the default says (${list.allowByDefault ? 'allow' : 'deny'})`,
        name,
      );
    else if (!isTrue(type) && !isKnownFalse(type))
      this.#add(
        'type_mistyped',
        'error',
        element,
        `type="${shown(type)}" is no word that FreeSWITCH knows: it means deny`,
        name,
      );
    for (const { code, detail } of entry.flaws)
      this.#add(code === 'harmless' ? 'host_bits' : code, SEVERITY_OF_FLAW[code], element, detail, name);
    if (entry.kind === 'host' && entry.rules.some(({ net }) => net !== undefined))
      this.#add(
        'host_mask_v6',
        'info',
        element,
        `${entry.text} is held against IPv6 addresses too, byte by byte`,
        name,
      );
    for (const rule of entry.rules) this.#rule(rule, entry, name);
  }

  #rule(rule: Rule, entry: AclEntry, name: string): void {
    if (rule.net !== 0n || hasPorts(rule.ports) || !rule.allow) return;
    if (rule.family === 4 && rule.bits === 32)
      this.#add('matches_everything', 'error', entry.element, `${rule.text} allows every IPv4 address`, name);
    else if (rule.bits === 0)
      this.#add(
        'wide_open',
        'warning',
        entry.element,
        `${rule.text} allows everybody whom no other entry denies`,
        name,
      );
  }

  #pointless(list: AclList, name: string): void {
    const { rules, allowByDefault, element } = list;
    const word = allowByDefault ? 'allow' : 'deny';
    if (rules.length > 0 && rules.every((rule) => rule.allow === allowByDefault && rule.bits !== undefined))
      this.#add(
        'meaningless_default',
        'warning',
        element,
        `every entry says ${word}, and so does the default: the list says ${word} to everybody`,
        name,
      );
    const first = new Map<string, Rule>();
    for (const entry of list.entries) {
      for (const rule of entry.rules) {
        if (rule.net === undefined || hasPorts(rule.ports)) continue;
        const key = `${rule.family} ${rule.bits} ${rule.mask === 0n ? rule.net : rule.net & rule.mask} ${rule.mask}`;
        const earlier = first.get(key);
        if (earlier === undefined) first.set(key, rule);
        else
          this.#add(
            'never_decides',
            earlier.allow === rule.allow ? 'info' : 'error',
            entry.element,
            `${rule.text} (${rule.allow ? 'allow' : 'deny'}) never decides: ${earlier.text} (${earlier.allow ? 'allow' : 'deny'}) stands before it`,
            name,
          );
      }
    }
  }

  #add(
    code: FindingCode,
    severity: Finding['severity'],
    element: Element,
    message: string,
    list?: string,
  ): void {
    this.#addAt(code, severity, this.#document.lineOf(element), message, list);
  }

  #addAt(
    code: FindingCode,
    severity: Finding['severity'],
    at: { readonly file: string; readonly line?: number },
    message: string,
    list?: string,
  ): void {
    this.#found.push({
      code,
      severity,
      ...at,
      ...(list === undefined ? {} : { list }),
      message,
      remedy: FINDINGS[code],
    });
  }
}
