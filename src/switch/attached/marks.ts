/** The channel variables by which an attached call is known to daemons, and lists to what runs them. */

/** Who has the call: the name of an instance, or `NOBODY` once it was let go. */
export const OWNER = 'cti_owner';
/** Not a name that an instance may have. */
export const NOBODY = '-';
/** Names the run of a segment from its being sent to its end. */
export const RUN = 'cti_run';
/** Keeps where the channel was when it was taken. */
export const PLACE = 'cti_place';
/** Holds the arguments of `sched_api`, so that a list can arm the guard at its end. */
export const GUARD_VARIABLE = 'cti_guard';
/** Holds where the call is to go at its end. */
export const TARGET_VARIABLE = 'cti_then';
