import { existsSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '../errors.js';
import { preprocessFile } from './preprocess.js';
import type { Global, NotDone } from './preprocess.js';
import type { LineMap, Place } from './places.js';
import { childOf, childrenOf, findChild, parseSwitchXml } from './xml.js';
import type { XmlNode } from './xml.js';

export interface ReadOptions {
  /** What FreeSWITCH itself would know, such as `local_ip_v4`. */
  readonly globals?: Readonly<Record<string, string>>;
}

export interface Param {
  readonly name: string;
  readonly value: string;
  readonly place: Place;
  /** The global variables that stand in its line. */
  readonly globals: readonly string[];
}

/** Global variables that FreeSWITCH sets before it reads a file (switch_core.c switch_core_init). */
const BUILT_IN: ReadonlySet<string> = new Set([
  'hostname',
  'local_ip_v4',
  'local_mask_v4',
  'local_ip_v6',
  'switch_serial',
  'base_dir',
  'recordings_dir',
  'sounds_dir',
  'conf_dir',
  'log_dir',
  'run_dir',
  'db_dir',
  'mod_dir',
  'htdocs_dir',
  'script_dir',
  'temp_dir',
  'grammar_dir',
  'fonts_dir',
  'images_dir',
  'data_dir',
  'localstate_dir',
  'certs_dir',
  'storage_dir',
  'cache_dir',
  'core_uuid',
  'zrtp_enabled',
  'nat_public_addr',
  'nat_private_addr',
  'nat_type',
  'switchname',
]);

/** FreeSWITCH's whole configuration, as its `reloadxml` would hold it. */
export class SwitchConfiguration {
  /** The folder it was read from. */
  readonly folder: string;
  readonly globals: ReadonlyMap<string, Global>;
  readonly notDone: readonly NotDone[];
  readonly files: readonly string[];
  readonly #root: XmlNode;
  readonly #lines: LineMap;

  constructor(
    folder: string,
    root: XmlNode,
    read: {
      readonly lines: LineMap;
      readonly globals: ReadonlyMap<string, Global>;
      readonly notDone: readonly NotDone[];
      readonly files: readonly string[];
    },
  ) {
    this.folder = folder;
    this.globals = read.globals;
    this.notDone = read.notDone;
    this.files = read.files;
    this.#root = root;
    this.#lines = read.lines;
  }

  placeOf(node: XmlNode): Place {
    return this.#lines.placeOf(node.offset);
  }

  /** The first section of that name: FreeSWITCH looks into no other. */
  section(name: string): XmlNode | undefined {
    return findChild(this.#root, 'section', 'name', name);
  }

  /** A `<configuration name="…">`, such as `acl.conf`. */
  configuration(name: string): XmlNode | undefined {
    return findChild(this.section('configuration'), 'configuration', 'name', name);
  }

  /** The `<param name value>` right below a node. */
  params(node: XmlNode | undefined): Param[] {
    return this.named(childrenOf(node, 'param'));
  }

  /** Nodes with `name` and `value`. */
  named(nodes: readonly XmlNode[]): Param[] {
    return nodes.map((node) => ({
      name: node.attributes.get('name') ?? '',
      value: node.attributes.get('value') ?? '',
      place: this.placeOf(node),
      globals: this.#lines.globalsAt(node.offset),
    }));
  }

  /** The `<settings>` of a configuration. */
  settings(name: string): Param[] {
    return this.params(childOf(this.configuration(name), 'settings'));
  }

  /** Whether modules.conf loads it. FreeSWITCH takes both `mod_x` and `mod_x.so`. */
  loads(module: string): boolean {
    return ['pre_load_modules.conf', 'modules.conf', 'post_load_modules.conf'].some((name) =>
      childrenOf(childOf(this.configuration(name), 'modules'), 'load').some(
        (load) => load.attributes.get('module')?.replace(/\.so$/, '') === module,
      ),
    );
  }
}

/** The value of a parameter that may be there several times: FreeSWITCH takes the last. */
export function lastOf(params: readonly Param[], name: string): Param | undefined {
  return params.findLast((param) => param.name.toLowerCase() === name);
}

/**
 * Reads the configuration in a folder, beginning with its `freeswitch.xml`. What FreeSWITCH would set at run time
 * stands in the result as it is written, `$${local_ip_v4}`, unless given in `globals`.
 * @throws AppError switch_config_unreadable, switch_config_invalid
 */
export function readSwitchConfiguration(folder: string, options: ReadOptions = {}): SwitchConfiguration {
  const conf = path.resolve(folder);
  const file = path.join(conf, 'freeswitch.xml');
  if (!existsSync(file)) throw new AppError('switch_config_unreadable', `no freeswitch.xml in ${conf}`);
  const read = preprocessFile(file, {
    folder: conf,
    globals: { conf_dir: conf, ...options.globals },
    unset: (name) => (BUILT_IN.has(name) ? `$\${${name}}` : ''),
  });
  const parsed = parseSwitchXml(read.text);
  if (!parsed.ok) {
    const { file: where, line } = read.lines.placeOf(parsed.offset);
    throw new AppError('switch_config_invalid', `${where}:${line}: ${parsed.reason}`);
  }
  return new SwitchConfiguration(conf, parsed.root, read);
}
