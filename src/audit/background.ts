import { Worker } from 'node:worker_threads';
import { AppError } from '../errors.js';
import type { ErrorCode } from '../errors.js';
import type { AuditReport } from './finding.js';

/** What the thread answers. */
export type AuditAnswer =
  | { readonly ok: true; readonly report: AuditReport }
  | { readonly ok: false; readonly code: ErrorCode; readonly detail: string };

const TIMEOUT_MS = 60_000;
const MAX_MEMORY_MB = 512;

/**
 * Audits folders in a thread of its own, so that calls do not wait for it. Those who ask for the same folder at the
 * same time share one audit.
 */
export class BackgroundAudit {
  readonly #running = new Map<string, Promise<AuditReport>>();

  /** @throws AppError switch_config_unreadable, switch_config_invalid, audit_unfinished */
  audit(folder: string): Promise<AuditReport> {
    const known = this.#running.get(folder);
    if (known !== undefined) return known;
    const report = inThread(folder).finally(() => this.#running.delete(folder));
    this.#running.set(folder, report);
    return report;
  }
}

function inThread(folder: string): Promise<AuditReport> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./thread.js', import.meta.url), {
      workerData: folder,
      resourceLimits: { maxOldGenerationSizeMb: MAX_MEMORY_MB },
    });
    const timer = setTimeout(() => {
      reject(new AppError('audit_unfinished', `not done after ${TIMEOUT_MS / 1000} s: ${folder}`));
      void worker.terminate();
    }, TIMEOUT_MS);
    worker.once('message', (answer: AuditAnswer) => {
      if (answer.ok) resolve(answer.report);
      else reject(new AppError(answer.code, answer.detail));
    });
    worker.once('error', (error) => {
      reject(new AppError('audit_unfinished', error instanceof Error ? error.message : String(error)));
    });
    worker.once('exit', () => {
      clearTimeout(timer);
      reject(new AppError('audit_unfinished', 'its thread ended'));
    });
  });
}
