import { parentPort, workerData } from 'node:worker_threads';
import { AppError } from '../errors.js';
import type { TestAnswer } from './background.js';
import { runJob } from './job.js';
import type { TestJob } from './job.js';

/** The thread of BackgroundTests: runs the cases that it is given, answers, and ends. */
async function answer(): Promise<TestAnswer> {
  try {
    return { ok: true, tested: await runJob(workerData as TestJob) };
  } catch (error) {
    if (error instanceof AppError) return { ok: false, code: error.code, detail: error.detail };
    return { ok: false, code: 'internal', detail: error instanceof Error ? error.message : String(error) };
  }
}

const port = parentPort;
void answer().then((result) => port?.postMessage(result));
