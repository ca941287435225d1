import type { Worker } from 'node:worker_threads';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { file, invoke, invokerWith } from '../world.js';

const threads = vi.hoisted(() => ({ left: 0 }));

/** A system that has so many threads left, as one at its limit of processes (pids.max, RLIMIT_NPROC). */
vi.mock('node:worker_threads', async (original) => {
  const real = await original<{ Worker: typeof Worker }>();
  class Scarce extends real.Worker {
    constructor(...given: ConstructorParameters<typeof Worker>) {
      if (threads.left === 0) throw new Error('Worker initialization failure: EAGAIN');
      threads.left -= 1;
      super(...given);
    }
  }
  return { ...real, Worker: Scarce };
});

const HANGS = 'exports.handler = () => new Promise(() => {});';

describe('without a thread', () => {
  beforeEach(() => {
    threads.left = 0;
  });

  it('an invocation fails, and the next one is tried again', async () => {
    const invoker = invokerWith({ f: { file: file('h.js', 'exports.handler = async () => ({ a: "1" });') } });
    expect(await invoke(invoker)).toMatchObject({
      ok: false,
      code: 'function_exception',
      detail: 'no thread for it: Error: Worker initialization failure: EAGAIN',
    });
    threads.left = 1;
    expect(await invoke(invoker)).toMatchObject({ ok: true, values: { a: '1' } });
  });

  it('those who wait for the one that is given up fail, too', async () => {
    threads.left = 1;
    const invoker = invokerWith({ f: { file: file('h.js', HANGS), timeout_ms: 8000, concurrency: 1 } });
    const results = await Promise.all([
      invoke(invoker, { timeoutMs: 100 }),
      invoke(invoker),
      invoke(invoker),
    ]);
    expect(results).toMatchObject([
      { code: 'function_timeout' },
      { code: 'function_exception' },
      { code: 'function_exception' },
    ]);
  });
});
