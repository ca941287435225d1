import { copyrightLines, licenceText } from './packages.js';
import type { PackageEntry } from './packages.js';

/** The file NOTICE: what is shipped with switchhook, under which licences, and who holds the rights. */
export function noticeText(packages: readonly PackageEntry[]): string {
  const shipped = packages.filter(({ isShipped }) => isShipped);
  const parts = shipped.map((entry) => {
    const text = licenceText(entry);
    const holders = text === undefined ? [] : copyrightLines(text);
    return [`${entry.name} ${entry.version}, ${entry.licence ?? 'no licence declared'}`, ...holders].join(
      '\n  ',
    );
  });
  return `${[
    'switchhook',
    'Licensed under the Apache License, Version 2.0; see LICENSE.',
    '',
    `It needs these ${shipped.length} packages to run. They are not part of its sources; a container image and`,
    'an installation contain them, with their licences in full in node_modules/<package>.',
    'The same list for machines: docs/sbom.spdx.json. Made by `npm run licences -- --write`.',
    '',
    parts.join('\n\n'),
  ].join('\n')}\n`;
}
