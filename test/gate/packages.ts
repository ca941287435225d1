import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What package-lock.json says about one installed package. */
interface LockedPackage {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly hasInstallScript?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export interface Lockfile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

/** A package at one version, wherever it is installed. */
export interface PackageEntry {
  readonly name: string;
  readonly version: string;
  /** `name@version` */
  readonly id: string;
  /** As the package declares it; undefined when it declares none. */
  readonly licence: string | undefined;
  /** `sha512-<base64>` */
  readonly integrity: string | undefined;
  /** Whoever uses switchhook gets it. */
  readonly isShipped: boolean;
  readonly hasInstallScript: boolean;
  /** Ids of the packages that it needs. */
  readonly needs: readonly string[];
  /** Where it lies, from the root of the project. */
  readonly folder: string;
}

export const ROOT = join(import.meta.dirname, '../..');

export function readLockfile(root = ROOT): Lockfile {
  return JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lockfile;
}

/** Every package of the lock file but the project itself, in the order of their ids. */
export function packagesOf(lock: Lockfile): PackageEntry[] {
  const byId = new Map<string, PackageEntry>();
  for (const [folder, locked] of Object.entries(lock.packages)) {
    if (folder === '') continue;
    const entry = entryOf(lock, folder, locked);
    const known = byId.get(entry.id);
    byId.set(entry.id, known === undefined ? entry : together(known, entry));
  }
  return [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Ids of the packages that the project itself needs to run. */
export function directNeeds(lock: Lockfile): string[] {
  return needsOf(lock, '', lock.packages[''] ?? {});
}

function entryOf(lock: Lockfile, folder: string, locked: LockedPackage): PackageEntry {
  const name = nameOf(folder, locked);
  const version = locked.version ?? '';
  return {
    name,
    version,
    id: `${name}@${version}`,
    licence: locked.license,
    integrity: locked.integrity,
    isShipped: locked.dev !== true && locked.devOptional !== true,
    hasInstallScript: locked.hasInstallScript === true,
    needs: needsOf(lock, folder, locked),
    folder,
  };
}

function together(one: PackageEntry, other: PackageEntry): PackageEntry {
  return {
    ...(one.isShipped ? one : other),
    isShipped: one.isShipped || other.isShipped,
    needs: [...new Set([...one.needs, ...other.needs])].sort(),
  };
}

function nameOf(folder: string, locked: LockedPackage): string {
  return locked.name ?? folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

function needsOf(lock: Lockfile, folder: string, locked: LockedPackage): string[] {
  const names = Object.keys({
    ...locked.dependencies,
    ...locked.optionalDependencies,
    ...locked.peerDependencies,
  });
  const ids = names.flatMap((name) => {
    const found = resolve(lock, folder, name);
    // Peers and optional packages may be absent.
    const target = found === undefined ? undefined : lock.packages[found];
    return found === undefined || target === undefined
      ? []
      : [`${nameOf(found, target)}@${target.version ?? ''}`];
  });
  return [...new Set(ids)].sort();
}

/** As Node does: beside the one that asks, then in every folder above. */
function resolve(lock: Lockfile, from: string, name: string): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const candidate = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    if (lock.packages[candidate] !== undefined) return candidate;
    if (folder === '') return undefined;
  }
}

/** The text of the package's licence file; undefined when it brings none. */
export function licenceText({ folder }: PackageEntry, root = ROOT): string | undefined {
  const path = join(root, folder);
  if (!existsSync(path)) return undefined;
  const file = readdirSync(path)
    .sort()
    .find((name) => /^(licen[cs]e|copying)(\.(md|txt|markdown))?$/i.test(name));
  return file === undefined ? undefined : readFileSync(join(path, file), 'utf8');
}

/** Who holds the rights, in the words of the licence file. */
export function copyrightLines(text: string): string[] {
  const lines = text
    .split('\n')
    .map((line) => line.replace(/^[\s#*>]+|\s+$/g, ''))
    .filter((line) => /^(copyright\b(?! (notice|holder|owner|license|statement|and|in|of)\b)|©)/i.test(line))
    // The form that the Apache licence shows in its appendix.
    .filter((line) => !/\[yyyy\]|\{yyyy\}|name of copyright owner/i.test(line));
  return [...new Set(lines)];
}
