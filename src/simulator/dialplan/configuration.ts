import path from 'node:path';

import { AppError } from '../../errors.js';
import { glob } from '../../switch-config/glob.js';
import { preprocessFile, preprocessText, type Preprocessed } from '../../switch-config/preprocess.js';
import { parseSwitchXml, type XmlNode } from '../../switch-config/xml.js';
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

function* elements(parent: XmlNode, name: string): Generator<XmlNode> {
  for (const child of parent.children) {
    if (child.name === name) yield child;
    else yield* elements(child, name);
  }
}

function attribute(element: XmlNode, name: string): string {
  return toBytes(element.attributes.get(name) ?? '');
}

function readUsers(root: XmlNode): DirectoryUser[] {
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
function domainDialString(domain: XmlNode): string | undefined {
  for (const child of domain.children) {
    if (child.name !== 'params') continue;
    for (const param of elements(child, 'param')) {
      if (attribute(param, 'name') === 'dial-string') return attribute(param, 'value');
    }
  }
  return undefined;
}

/** The profiles of sofia.conf; httapi.conf has profiles of its own. */
function* sipProfileNames(root: XmlNode): Generator<string> {
  for (const configuration of elements(root, 'configuration')) {
    if (configuration.attributes.get('name') !== 'sofia.conf') continue;
    for (const profile of elements(configuration, 'profile')) yield attribute(profile, 'name');
  }
}

function* readQueues(root: XmlNode): Generator<[name: string, queue: { maxWaitSeconds: number }]> {
  for (const queue of elements(root, 'queue')) {
    const wait = [...elements(queue, 'param')].find(
      (param) => param.attributes.get('name') === 'max-wait-time',
    );
    yield [attribute(queue, 'name'), { maxWaitSeconds: toInteger(wait?.attributes.get('value')) }];
  }
}

/** Reads FreeSWITCH's XML. Throws AppError `config_unreadable`, `config_invalid`, `switch_config_unreadable`. */
export function readConfiguration(source: ConfigurationSource): Configuration {
  const files = (source.files ?? []).flatMap((pattern) => {
    const found = glob(path.resolve(pattern));
    if (found.length === 0 && !/[*?[]/.test(pattern)) throw new AppError('config_unreadable', pattern);
    return found;
  });
  const folder = files[0] === undefined ? process.cwd() : path.dirname(files[0]);
  let globals: Readonly<Record<string, string>> = source.globals ?? {};
  const texts: string[] = [];
  const take = (read: Preprocessed): void => {
    globals = Object.fromEntries([...read.globals].map(([name, { value }]) => [name, value]));
    texts.push(read.text);
  };
  for (const file of files) take(preprocessFile(file, { folder, globals }));
  for (const xml of source.xml ?? []) take(preprocessText(xml, 'xml', { folder, globals }));
  const parsed = parseSwitchXml(`<simulator>${texts.join('\n')}</simulator>`);
  if (!parsed.ok) throw new AppError('config_invalid', parsed.reason);
  const { root } = parsed;
  return {
    contexts: readContexts([...elements(root, 'context')]),
    users: readUsers(root),
    gateways: new Set([...elements(root, 'gateway')].map((gateway) => attribute(gateway, 'name'))),
    sipProfiles: new Set([...sipProfileNames(root), 'internal', 'external']),
    queues: new Map(readQueues(root)),
    phrases: new Set([...elements(root, 'macro')].map((macro) => attribute(macro, 'name'))),
    globals: new Map(Object.entries(globals).map(([name, value]) => [toBytes(name), toBytes(value)])),
  };
}
