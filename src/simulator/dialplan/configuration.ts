import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { parseXml, XmlElement } from '@rgrove/parse-xml';

import { AppError } from '../../errors.js';
import { toBytes, toInteger } from '../text.js';
import { readContexts, type Context } from './contexts.js';

/** A user of the directory: `user/<id>` dials its dial string. */
export interface DirectoryUser {
  readonly id: string;
  readonly domain: string;
  readonly dialString: string | undefined;
  readonly variables: readonly (readonly [name: string, value: string])[];
  readonly groups: readonly string[];
}

/** What the simulator knows from FreeSWITCH's own XML files. Byte strings throughout. */
export interface Configuration {
  readonly contexts: ReadonlyMap<string, Context>;
  readonly users: readonly DirectoryUser[];
  readonly gateways: ReadonlySet<string>;
  readonly sipProfiles: ReadonlySet<string>;
  /** The queues of callcenter.conf; 0 seconds: callers wait without an end. */
  readonly queues: ReadonlyMap<string, { readonly maxWaitSeconds: number }>;
  /** The names of the phrase macros. */
  readonly phrases: ReadonlySet<string>;
  readonly globals: ReadonlyMap<string, string>;
}

export interface ConfigurationSource {
  /**
   * XML files, or globs of them: whole documents or parts (`<context>`, `<domain>`, `<include>`). What they include
   * is relative to the folder of the first one, as everything is to FreeSWITCH's `conf`.
   */
  readonly files?: readonly string[];
  /** XML that is in no file. */
  readonly xml?: readonly string[];
  /** Values of `$${name}`. */
  readonly globals?: Readonly<Record<string, string>>;
}

function glob(pattern: string): string[] {
  if (!/[*?]/.test(pattern)) return [pattern];
  const directory = path.dirname(pattern);
  const escaped = path.basename(pattern).replace(/[.+^${}()|[\]\\]/g, '\\$&');
  const expression = new RegExp(`^${escaped.replace(/\*/g, '.*').replace(/\?/g, '.')}$`);
  try {
    return readdirSync(directory)
      .filter((name) => expression.test(name))
      .sort()
      .map((name) => path.join(directory, name));
  } catch {
    // A glob into a folder that is not there matches nothing, as in FreeSWITCH.
    return [];
  }
}

/** What the preprocessor of switch_xml.c does, line by line: set, include, `$${name}`. */
function preprocess(text: string, conf: string, globals: Map<string, string>): string {
  const lines: string[] = [];
  for (const raw of text.replace(/<\?xml[^>]*\?>/g, '').split(/\r?\n/)) {
    const line = raw.replace(/\$\$\{([^}]*)\}/g, (_, name: string) => globals.get(name) ?? '');
    if (/^\s*<\/?include>\s*$/.test(line)) continue;
    const command = /<X-PRE-PROCESS\s+cmd\s*=\s*"([^"]*)"\s+data\s*=\s*"([^"]*)"/.exec(line);
    if (command === null) {
      lines.push(line);
      continue;
    }
    const [, name = '', data = ''] = command;
    if (name === 'set') {
      const equals = data.indexOf('=');
      if (equals > 0) globals.set(data.slice(0, equals), data.slice(equals + 1).replace(/^'(.*)'$/, '$1'));
    } else if (name === 'include') {
      // A file that is not there is passed over, as FreeSWITCH does.
      for (const file of glob(path.resolve(conf, data)).filter((found) => existsSync(found))) {
        lines.push(readFile(file, conf, globals));
      }
    }
  }
  return lines.join('\n');
}

function readFile(file: string, conf: string, globals: Map<string, string>): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new AppError('config_unreadable', file, { cause: error });
  }
  return preprocess(text, conf, globals);
}

function* elements(parent: XmlElement, name: string): Generator<XmlElement> {
  for (const child of parent.children) {
    if (!(child instanceof XmlElement)) continue;
    if (child.name === name) yield child;
    else yield* elements(child, name);
  }
}

function attribute(element: XmlElement, name: string): string {
  return toBytes(element.attributes[name] ?? '');
}

function readUsers(root: XmlElement): DirectoryUser[] {
  const users: DirectoryUser[] = [];
  for (const domain of elements(root, 'domain')) {
    const groups = new Map<string, string[]>();
    for (const group of elements(domain, 'group')) {
      for (const user of elements(group, 'user')) {
        const id = attribute(user, 'id');
        groups.set(id, [...(groups.get(id) ?? []), attribute(group, 'name')]);
      }
    }
    const shared = domainDialString(domain);
    for (const user of elements(domain, 'user')) {
      if (attribute(user, 'type') === 'pointer') continue;
      const id = attribute(user, 'id');
      const own = [...elements(user, 'param')].find((param) => attribute(param, 'name') === 'dial-string');
      users.push({
        id,
        domain: attribute(domain, 'name'),
        dialString: own === undefined ? shared : attribute(own, 'value'),
        variables: [...elements(user, 'variable')].map(
          (variable) => [attribute(variable, 'name'), attribute(variable, 'value')] as const,
        ),
        groups: groups.get(id) ?? [],
      });
    }
  }
  return users;
}

/** A `dial-string` among the domain's own params holds for all its users. */
function domainDialString(domain: XmlElement): string | undefined {
  for (const child of domain.children) {
    if (!(child instanceof XmlElement) || child.name !== 'params') continue;
    for (const param of elements(child, 'param')) {
      if (attribute(param, 'name') === 'dial-string') return attribute(param, 'value');
    }
  }
  return undefined;
}

/** The profiles of sofia.conf; httapi.conf has profiles of its own. */
function* sipProfileNames(root: XmlElement): Generator<string> {
  for (const configuration of elements(root, 'configuration')) {
    if (configuration.attributes.name !== 'sofia.conf') continue;
    for (const profile of elements(configuration, 'profile')) yield attribute(profile, 'name');
  }
}

function* readQueues(root: XmlElement): Generator<[name: string, queue: { maxWaitSeconds: number }]> {
  for (const queue of elements(root, 'queue')) {
    const wait = [...elements(queue, 'param')].find((param) => param.attributes.name === 'max-wait-time');
    yield [attribute(queue, 'name'), { maxWaitSeconds: toInteger(wait?.attributes.value) }];
  }
}

/** Reads FreeSWITCH's XML. Throws AppError `config_unreadable` or `config_invalid`. */
export function readConfiguration(source: ConfigurationSource): Configuration {
  const globals = new Map(Object.entries(source.globals ?? {}));
  const files = (source.files ?? []).flatMap((pattern) => glob(path.resolve(pattern)));
  const conf = files[0] === undefined ? process.cwd() : path.dirname(files[0]);
  const parts = files.map((file) => readFile(file, conf, globals));
  for (const xml of source.xml ?? []) parts.push(preprocess(xml, conf, globals));
  let root: XmlElement | null;
  try {
    root = parseXml(`<simulator>${parts.join('\n')}</simulator>`).root;
  } catch (error) {
    throw new AppError('config_invalid', error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  }
  if (root === null) throw new AppError('config_invalid', 'no XML');
  return {
    contexts: readContexts([...elements(root, 'context')]),
    users: readUsers(root),
    gateways: new Set([...elements(root, 'gateway')].map((gateway) => attribute(gateway, 'name'))),
    sipProfiles: new Set([...sipProfileNames(root), 'internal', 'external']),
    queues: new Map(readQueues(root)),
    phrases: new Set([...elements(root, 'macro')].map((macro) => attribute(macro, 'name'))),
    globals: new Map([...globals].map(([name, value]) => [toBytes(name), toBytes(value)])),
  };
}
