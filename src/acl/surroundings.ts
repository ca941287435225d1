import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '../errors.js';
import { readSwitchConfiguration } from '../switch-config/configuration.js';
import type { SwitchConfiguration } from '../switch-config/configuration.js';
import { glob } from '../switch-config/glob.js';
import { childOf, childrenOf, findChild } from '../switch-config/xml.js';
import { aclReferences } from '../switch-config/acl-references.js';
import type { AclReference } from '../switch-config/acl-references.js';
import type { ReadOptions } from './document.js';
import type { UserNetwork } from './lists.js';
import type { SourceFile } from './preprocess.js';
import { withoutComments } from './without-comments.js';

/** What the lists of a file depend on beside its own text: the rest of FreeSWITCH's configuration. */
export interface Surroundings {
  readonly options: ReadOptions;
  /** Nothing when the configuration as a whole is not known. */
  readonly references: readonly AclReference[] | undefined;
  /** Why it is not known. */
  readonly problem: string | undefined;
}

const MAX_INCLUDED_BYTES = 16 * 1024 * 1024;
const MAX_TAG_LENGTH = 4096;

/**
 * @param aclFile its includes are relative to its folder
 * @param confDir FreeSWITCH's configuration; without it, variables and domains are not known
 */
export function surroundingsOf(aclFile: string, confDir = confDirOf(aclFile)): Surroundings {
  const include = (pattern: string, from: string): readonly SourceFile[] | undefined =>
    included(path.resolve(path.dirname(from), pattern));
  if (confDir === undefined)
    return {
      options: { include },
      references: undefined,
      problem: 'no FreeSWITCH configuration is around the file',
    };
  let configuration: SwitchConfiguration;
  try {
    configuration = readSwitchConfiguration(confDir);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { options: { include }, references: undefined, problem: error.message };
  }
  return {
    options: {
      include,
      variable: (name) => variableOf(configuration, name),
      networksOfDomain: (domain) => networksOfDomain(configuration, domain),
    },
    references: aclReferences(configuration),
    problem: undefined,
  };
}

/** The folder with `freeswitch.xml` in it, when the file stands in its `autoload_configs`. */
function confDirOf(aclFile: string): string | undefined {
  const folder = path.dirname(path.resolve(aclFile));
  const conf = path.dirname(folder);
  if (path.basename(folder) !== 'autoload_configs') return undefined;
  return statSync(path.join(conf, 'freeswitch.xml'), { throwIfNoEntry: false }) === undefined
    ? undefined
    : conf;
}

/** What no file sets may be set by FreeSWITCH itself, or by somebody at run time: it is not known. */
function variableOf(configuration: SwitchConfiguration, name: string): string | undefined {
  const value = configuration.globals.get(name)?.value;
  return value === undefined || value.includes('$${') ? undefined : Buffer.from(value).toString('latin1');
}

function included(pattern: string): SourceFile[] | undefined {
  try {
    return glob(pattern).map((file) => {
      const status = statSync(file);
      if (!status.isFile() || status.size > MAX_INCLUDED_BYTES) throw new Error('not a file to include');
      // Such as those below /proc, of which some never end.
      return { path: file, text: status.size === 0 ? '' : readFileSync(file, 'latin1') };
    });
  } catch {
    return undefined;
  }
}

/**
 * The networks of the users that an entry with a domain means. A domain that has `<users>` of its own is not looked
 * into for groups (switch_core.c `switch_load_network_lists`).
 */
function networksOfDomain(configuration: SwitchConfiguration, domain: string): UserNetwork[] | undefined {
  const found = findChild(configuration.section('directory'), 'domain', 'name', domain);
  if (found === undefined) return undefined;
  const holder = childOf(found, 'users') ?? found;
  const grouped = childrenOf(holder, 'groups').flatMap((groups) =>
    childrenOf(groups, 'group').flatMap((group) =>
      childrenOf(group, 'users').flatMap((users) => childrenOf(users, 'user')),
    ),
  );
  const networks = (users: ReturnType<typeof childrenOf>, ported: boolean): UserNetwork[] =>
    users.flatMap(({ attributes }) => {
      const cidr = attributes.get('cidr');
      return cidr === undefined || !attributes.has('id') ? [] : [{ cidr, ported }];
    });
  return [...networks(childrenOf(holder, 'user'), false), ...networks(grouped, true)];
}

/** Other files beside the ACL file that FreeSWITCH would load as well, and that define ACLs too. */
export function rivalsOf(aclFile: string): string[] {
  const folder = path.dirname(path.resolve(aclFile));
  if (path.basename(folder) !== 'autoload_configs') return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.xml') && name !== path.basename(aclFile))
    .map((name) => path.join(folder, name))
    .filter(definesLists);
}

/** FreeSWITCH passes over what it can't read, too. */
function definesLists(file: string): boolean {
  let text: string;
  try {
    const status = statSync(file);
    if (!status.isFile() || status.size > MAX_INCLUDED_BYTES) return false;
    text = readFileSync(file, 'latin1');
  } catch {
    return false;
  }
  const beginnings = withoutComments(text)
    .split(/<configuration/i)
    .slice(1);
  return beginnings.some((rest) => {
    const [attributes = ''] = rest.slice(0, MAX_TAG_LENGTH).split('>', 1);
    return /\sname\s*=\s*["']acl\.conf["']/i.test(attributes);
  });
}
