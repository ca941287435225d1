import { Worker } from 'node:worker_threads';
import { AppError } from '../errors.js';
import type { ErrorCode } from '../errors.js';
import type { TestedCases, TestJob } from './job.js';

/** What the thread answers. */
export type TestAnswer =
  | { readonly ok: true; readonly tested: TestedCases }
  | { readonly ok: false; readonly code: ErrorCode; readonly detail: string };

const TIMEOUT_MS = 30_000;
const MAX_MEMORY_MB = 512;

/** Runs test cases in a thread of its own, so that calls do not wait for them; one job after the other. */
export class BackgroundTests {
  #last: Promise<unknown> = Promise.resolve();

  /** @throws AppError `invalid_request`, `flow_invalid`, `config_invalid`, `config_unreadable`, `tests_unfinished` */
  run(job: TestJob): Promise<TestedCases> {
    const next = this.#last.then(() => inThread(job));
    this.#last = next.catch(() => undefined);
    return next;
  }
}

function inThread(job: TestJob): Promise<TestedCases> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./thread.js', import.meta.url), {
      workerData: job,
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: MAX_MEMORY_MB },
    });
    const timer = setTimeout(() => {
      reject(new AppError('tests_unfinished', `not done after ${TIMEOUT_MS / 1000} s`));
      void worker.terminate();
    }, TIMEOUT_MS);
    worker.once('message', (answer: TestAnswer) => {
      if (answer.ok) resolve(answer.tested);
      else reject(new AppError(answer.code, answer.detail));
    });
    worker.once('error', (error) => {
      reject(new AppError('tests_unfinished', error instanceof Error ? error.message : String(error)));
    });
    worker.once('exit', () => {
      clearTimeout(timer);
      reject(new AppError('tests_unfinished', 'their thread ended'));
    });
  });
}
