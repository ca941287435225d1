import { createHash } from 'node:crypto';
import type { PackageEntry } from './packages.js';

/** SPDX 2.3 in JSON, as far as it is used: https://spdx.github.io/spdx-spec/v2.3/ */
export interface Sbom {
  readonly spdxVersion: 'SPDX-2.3';
  readonly dataLicense: 'CC0-1.0';
  readonly SPDXID: 'SPDXRef-DOCUMENT';
  readonly name: string;
  readonly documentNamespace: string;
  readonly creationInfo: {
    /** When its content last changed: the only field that does not follow from the lock file. */
    readonly created: string;
    readonly creators: readonly string[];
  };
  readonly packages: readonly SbomPackage[];
  readonly relationships: readonly Relationship[];
}

interface SbomPackage {
  readonly SPDXID: string;
  readonly name: string;
  readonly versionInfo: string;
  readonly primaryPackagePurpose: 'APPLICATION' | 'LIBRARY';
  readonly downloadLocation: string;
  readonly filesAnalyzed: false;
  readonly licenseConcluded: string;
  readonly licenseDeclared: string;
  readonly copyrightText: string;
  readonly checksums?: readonly { readonly algorithm: 'SHA512'; readonly checksumValue: string }[];
  readonly externalRefs: readonly {
    readonly referenceCategory: 'PACKAGE-MANAGER';
    readonly referenceType: 'purl';
    readonly referenceLocator: string;
  }[];
}

interface Relationship {
  readonly spdxElementId: string;
  readonly relationshipType: 'DESCRIBES' | 'DEPENDS_ON';
  readonly relatedSpdxElement: string;
}

export interface Product {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  /** Ids of the packages that it needs itself. */
  readonly needs: readonly string[];
}

const DOCUMENT = 'SPDXRef-DOCUMENT';

/**
 * What is shipped, and what needs what.
 * @param copyright the lines of a package's licence file that name the holders
 * @param created ISO 8601, seconds
 */
export function makeSbom(
  product: Product,
  packages: readonly PackageEntry[],
  copyright: (entry: PackageEntry) => readonly string[],
  created: string,
): Sbom {
  const shipped = packages.filter(({ isShipped }) => isShipped);
  const ids = new Set(shipped.map(({ id }) => id));
  const root = spdxId(`${product.name}@${product.version}`);
  const dependsOn = (from: string, needs: readonly string[]): Relationship[] =>
    needs
      .filter((id) => ids.has(id))
      .map((id) => ({
        spdxElementId: from,
        relationshipType: 'DEPENDS_ON',
        relatedSpdxElement: spdxId(id),
      }));
  const content = {
    packages: [
      {
        SPDXID: root,
        name: product.name,
        versionInfo: product.version,
        primaryPackagePurpose: 'APPLICATION',
        downloadLocation: 'NOASSERTION',
        filesAnalyzed: false,
        licenseConcluded: product.licence,
        licenseDeclared: product.licence,
        copyrightText: 'NOASSERTION',
        externalRefs: [purl(product.name, product.version)],
      },
      ...shipped.map((entry) => libraryOf(entry, copyright(entry))),
    ],
    relationships: [
      { spdxElementId: DOCUMENT, relationshipType: 'DESCRIBES', relatedSpdxElement: root },
      ...dependsOn(root, product.needs),
      ...shipped.flatMap(({ id, needs }) => dependsOn(spdxId(id), needs)),
    ],
  } as const satisfies Pick<Sbom, 'packages' | 'relationships'>;
  const digest = createHash('sha256').update(JSON.stringify(content)).digest('hex');
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: DOCUMENT,
    name: `${product.name}-${product.version}`,
    documentNamespace: `https://spdx.org/spdxdocs/${product.name}-${product.version}-${digest}`,
    creationInfo: { created, creators: [`Tool: ${product.name}-licences`] },
    ...content,
  };
}

/** Whether two documents say the same, whenever they were made. */
export function saysTheSame(one: Sbom, other: Sbom): boolean {
  const timeless = (sbom: Sbom): string =>
    JSON.stringify({ ...sbom, creationInfo: { ...sbom.creationInfo, created: '' } });
  return timeless(one) === timeless(other);
}

function libraryOf(
  { id, name, version, licence, integrity }: PackageEntry,
  copyright: readonly string[],
): SbomPackage {
  const sha512 = /^sha512-([A-Za-z0-9+/=]+)$/.exec(integrity ?? '')?.[1];
  return {
    SPDXID: spdxId(id),
    name,
    versionInfo: version,
    primaryPackagePurpose: 'LIBRARY',
    downloadLocation: `https://registry.npmjs.org/${name}/-/${name.slice(name.indexOf('/') + 1)}-${version}.tgz`,
    filesAnalyzed: false,
    licenseConcluded: licence ?? 'NOASSERTION',
    licenseDeclared: licence ?? 'NONE',
    copyrightText: copyright.length === 0 ? 'NOASSERTION' : copyright.join('\n'),
    ...(sha512 === undefined
      ? {}
      : {
          checksums: [{ algorithm: 'SHA512', checksumValue: Buffer.from(sha512, 'base64').toString('hex') }],
        }),
    externalRefs: [purl(name, version)],
  };
}

function purl(name: string, version: string): SbomPackage['externalRefs'][number] {
  return {
    referenceCategory: 'PACKAGE-MANAGER',
    referenceType: 'purl',
    referenceLocator: `pkg:npm/${name.replace('@', '%40')}@${version}`,
  };
}

/** Letters, digits, `.` and `-` are all that an identifier may have. */
function spdxId(id: string): string {
  return `SPDXRef-Package-${id.replace(/^@/, '').replace(/[^A-Za-z0-9.]+/g, '-')}`;
}
