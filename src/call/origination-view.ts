import type { Origination } from './originator.js';

/** As answers and events show it: plain JSON. */
export interface OriginationAnswer {
  readonly id: string;
  readonly switch: string;
  readonly to: string;
  readonly program: string;
  readonly state: Origination['state'];
  readonly uuid?: string;
  readonly cause?: string;
  readonly error?: { readonly code: string; readonly detail: string };
  readonly started_at: string;
  readonly ended_at?: string;
}

export function originationAnswer(origination: Origination): OriginationAnswer {
  const { startedAt, endedAt, ...rest } = origination;
  return {
    ...rest,
    started_at: startedAt.toISOString(),
    ...(endedAt === undefined ? {} : { ended_at: endedAt.toISOString() }),
  };
}
