import { pathToFileURL } from 'node:url';
import type { AuditReport, Finding, FindingStep, Severity } from './finding.js';
import { RULES } from './rules.js';
import type { RuleId } from './rules.js';

const LEVELS: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  error: 'error',
  warning: 'warning',
  note: 'note',
};

/** A report as SARIF 2.1.0, which code hosts and editors show at the lines it is about. */
export function toSarif(report: AuditReport, version: string): object {
  const used = [...new Set(report.findings.map(({ rule }) => rule))].sort();
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'switchhook audit',
            version,
            rules: used.map((id) => ruleOf(id, report.findings)),
          },
        },
        originalUriBaseIds: { CONF: { uri: `${pathToFileURL(report.folder).href}/` } },
        results: report.findings.map((finding) => resultOf(finding, used.indexOf(finding.rule))),
        invocations: [{ executionSuccessful: report.complete }],
      },
    ],
  };
}

function ruleOf(id: string, findings: readonly Finding[]): object {
  const example = findings.find(({ rule }) => rule === id);
  return {
    id,
    shortDescription: { text: isRule(id) ? RULES[id].title : id },
    fullDescription: { text: example?.why ?? '' },
    help: { text: example?.remedy ?? '' },
  };
}

function isRule(id: string): id is RuleId {
  return Object.hasOwn(RULES, id);
}

function resultOf(finding: Finding, ruleIndex: number): object {
  const { rule, severity, message, remedy, path } = finding;
  return {
    ruleId: rule,
    ruleIndex,
    level: LEVELS[severity],
    message: { text: `${message} ${remedy}` },
    locations: [{ physicalLocation: locationOf(finding) }],
    ...(path !== undefined && {
      codeFlows: [{ threadFlows: [{ locations: path.map((step) => ({ location: stepOf(step) })) }] }],
    }),
  };
}

function stepOf(step: FindingStep): object {
  const text = step.number === undefined ? step.what : `${step.what} (for example with ${step.number})`;
  return { physicalLocation: locationOf(step), message: { text } };
}

function locationOf({ file, line }: { readonly file: string; readonly line: number }): object {
  const absolute = file.startsWith('/');
  return {
    artifactLocation: absolute
      ? { uri: pathToFileURL(file).href }
      : { uri: file.split('/').map(encodeURIComponent).join('/'), uriBaseId: 'CONF' },
    region: { startLine: Math.max(1, line) },
  };
}
