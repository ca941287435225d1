import { AppError } from '../errors.js';
import { parseAddress, printable, readNetwork } from './address.js';
import type { Address, Network } from './address.js';
import { applyFile } from './apply.js';
import { AUTO_LIST_NAMES } from './auto-lists.js';
import { checkDocument, checkReferences } from './check.js';
import { AclDocument, shown } from './document.js';
import { addEntry, createList, removalsOf, removeEntries } from './edit.js';
import type { Edited } from './edit.js';
import { notesOfAdding } from './effect.js';
import type { Note } from './effect.js';
import { FINDINGS } from './finding.js';
import type { Finding } from './finding.js';
import type { AclList } from './lists.js';
import { EVERY_PORT, rulesOfCidr } from './rule.js';
import type { Rule } from './rule.js';
import { FileStore } from './store.js';
import type { StoredFile } from './store.js';
import { rivalsOf, surroundingsOf } from './surroundings.js';
import type { Surroundings } from './surroundings.js';
import { localNetworkOf, testLists } from './test-lists.js';
import type { SwitchPort } from './test-lists.js';
import { diffOf, entryView, listView, word } from './views.js';
import type { ApplyView, CheckView, EditView, ListContent, ListView, TestAnswer, Word } from './views.js';
import { autoList } from './auto-lists.js';

export interface AclTarget {
  readonly file: string;
  /** FreeSWITCH's configuration, for variables, domains and the names that profiles use. */
  readonly confDir?: string | undefined;
  /** The running FreeSWITCH that has this file; without it nothing is asked and nothing applied. */
  readonly port?: SwitchPort | undefined;
}

export interface AddRequest {
  readonly cidr: string;
  readonly type: Word;
  readonly comment?: string | undefined;
  readonly ports?: string | undefined;
  /** Make the list with this default when there is none of that name. */
  readonly create?: Word | undefined;
  /** Also when it opens the list to the world. */
  readonly force?: boolean | undefined;
  /** Say what would be done, and do nothing. */
  readonly dryRun?: boolean | undefined;
}

export interface RemoveRequest {
  /** A network, or an entry as it is written. */
  readonly cidr: string;
  readonly dryRun?: boolean | undefined;
}

interface Read {
  readonly stored: StoredFile;
  readonly document: AclDocument;
  readonly surroundings: Surroundings;
}

/** The access lists of one FreeSWITCH. */
export class AclService {
  readonly file: string;
  readonly #store: FileStore;
  readonly #confDir: string | undefined;
  readonly #port: SwitchPort | undefined;

  constructor({ file, confDir, port }: AclTarget) {
    this.file = file;
    this.#store = new FileStore(file);
    this.#confDir = confDir;
    this.#port = port;
  }

  /** The lists of the file, then those that FreeSWITCH makes itself. */
  async lists(): Promise<ListView[]> {
    const { document } = await this.#read();
    const findings = checkDocument(document);
    const written = document.lists.map((list) => listView(document, list, findings));
    const builtin = AUTO_LIST_NAMES.filter((name) => document.list(name) === undefined).map(builtinView);
    return [...written, ...builtin];
  }

  /** @throws AppError `acl_no_such_list` */
  async show(name: string): Promise<ListContent> {
    const { document } = await this.#read();
    const list = document.list(bytesOf(name));
    if (list === undefined) {
      const auto = autoList(name, await localNetworkOf(this.#port));
      if (auto === undefined) throw noSuchList(document, name);
      const entries = auto.rules.map((rule) => builtinEntry(rule));
      return { list: builtinView(name), entries, findings: [] };
    }
    const findings = checkDocument(document).filter((one) => one.list === shown(name));
    return {
      list: listView(document, list, findings),
      entries: list.entries.map((entry) => entryView(document, entry)),
      findings,
    };
  }

  /** @throws AppError `acl_no_such_list`, `acl_invalid_entry`, `acl_opens_world`, `acl_edit_refused`, … */
  async add(name: string, request: AddRequest): Promise<EditView> {
    const read = readNetwork(request.cidr);
    if ('problem' in read) throw new AppError('acl_invalid_entry', read.problem);
    return this.#edit(name, request.dryRun === true, ({ document, surroundings }) => {
      const { options } = surroundings;
      const created = this.#listToAddTo(document, name, request.create, surroundings);
      const entry = { ...request, network: read.network, allow: request.type === 'allow' };
      const notes = addNotes(document, created.list, read, request);
      if (notes.some(({ code }) => code === 'already_there')) return { notes };
      const danger = notes.find(({ severity }) => severity === 'danger');
      if (danger !== undefined && request.force !== true && request.dryRun !== true)
        throw new AppError('acl_opens_world', danger.text);
      return { notes, edited: addEntry(created.document, created.list, entry, options) };
    });
  }

