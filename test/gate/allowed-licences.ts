import type { PackageEntry } from './packages.js';

/** Permissive, and compatible with Apache-2.0: what switchhook ships may be under these. */
const SHIPPED: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'Unlicense',
]);

/** Tools that build, test and measure, and that nobody gets with switchhook, may also be under these. */
const TOOLS: ReadonlySet<string> = new Set([
  ...SHIPPED,
  'BlueOak-1.0.0',
  'CC-BY-4.0',
  'CC0-1.0',
  'MPL-2.0',
  'Python-2.0',
  'Zlib',
]);

/** Tools that declare no licence, each with what is known of it. Never for something that is shipped. */
const UNDECLARED_TOOLS: Readonly<Record<string, string>> = {
  esl: 'declares none; a peer to be measured against, and not distributed',
  'esl-lite': 'declares none; a peer to be tested against, and not distributed',
  modesl: 'MPL-2.0 by its LICENSE file; a peer to be measured against, and not distributed',
};

/** What is wrong with the licence of a package; undefined when nothing is. */
export function licenceFault({ id, name, licence, isShipped }: PackageEntry): string | undefined {
  if (licence === undefined) {
    if (!isShipped && UNDECLARED_TOOLS[name] !== undefined) return undefined;
    return `${id} declares no licence`;
  }
  if (isAllowed(licence, isShipped ? SHIPPED : TOOLS)) return undefined;
  return `${id} is under ${licence}, which is not allowed for ${isShipped ? 'what is shipped' : 'tools'}`;
}

/** SPDX expressions as they occur: one licence, or several with AND or OR, at most in one pair of brackets. */
function isAllowed(expression: string, allowed: ReadonlySet<string>): boolean {
  const plain = expression.replace(/^\((.*)\)$/, '$1');
  if (/[()]/.test(plain)) return false;
  return plain.split(' OR ').some((choice) => choice.split(' AND ').every((one) => allowed.has(one.trim())));
}
