import { applicationInfo } from '../switch/applications.js';
import type { FlowOutcome } from '../flow/port.js';

/** How a list is written, and how its results come back. */
export type Format = 'json' | 'switchhook' | 'httapi';

/** One action as a client gets it. */
export interface Served {
  readonly application: string;
  readonly data: string;
  readonly id?: string;
  readonly onError?: 'stop';
  readonly timeoutMs?: number;
  /** The client is to tell what became of it. */
  readonly asks?: Asked;
}

/** An action whose outcome is wanted. */
export interface Asked {
  /** Position in the list of the step. */
  readonly index: number;
  readonly id?: string;
  readonly application: string;
  /** Its argument, where that names the variables of the outcome. */
  readonly data: string;
  /** Position in the list that was served. */
  readonly at: number;
}

/** What a client gets for one request. */
export interface Segment {
  readonly items: readonly Served[];
  /** The URL at which it goes on, without what the format adds; undefined: nothing comes after it. */
  readonly next?: string;
}

/** Channel variables that tell the outcome. */
export function variablesOf({ application, data }: Pick<Asked, 'application' | 'data'>): readonly string[] {
  return applicationInfo(application).outcomeVariables(data);
}

/** The argument, where the outcome can't be read without it. */
export function dataForOutcome(application: string, data: string): string {
  const { outcomeVariables } = applicationInfo(application);
  return outcomeVariables('').join() === outcomeVariables(data).join() ? '' : data;
}

/** The parameter that carries a variable of the outcome of an action back. */
export function resultName(at: number, variable: number): string {
  return `o${at}.${variable}`;
}

/** An outcome from the values that the client sent. */
export function judged(asked: Asked, values: Readonly<Record<string, string>>): FlowOutcome {
  const { index, id, application, data } = asked;
  const judgement = applicationInfo(application).judge(values, data);
  return { index, ...(id === undefined ? {} : { id }), application, ...judgement };
}
