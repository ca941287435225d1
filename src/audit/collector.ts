import path from 'node:path';
import type { Place } from '../switch-config/places.js';
import type { Finding, FindingStep, Remark, Severity } from './finding.js';
import { SEVERITIES } from './finding.js';
import type { Trail } from './reach/trail.js';
import { RULES } from './rules.js';
import type { RuleId } from './rules.js';

/** Gathers what the rules find. */
export class Collector {
  readonly #folder: string;
  readonly #findings = new Map<string, Finding>();
  readonly #remarks = new Map<string, Remark>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Of several at one place about one thing the worst is kept, and of those the first. */
  add(rule: RuleId, severity: Severity, place: Place, message: string, trail?: Trail): void {
    const { why, remedy } = RULES[rule];
    const shown = this.#relative(place);
    const finding: Finding = {
      rule,
      severity,
      ...shown,
      message,
      why,
      remedy,
      ...(trail !== undefined && { path: trail.map((step) => this.#step(step)) }),
    };
    const key = [rule, shown.file, shown.line, trail === undefined ? message : ''].join('\n');
    const known = this.#findings.get(key);
    if (known !== undefined && rank(known.severity) <= rank(severity)) return;
    this.#findings.set(key, finding);
  }

  remark(place: Place, what: string): void {
    const shown = this.#relative(place);
    this.#remarks.set(`${shown.file}:${shown.line}:${what}`, { ...shown, what });
  }

  findings(): Finding[] {
    return [...this.#findings.values()].sort(
      (a, b) =>
        rank(a.severity) - rank(b.severity) ||
        compare(a.file, b.file) ||
        a.line - b.line ||
        compare(a.rule, b.rule),
    );
  }

  remarks(): Remark[] {
    return [...this.#remarks.values()].sort((a, b) => compare(a.file, b.file) || a.line - b.line);
  }

  #step({ what, place, number }: Trail[number]): FindingStep {
    return { what, ...this.#relative(place), ...(number !== undefined && { number }) };
  }

  #relative({ file, line }: Place): Place {
    const relative = path.relative(this.#folder, file);
    return { file: relative.startsWith('..') ? file : relative, line };
  }
}

function rank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
