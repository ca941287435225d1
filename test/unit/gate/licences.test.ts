import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { licenceFault } from '../../gate/allowed-licences.js';
import { readAuditAnswer } from '../../gate/audit-answer.js';
import { noticeText } from '../../gate/notice.js';
import {
  copyrightLines,
  directNeeds,
  licenceText,
  packagesOf,
  readLockfile,
  ROOT,
} from '../../gate/packages.js';
import type { PackageEntry } from '../../gate/packages.js';
import { makeSbom, saysTheSame } from '../../gate/sbom.js';
import type { Sbom } from '../../gate/sbom.js';

const lock = readLockfile();
const packages = packagesOf(lock);
const shipped = packages.filter(({ isShipped }) => isShipped);
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  name: string;
  version: string;
  license: string;
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
};

function sbom(created = '2026-01-01T00:00:00Z', of = packages): Sbom {
  const { name, version, license: licence } = manifest;
  return makeSbom(
    { name, version, licence, needs: directNeeds(lock) },
    of,
    (entry) => copyrightLines(licenceText(entry) ?? ''),
    created,
  );
}

const entry = (over: Partial<PackageEntry>): PackageEntry => ({
  name: 'a',
  version: '1.0.0',
  id: 'a@1.0.0',
  licence: 'MIT',
  integrity: undefined,
  isShipped: true,
  hasInstallScript: false,
  needs: [],
  folder: 'node_modules/a',
  ...over,
});

describe('licences', () => {
  it('are allowed for every package that is shipped and for every tool', () => {
    expect(shipped.length).toBeGreaterThan(20);
    expect(packages.flatMap((one) => licenceFault(one) ?? [])).toEqual([]);
  });

  it.each<[string, Partial<PackageEntry>]>([
    ['a licence that obliges those who ship', { licence: 'GPL-3.0-only' }],
    ['a licence for tools, shipped', { licence: 'MPL-2.0' }],
    ['one of two that both count', { licence: 'MIT AND GPL-2.0-only' }],
    ['none', { licence: undefined }],
    ['none, of a tool that is known to have none, but shipped', { licence: undefined, name: 'esl-lite' }],
    ['what is no SPDX expression', { licence: 'SEE LICENSE IN LICENSE.md' }],
    ['brackets within', { licence: '(MIT OR (GPL-2.0-only AND MIT))' }],
  ])('are refused: %s', (_what, over) => {
    expect(licenceFault(entry(over))).toContain('a@1.0.0');
  });

  it.each<[string, Partial<PackageEntry>]>([
    ['a choice', { licence: '(MIT OR GPL-2.0-only)' }],
    ['a tool under a weaker one', { licence: 'MPL-2.0', isShipped: false }],
  ])('are taken: %s', (_what, over) => {
    expect(licenceFault(entry(over))).toBeUndefined();
  });
});

describe('the list of what is shipped', () => {
  it('is in docs/sbom.spdx.json, and NOTICE, as the lock file says', () => {
    const written = JSON.parse(readFileSync(join(ROOT, 'docs/sbom.spdx.json'), 'utf8')) as Sbom;
    expect(saysTheSame(written, sbom())).toBe(true);
    expect(readFileSync(join(ROOT, 'NOTICE'), 'utf8')).toBe(noticeText(packages));
  });

  it('is the same whenever it is made, but for the time; and another for other packages', () => {
    const one = sbom();
    expect(saysTheSame(one, sbom('2027-01-01T00:00:00Z'))).toBe(true);
    expect(one.documentNamespace).toBe(sbom().documentNamespace);
    const other = packages.map((known) =>
      known.name === 'yaml' ? { ...known, licence: 'GPL-3.0-only' } : known,
    );
    expect(saysTheSame(one, sbom(undefined, other))).toBe(false);
  });

  it('names every dependency of package.json, each once, with a checksum, and reaches all from the product', () => {
    const { packages: listed, relationships } = sbom();
    const ids = listed.map(({ SPDXID }) => SPDXID);
    expect(new Set(ids).size).toBe(ids.length);
    expect(listed.map(({ name }) => name)).toEqual(
      expect.arrayContaining(Object.keys(manifest.dependencies)),
    );
    expect(listed.slice(1).filter(({ checksums }) => checksums?.[0]?.checksumValue.length !== 128)).toEqual(
      [],
    );
    const reached = new Set(['SPDXRef-DOCUMENT']);
    let before = 0;
    while (before !== reached.size) {
      before = reached.size;
      for (const { spdxElementId, relatedSpdxElement } of relationships)
        if (reached.has(spdxElementId)) reached.add(relatedSpdxElement);
    }
    expect(ids.filter((id) => !reached.has(id))).toEqual([]);
  });

  it('has no tool in it', () => {
    const names = sbom().packages.map(({ name }) => name);
    for (const tool of ['vitest', 'typescript', 'esl-lite', 'modesl']) expect(names).not.toContain(tool);
  });
});

describe('installing', () => {
  it('needs no script of any package: of those that are shipped none has one, and of the tools one that can do without', () => {
    expect(shipped.filter(({ hasInstallScript }) => hasInstallScript)).toEqual([]);
    // It only checks that the binary for this platform, a package of its own, is there.
    expect(packages.filter(({ hasInstallScript }) => hasInstallScript).map(({ name }) => name)).toEqual([
      'esbuild',
    ]);
    expect(readFileSync(join(ROOT, '.npmrc'), 'utf8')).toContain('ignore-scripts=true');
  });

  it('runs none of switchhook itself', () => {
    const own = ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish', 'prepack', 'postpack'];
    expect(Object.keys(manifest.scripts).filter((name) => own.includes(name))).toEqual([]);
  });

  it('takes only what the lock file has a checksum of', () => {
    expect(packages.filter(({ integrity }) => integrity === undefined)).toEqual([]);
  });
});

describe('advisories', () => {
  it.each([
    ['{"vulnerabilities":{}}', { kind: 'advisories', packages: [] }],
    ['{"vulnerabilities":{"a":{"severity":"high"}}}', { kind: 'advisories', packages: ['a: high'] }],
    ['{"statusCode":405,"error":{}}', { kind: 'unknown', why: 'the registry has no advisories (405)' }],
    ['<html>', { kind: 'unknown', why: 'npm did not answer in JSON' }],
    ['null', { kind: 'unknown', why: 'npm answered nothing' }],
  ])('%s is understood', (text, answer) => {
    expect(readAuditAnswer(text)).toEqual(answer);
  });
});
