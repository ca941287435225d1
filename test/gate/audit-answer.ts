/** What `npm audit --json` said. */
export type AuditAnswer =
  | { readonly kind: 'advisories'; readonly packages: readonly string[] }
  /** Nobody can tell: a registry without advisories, no network. */
  | { readonly kind: 'unknown'; readonly why: string };

/** Reads what npm printed. An empty list of packages means that none is known to be vulnerable. */
export function readAuditAnswer(text: string): AuditAnswer {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return { kind: 'unknown', why: 'npm did not answer in JSON' };
  }
  if (typeof answer !== 'object' || answer === null) return { kind: 'unknown', why: 'npm answered nothing' };
  if ('vulnerabilities' in answer && typeof answer.vulnerabilities === 'object') {
    const packages = Object.entries(answer.vulnerabilities ?? {}).map(
      ([name, found]) => `${name}: ${severityOf(found)}`,
    );
    return { kind: 'advisories', packages };
  }
  const status = 'statusCode' in answer ? ` (${String(answer.statusCode)})` : '';
  return { kind: 'unknown', why: `the registry has no advisories${status}` };
}

function severityOf(found: unknown): string {
  return typeof found === 'object' && found !== null && 'severity' in found
    ? String(found.severity)
    : 'unknown severity';
}
