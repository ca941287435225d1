const CAUSES: Readonly<Record<string, readonly number[]>> = {
  CALL_REJECTED: [401, 402, 403, 407, 603, 608],
  UNWANTED: [607],
  UNALLOCATED_NUMBER: [404],
  NO_ROUTE_DESTINATION: [485, 604],
  RECOVERY_ON_TIMER_EXPIRE: [408, 504],
  NUMBER_CHANGED: [410],
  INTERWORKING: [413, 414, 416, 420, 421, 423, 505, 513],
  NO_USER_RESPONSE: [480],
  NORMAL_TEMPORARY_FAILURE: [400, 481, 500, 503],
  USER_BUSY: [486, 600],
  INVALID_NUMBER_FORMAT: [484],
  INCOMPATIBLE_DESTINATION: [488, 606],
  NETWORK_OUT_OF_ORDER: [502],
  SERVICE_UNAVAILABLE: [405],
  SERVICE_NOT_IMPLEMENTED: [406, 415, 501],
  EXCHANGE_ROUTING_ERROR: [482, 483],
  ORIGINATOR_CANCEL: [487],
};

const BY_STATUS = new Map(
  Object.entries(CAUSES).flatMap(([cause, statuses]) => statuses.map((status) => [status, cause] as const)),
);

/** The hangup cause that FreeSWITCH gives a final SIP answer (sofia_glue.c). */
export function causeOfSipStatus(status: number): string {
  return BY_STATUS.get(status) ?? 'NORMAL_UNSPECIFIED';
}
