import { parentPort, workerData } from 'node:worker_threads';
import { AppError } from '../errors.js';
import { auditFolder } from './audit.js';
import type { AuditAnswer } from './background.js';

/** The thread of a BackgroundAudit: audits the folder that it is given, answers, and ends. */
function answer(): AuditAnswer {
  try {
    return { ok: true, report: auditFolder(String(workerData)) };
  } catch (error) {
    if (error instanceof AppError) return { ok: false, code: error.code, detail: error.detail };
    return { ok: false, code: 'internal', detail: error instanceof Error ? error.message : String(error) };
  }
}

parentPort?.postMessage(answer());
