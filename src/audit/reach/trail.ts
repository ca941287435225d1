import type { Place } from '../../switch-config/places.js';

/** One step of the way of a call. */
export interface Step {
  readonly what: string;
  readonly place: Place;
  /** A number with which the call gets through this step. */
  readonly number?: string;
}

export type Trail = readonly Step[];

/** Where a way ends that should not be there. */
export type Outcome =
  | { readonly kind: 'dialled'; readonly dialled: Dialled; readonly trail: Trail; readonly place: Place }
  /** A system command, or the program of an interpreter, of which the caller writes a part. */
  | Written;

interface Written {
  readonly kind: 'command' | 'program';
  readonly label: string;
  readonly trail: Trail;
  readonly place: Place;
}

export interface Dialled {
  /** What the caller can bring about, worst first. */
  readonly freedom: 'arbitrary' | 'any-host' | 'any-number' | 'few-numbers' | 'unknown-number' | 'one-number';
  /** As it is written, holes by their names. */
  readonly target: string;
  readonly explanation: string;
}

/** A place behind which the ways of a call cannot be followed. */
export interface Unfollowed {
  readonly place: Place;
  readonly what: string;
}
