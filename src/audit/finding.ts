import type { Place } from '../switch-config/places.js';

/** `error`: somebody outside can harm. `warning`: one mistake more and he can. `note`: worth knowing. */
export type Severity = 'error' | 'warning' | 'note';

export const SEVERITIES: readonly Severity[] = ['error', 'warning', 'note'];

export interface FindingStep extends Place {
  readonly what: string;
  /** A number with which a call gets through here. */
  readonly number?: string | undefined;
}

/** Something in a configuration that should be otherwise. Never holds a secret. */
export interface Finding extends Place {
  /** One of those in rules.ts. */
  readonly rule: string;
  readonly severity: Severity;
  readonly message: string;
  readonly why: string;
  readonly remedy: string;
  /** How a caller gets there, first step first. */
  readonly path?: readonly FindingStep[] | undefined;
}

/** Something that could not be judged, because it is decided elsewhere or at run time. */
export interface Remark extends Place {
  readonly what: string;
}

export interface AuditReport {
  /** The folder that was read. */
  readonly folder: string;
  /** The worst first; within a severity in the order of the files. Paths of files are relative to the folder. */
  readonly findings: readonly Finding[];
  readonly not_judged: readonly Remark[];
  readonly files: number;
  /** False: there were too many ways through the dialplan to follow all of them. */
  readonly complete: boolean;
}

/** Whether there is anything of this severity or worse. */
export function reaches(report: AuditReport, severity: Severity): boolean {
  const limit = SEVERITIES.indexOf(severity);
  return report.findings.some((finding) => SEVERITIES.indexOf(finding.severity) <= limit);
}
