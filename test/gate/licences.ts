/**
 * `npm run licences`: whether everything that is installed may be, and whether NOTICE and the list of what is shipped
 * (SPDX) are what the lock file says. `--write` writes them. No network.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { licenceFault } from './allowed-licences.js';
import { noticeText } from './notice.js';
import { copyrightLines, directNeeds, licenceText, packagesOf, readLockfile, ROOT } from './packages.js';
import { makeSbom, saysTheSame } from './sbom.js';
import type { Sbom } from './sbom.js';

const NOTICE = join(ROOT, 'NOTICE');
const SBOM = join(ROOT, 'docs/sbom.spdx.json');
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const lock = readLockfile();
const packages = packagesOf(lock);
const { name, version, license } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  name: string;
  version: string;
  license: string;
};

const faults = packages.flatMap((entry) => licenceFault(entry) ?? []);
const shipped = packages.filter(({ isShipped }) => isShipped);
for (const entry of shipped) {
  if (entry.hasInstallScript) faults.push(`${entry.id} runs a script when it is installed`);
}

const created = `${new Date().toISOString().slice(0, 19)}Z`;
const sbom = makeSbom(
  { name, version, licence: license, needs: directNeeds(lock) },
  packages,
  (entry) => copyrightLines(licenceText(entry) ?? ''),
  created,
);
const notice = noticeText(packages);
const written = readSbom();
const isSbomStale = written === undefined || !saysTheSame(written, sbom);
const isNoticeStale = textOf(NOTICE) !== notice;
if (process.argv.includes('--write')) {
  if (isSbomStale) writeFileSync(SBOM, `${JSON.stringify(sbom, null, 2)}\n`);
  if (isNoticeStale) writeFileSync(NOTICE, notice);
} else {
  if (isSbomStale)
    faults.push('docs/sbom.spdx.json is not what would be written: npm run licences -- --write');
  if (isNoticeStale) faults.push('NOTICE is not what would be written: npm run licences -- --write');
}

const count = new Map<string, number>();
for (const { licence = 'none' } of shipped) count.set(licence, (count.get(licence) ?? 0) + 1);
for (const [licence, many] of [...count].sort()) say(`${String(many).padStart(4)}  ${licence}`);
for (const fault of faults) say(fault);
say(`${shipped.length} packages shipped, ${packages.length - shipped.length} tools, ${faults.length} faults`);
process.exitCode = faults.length > 0 || shipped.length === 0 ? 1 : 0;

function readSbom(): Sbom | undefined {
  const text = textOf(SBOM);
  return text === undefined ? undefined : (JSON.parse(text) as Sbom);
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // Not written yet.
    return undefined;
  }
}