  /** @throws AppError `acl_no_such_list`, `acl_no_such_entry`, `acl_edit_refused`, … */
  async remove(name: string, request: RemoveRequest): Promise<EditView> {
    const read = readNetwork(request.cidr);
    const network = 'problem' in read ? undefined : read.network;
    return this.#edit(name, request.dryRun === true, ({ document, surroundings }) => {
      const list = document.list(bytesOf(name));
      if (list === undefined) throw noSuchList(document, name);
      const removals = removalsOf(list, request.cidr.trim(), network);
      if (removals.length === 0) {
        const elsewhere = document.lists.some((other) => other.name === list.name && other !== list);
        const hint = elsewhere
          ? '; an earlier list of that name, which does not count, is not looked at'
          : '';
        throw new AppError('acl_no_such_entry', `${printable(request.cidr)} in ${shown(name)}${hint}`);
      }
      return {
        notes: shadowNotes(document, list),
        edited: removeEntries(document, removals, surroundings.options),
      };
    });
  }

  /**
   * What a list, or every list, says of an address, and FreeSWITCH's second opinion.
   * @throws AppError `acl_invalid_entry`
   */
  async test(ip: string, list: string | undefined, port = 0): Promise<TestAnswer> {
    const address: Address | undefined = parseAddress(ip);
    if (address === undefined)
      throw new AppError('acl_invalid_entry', `"${printable(ip)}" is not an address`);
    const { document } = await this.#read();
    return testLists(document, { address, list, port, freeswitch: this.#port });
  }

  /** What FreeSWITCH would silently skip or misread, here and where lists are named. */
  async check(): Promise<CheckView> {
    const { document, surroundings } = await this.#read();
    const { references, problem } = surroundings;
    const names = new Set(document.lists.map((list) => shown(list.name)));
    const rivals = rivalsOf(this.file).map((file): Finding => ({
      code: 'other_file',
      severity: 'error',
      file,
      message: 'this file defines acl.conf too, and FreeSWITCH takes the one whose name sorts first',
      remedy: FINDINGS.other_file,
    }));
    const findings = [...checkDocument(document), ...rivals, ...checkReferences(references ?? [], names)];
    return {
      file: this.file,
      findings,
      errors: findings.filter(({ severity }) => severity === 'error').length,
      warnings: findings.filter(({ severity }) => severity === 'warning').length,
      notes: problem === undefined ? [] : [`where lists are named was not looked at: ${problem}`],
    };
  }

  /** @throws AppError `acl_apply_refused` when FreeSWITCH keeps its old lists */
  async apply(): Promise<ApplyView> {
    const port = this.#port;
    if (port === undefined)
      throw new AppError('usage', 'apply goes through a running daemon, without --file');
    const { answer, document } = await this.#store.locked(() =>
      applyFile(this.#store, port, async () => (await this.#read()).document),
    );
    const { tests } = await testLists(document, { freeswitch: port, port: 0 });
    return {
      file: this.file,
      answer,
      compared: tests.filter(({ agrees }) => agrees !== undefined).length,
      differences: tests.filter(({ agrees }) => agrees === false),
    };
  }

  async #read(): Promise<Read> {
    const stored = await this.#store.read();
    const surroundings = surroundingsOf(this.file, this.#confDir);
    return {
      stored,
      surroundings,
      document: AclDocument.parse(stored.bytes, this.file, surroundings.options),
    };
  }

  async #edit(
    name: string,
    dryRun: boolean,
    plan: (read: Read) => { readonly notes: readonly Note[]; readonly edited?: Edited },
  ): Promise<EditView> {
    const work = async (): Promise<EditView> => {
      const read = await this.#read();
      const { notes, edited } = plan(read);
      const common = { file: this.file, list: shown(name), notes };
      if (edited === undefined) return { ...common, changed: false, diff: '' };
      const { text } = edited.document;
      const diff = diffOf(read.document.text, text);
      if (dryRun) return { ...common, changed: false, diff };
      await this.#store.replace(read.stored, Buffer.from(text, 'latin1'));
      return { ...common, changed: true, diff, backup: this.#store.backupPath };
    };
    return dryRun ? work() : this.#store.locked(work);
  }

  #listToAddTo(
    document: AclDocument,
    name: string,
    create: Word | undefined,
    { options }: Surroundings,
  ): { readonly document: AclDocument; readonly list: AclList } {
    const bytes = bytesOf(name);
    const list = document.list(bytes);
    if (list !== undefined) return { document, list };
    if (create === undefined) throw noSuchList(document, name);
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name))
      throw new AppError('acl_invalid_entry', 'a new list is named by letters, digits, ".", "_" and "-"');
    const edited = createList(document, bytes, create === 'allow', options);
    const made = edited.document.list(bytes);
    if (made === undefined)
      throw new AppError('acl_edit_refused', `${this.file}: the new list would not be found`);
    return { document: edited.document, list: made };
  }
}

