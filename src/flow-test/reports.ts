import type { CaseResult } from './suite.js';

/** What of a case stands in a report. */
export type Reported = Pick<CaseResult, 'file' | 'name' | 'place' | 'misses' | 'realMs'>;

/** Test Anything Protocol, version 14. */
export function tapReport(results: readonly Reported[]): string {
  const lines = ['TAP version 14', `1..${results.length}`];
  results.forEach(({ file, name, place, misses, realMs }, index) => {
    const title = `${file} - ${name}`.replaceAll('\\', '\\\\').replaceAll('#', '\\#');
    lines.push(`${misses.length === 0 ? 'ok' : 'not ok'} ${index + 1} - ${oneLine(title)}`);
    if (misses.length === 0) return;
    lines.push('  ---', `  at: ${JSON.stringify(place)}`, `  duration_ms: ${realMs.toFixed(1)}`, '  misses:');
    for (const { what, expected, got } of misses) {
      lines.push(
        `    - what: ${JSON.stringify(what)}`,
        `      expected: ${JSON.stringify(expected)}`,
        `      got: ${JSON.stringify(got)}`,
      );
    }
    lines.push('  ...');
  });
  return `${lines.join('\n')}\n`;
}

/** The XML that build servers read. */
export function junitReport(results: readonly Reported[]): string {
  const files = [...new Set(results.map(({ file }) => file))];
  const suites = files.map((file) => {
    const cases = results.filter((one) => one.file === file);
    const failed = cases.filter(({ misses }) => misses.length > 0).length;
    const seconds = cases.reduce((sum, { realMs }) => sum + realMs, 0) / 1000;
    const body = cases.map((one) => junitCase(file, one)).join('');
    return `  <testsuite name="${xml(file)}" tests="${cases.length}" failures="${failed}" time="${seconds.toFixed(3)}">\n${body}  </testsuite>\n`;
  });
  const failed = results.filter(({ misses }) => misses.length > 0).length;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="flows" tests="${results.length}" failures="${failed}">\n${suites.join('')}</testsuites>\n`;
}

function junitCase(file: string, { name, place, misses, realMs }: Reported): string {
  const head = `    <testcase classname="${xml(file)}" name="${xml(name)}" time="${(realMs / 1000).toFixed(3)}"`;
  if (misses.length === 0) return `${head}/>\n`;
  const text = misses
    .map(({ what, expected, got }) => `${what}: expected ${expected}, got ${got}`)
    .join('\n');
  const [first] = misses;
  return `${head}>\n      <failure message="${xml(`${first?.what ?? ''} at ${place}`)}">${xml(text)}</failure>\n    </testcase>\n`;
}

function oneLine(text: string): string {
  return text.replaceAll(/[\r\n]+/g, ' ');
}

/** Without the characters that XML 1.0 does not have. */
function xml(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
