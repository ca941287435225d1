import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { z } from 'zod';
import { Callbacks } from '../../../src/callbacks/callbacks.js';
import type { CallBegin } from '../../../src/callbacks/call-ledger.js';
import type { CallbacksOptions } from '../../../src/callbacks/callbacks.js';
import type { Sender } from '../../../src/callbacks/delivery.js';
import type { CallbackEvent } from '../../../src/callbacks/event.js';
import { callbacksConfigSchema } from '../../../src/callbacks/settings.js';
import type { WebhookVerdict } from '../../../src/http-client/webhook.js';
import type { ProcessMark } from '../../../src/process-mark.js';
import { VirtualClock } from '../../support/virtual-clock.js';

export const NOON = Date.UTC(2026, 0, 2, 12);

export const TAKEN: WebhookVerdict = { kind: 'taken', detail: '', afterMs: 0, answered: true };
export const DOWN: WebhookVerdict = {
  kind: 'later',
  detail: 'connect_refused: down',
  afterMs: 0,
  answered: false,
};
export const SICK: WebhookVerdict = { kind: 'later', detail: 'HTTP 500', afterMs: 0, answered: true };
export const REFUSED: WebhookVerdict = { kind: 'refused', detail: 'HTTP 422', afterMs: 0, answered: true };

type Verdict = WebhookVerdict | Promise<WebhookVerdict>;

/** Receivers that answer as the test says, and keep what they took. */
export class FakeReceivers {
  readonly taken: { readonly to: string; readonly event: CallbackEvent }[] = [];
  readonly tries: { readonly to: string; readonly id: string }[] = [];
  answer: (event: CallbackEvent, to: string) => Verdict = () => TAKEN;

  readonly sender = (to: string): Sender => ({
    shownUrl: `https://${to}.example`,
    send: (id, body) => {
      const event = JSON.parse(body) as CallbackEvent;
      this.tries.push({ to, id });
      const result = Promise.resolve(this.answer(event, to)).then((verdict) => {
        if (verdict.kind === 'taken') this.taken.push({ to, event });
        return verdict;
      });
      return { result, cancel: () => undefined };
    },
    close: () => Promise.resolve(),
  });

  /** `call.started 1`, in the order in which they were taken. */
  told(to?: string): string[] {
    return this.taken
      .filter((one) => to === undefined || one.to === to)
      .map(({ event }) => `${event.type} ${event.sequence}`);
  }
}

export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'switchhook-callbacks-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A process that has never been: what it leaves is free to be taken. */
let begun = 0;
export function deadMark(): ProcessMark {
  begun += 1;
  return { pid: 4_194_303, begun };
}

type Receivers = z.input<typeof callbacksConfigSchema>['receivers'];

export interface World {
  readonly callbacks: Callbacks;
  readonly clock: VirtualClock;
  readonly receivers: FakeReceivers;
  /** Lets time pass. */
  readonly pass: (ms: number) => Promise<void>;
  /** Waits for what needs no time to pass. */
  readonly rest: () => Promise<void>;
}

export async function callbacksWith(
  receivers: Receivers,
  more: Partial<CallbacksOptions> & {
    readonly at?: string;
    readonly settings?: never;
    readonly isAlive?: (uuid: string) => Promise<boolean | undefined>;
    readonly clock?: VirtualClock;
    readonly receivers?: FakeReceivers;
    readonly limits?: Omit<z.input<typeof callbacksConfigSchema>, 'receivers' | 'folder'>;
  } = {},
): Promise<World> {
  const { at = folder(), isAlive, clock = new VirtualClock(NOON), limits, ...options } = more;
  const fakes = more.receivers ?? new FakeReceivers();
  const callbacks = new Callbacks({
    settings: callbacksConfigSchema.parse({ folder: at, receivers, ...limits }),
    egress: { allowed_addresses: [], denied_addresses: [] },
    instance: 'test',
    clock,
    sender: fakes.sender,
    syncDelayMs: 0,
    random: () => 0,
    mark: deadMark(),
    ...options,
  });
  await callbacks.start(isAlive ?? (() => Promise.resolve(undefined)));
  const isResting = (): boolean => callbacks.isResting;
  onTestFinished(() => callbacks.close());
  return {
    callbacks,
    clock,
    receivers: fakes,
    pass: (ms) => clock.pass(ms, isResting),
    rest: () => clock.pass(0, isResting),
  };
}

export const RECEIVER = { url: 'https://crm.example/calls' };

let calls = 0;
export function call(more: Partial<CallBegin> = {}): CallBegin {
  calls += 1;
  return {
    uuid: `uuid-${calls}`,
    begun: NOON + calls,
    program: 'https://apps.example/ivr',
    caller: '+493012345',
    destination: '1000',
    resumed: false,
    ...more,
  };
}