function addNotes(
  document: AclDocument,
  list: AclList,
  { network, note }: { readonly network: Network; readonly note?: string },
  { type, ports }: AddRequest,
): Note[] {
  const rewritten: Note[] = note === undefined ? [] : [{ code: 'rewritten', severity: 'info', text: note }];
  const rule = newRule(network, type === 'allow', ports);
  return [...rewritten, ...shadowNotes(document, list), ...notesOfAdding(list, network, rule)];
}

/** The rule that the entry will be; its ports matter only in that there are some. */
function newRule(network: Network, allow: boolean, ports: string | undefined): Rule {
  const every = { ...EVERY_PORT, port: ports === undefined ? 0 : 1 };
  return {
    allow,
    bits: network.bits,
    family: network.family,
    net: network.value,
    mask: rulesOfCidr(`0.0.0.0/${Math.min(network.bits, 31)}`, allow, every).rules[0]?.mask ?? 0n,
    ports: every,
    text: '',
  };
}

function shadowNotes(document: AclDocument, list: AclList): Note[] {
  const same = document.lists.filter((other) => other.name === list.name);
  if (same.length < 2) return [];
  const { line } = document.lineOf(list.element);
  return [
    {
      code: 'shadowed_list',
      severity: 'warning',
      text: `${same.length} lists have this name; FreeSWITCH knows the last one alone, of line ${line}`,
    },
  ];
}

function builtinView(name: string): ListView {
  const list = autoList(name, undefined);
  return {
    name,
    default: word(list?.allowByDefault === true),
    entries: list?.rules.length ?? 0,
    builtin: true,
    replaced: false,
    problems: 0,
  };
}

function builtinEntry(rule: Rule): ListContent['entries'][number] {
  return { type: word(rule.allow), kind: 'cidr', text: rule.text, file: 'FreeSWITCH', line: 0 };
}

function noSuchList(document: AclDocument, name: string): AppError {
  const names = document.lists.map((list) => shown(list.name));
  const close = names.find((one) => one.toLowerCase() === name.toLowerCase());
  const hint = close === undefined ? `there is ${names.join(', ') || 'none'}` : `there is ${close}`;
  return new AppError('acl_no_such_list', `${printable(name)}; ${printable(hint)}`);
}

function bytesOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
