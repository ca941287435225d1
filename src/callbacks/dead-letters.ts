import { createReadStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { checked } from '../checked.js';
import type { CallbackEvent } from './event.js';
import type { CallbacksLog } from './log.js';
import { storedEventSchema } from './outbox/line.js';

/** An event that was not delivered, and why nobody tries any more. */
export interface DeadLetter {
  readonly to: string;
  readonly event: CallbackEvent;
  readonly reason: string;
  /** How often it was tried since the daemon started. */
  readonly attempts: number;
  /** When it was given up; ISO 8601. */
  readonly buried_at: string;
}

const letterSchema = z.object({
  to: z.string(),
  event: storedEventSchema,
  reason: z.string(),
  attempts: z.number(),
  buried_at: z.string(),
});
const takenSchema = z.object({ taken: z.array(z.string()) });

export interface DeadLetterQuestion {
  readonly receiver?: string | undefined;
  readonly callUuid?: string | undefined;
  readonly type?: string | undefined;
}

/** The file of dead letters: a line for each, and a line for those that were taken out again. */
export class DeadLetters {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #log: CallbacksLog | undefined;
  /** How many each receiver has. */
  readonly #counts = new Map<string, number>();
  #tail: Promise<unknown> = Promise.resolve();

  constructor(path: string, maxBytes: number, log?: CallbacksLog) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    this.#log = log;
  }

  count(receiver: string): number {
    return this.#counts.get(receiver) ?? 0;
  }

  /** Takes over what a daemon before this one has left. */
  adopt(paths: readonly string[]): Promise<void> {
    return this.#inTurn(async () => {
      for (const path of paths) {
        await this.#copy(path, 0);
        await rm(path, { force: true });
      }
    });
  }

  /** Resolves when it is on disk for good. */
  add(letter: DeadLetter): Promise<void> {
    return this.#inTurn(async () => {
      await this.#append([JSON.stringify(letter)]);
      this.#counts.set(letter.to, this.count(letter.to) + 1);
      await this.#limit();
    });
  }

  /** The oldest first. @param after the id of the last one that is known already */
  find(question: DeadLetterQuestion, limit: number, after?: string): Promise<DeadLetter[]> {
    return this.#inTurn(async () => {
      const found: DeadLetter[] = [];
      let passed = after === undefined;
      for await (const letter of lettersIn(this.#path)) {
        if (passed && fits(letter, question)) found.push(letter);
        if (found.length >= limit) break;
        passed ||= letter.event.id === after;
      }
      return found;
    });
  }

  get(id: string): Promise<DeadLetter | undefined> {
    return this.#inTurn(async () => {
      for await (const letter of lettersIn(this.#path)) if (letter.event.id === id) return letter;
      return undefined;
    });
  }

  /**
   * Takes out those of them that are still there, after they were put where they will not get lost. One that dies again
   * meanwhile is written behind that.
   * @returns how many
   */
  take(
    letters: readonly DeadLetter[],
    put: (letters: readonly DeadLetter[]) => Promise<void>,
  ): Promise<number> {
    return this.#inTurn(async () => {
      const wanted = new Set(letters.map(({ event }) => event.id));
      const there: DeadLetter[] = [];
      // Somebody else may have taken them since they were found.
      for await (const letter of lettersIn(this.#path))
        if (wanted.delete(letter.event.id)) there.push(letter);
      if (there.length === 0) return 0;
      await put(there);
      await this.#append([JSON.stringify({ taken: there.map(({ event }) => event.id) })]);
      for (const { to } of there) this.#counts.set(to, Math.max(0, this.count(to) - 1));
      if ([...this.#counts.values()].every((count) => count === 0)) await rm(this.#path, { force: true });
      return there.length;
    });
  }

  async close(): Promise<void> {
    await this.#tail;
  }

  /** One after the other: what is read is whole. */
  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#tail.then(task, task);
    this.#tail = done.catch(() => undefined);
    return done;
  }

  async #append(lines: readonly string[], path = this.#path): Promise<void> {
    const handle = await open(path, 'a', 0o600);
    const { size } = await handle.stat();
    try {
      await handle.appendFile(lines.map((line) => `${line}\n`).join(''));
      await handle.datasync();
    } catch (error) {
      // Half a line, which a full disk took, would swallow the next one.
      await handle.truncate(size).catch(() => undefined);
      throw error;
    } finally {
      await handle.close();
    }
  }

  /** What stays is put beside the file, and takes its place when it is whole: until then nothing is lost. */
  async #limit(): Promise<void> {
    const { size } = await stat(this.#path);
    if (size <= this.#maxBytes) return;
    const kept = `${this.#path}.kept`;
    const before = { total: this.#total, counts: [...this.#counts] };
    try {
      await rm(kept, { force: true });
      this.#counts.clear();
      await this.#copy(this.#path, Math.ceil(before.total / 2), kept);
      await rename(kept, this.#path);
    } catch (error) {
      this.#counts.clear();
      for (const [receiver, count] of before.counts) this.#counts.set(receiver, count);
      const detail = error instanceof Error ? error.message : String(error);
      this.#log?.error(
        { file: this.#path, detail },
        'callbacks: there are too many dead letters, and all stay',
      );
      return;
    }
    this.#log?.error(
      { letters: before.total - this.#total },
      'callbacks: dead letters thrown away, there are too many',
    );
  }

  get #total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** @param skip so many of the oldest are left out */
  async #copy(path: string, skip: number, into = this.#path): Promise<void> {
    let batch: string[] = [];
    let seen = 0;
    for await (const letter of lettersIn(path)) {
      seen += 1;
      if (seen <= skip) continue;
      batch.push(JSON.stringify(letter));
      this.#counts.set(letter.to, this.count(letter.to) + 1);
      if (batch.length < 500) continue;
      await this.#append(batch, into);
      batch = [];
    }
    if (batch.length > 0) await this.#append(batch, into);
  }
}

function fits({ to, event }: DeadLetter, { receiver, callUuid, type }: DeadLetterQuestion): boolean {
  return (
    (receiver === undefined || to === receiver) &&
    (callUuid === undefined || event.call.uuid === callUuid) &&
    (type === undefined || event.type === type)
  );
}

/** Those that were not taken out since; one that came back counts again. */
async function* lettersIn(path: string): AsyncGenerator<DeadLetter> {
  const takenAt = new Map<string, number>();
  for await (const { number, value } of valuesIn(path, '{"taken":')) {
    const parsed = checked(takenSchema, value);
    for (const id of parsed.success ? parsed.data.taken : []) takenAt.set(id, number);
  }
  for await (const { number, value } of valuesIn(path, '{"to":')) {
    const parsed = checked(letterSchema, value);
    if (!parsed.success || number < (takenAt.get(parsed.data.event.id) ?? 0)) continue;
    yield parsed.data as unknown as DeadLetter;
  }
}

async function* valuesIn(path: string, prefix: string): AsyncGenerator<{ number: number; value: unknown }> {
  if ((await stat(path).catch(() => undefined)) === undefined) return;
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity })) {
    number += 1;
    if (!line.startsWith(prefix)) continue;
    try {
      yield { number, value: JSON.parse(line) };
    } catch {
      // Cut short by a crash.
    }
  }
}
