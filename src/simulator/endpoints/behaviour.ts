/** How somebody behaves who is called and is not in the dialplan: a SIP phone, a gateway. */
export type CalleeBehaviour =
  | {
      readonly kind: 'answers';
      /** Rings after this time, when given. */
      readonly ringsAfterMs?: number;
      readonly afterMs?: number;
      readonly hangsUpAfterMs?: number;
      readonly cause?: string;
    }
  | { readonly kind: 'refuses'; readonly cause: string; readonly afterMs?: number }
  /** Rings until the caller gives up. */
  | { readonly kind: 'silent'; readonly ringsAfterMs?: number };

/** What is dialled over SIP. */
export interface Dialled {
  /** `sofia/<profile>/…`, or `gateway`. */
  readonly profile: string;
  /** The gateway's name, for `sofia/gateway/<name>/…`. */
  readonly gateway?: string;
  /** What follows: a number, or `user@host`. */
  readonly target: string;
}

/** Who answers and who does not; `undefined`: nobody is there. */
export type Callees = (dialled: Dialled) => CalleeBehaviour | undefined;

/** Nobody listens where FreeSWITCH sends its INVITE: the refused packet ends the call with this cause. */
export const NOBODY_THERE: CalleeBehaviour = {
  kind: 'refuses',
  cause: 'NORMAL_TEMPORARY_FAILURE',
  afterMs: 20,
};
