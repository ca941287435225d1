import { ERRORS } from '../errors.js';
import type { ErrorCode } from '../errors.js';

/** What may keep the daemon from telling a switch something, or from knowing what came of it. */
export const SWITCH_FAILURES = [
  'no_such_switch',
  'switch_unreachable',
  'switch_auth_failed',
  'switch_acl_refused',
  'switch_closed',
  'switch_timeout',
  'switch_refused',
] as const satisfies readonly ErrorCode[];

/** What may keep it from a live call. */
export const CALL_FAILURES = [
  'call_not_controlled',
  'call_out_of_reach',
  'call_gone',
  ...SWITCH_FAILURES,
] as const satisfies readonly ErrorCode[];

/** What may keep it from the access lists of a switch. */
export const ACL_FAILURES = [
  'no_such_switch',
  'acl_not_configured',
  'acl_unreadable',
  'acl_not_accepted',
  'acl_not_xml',
] as const satisfies readonly ErrorCode[];

/** What may keep it from changing them. */
export const ACL_WRITE_FAILURES = [
  'acl_edit_refused',
  'acl_locked',
  'acl_write_failed',
  ...ACL_FAILURES,
] as const satisfies readonly ErrorCode[];

export const RELOAD_FAILURES = [
  'reload_failed',
  'no_such_profile',
  'calls_would_be_lost',
  'restart_needed',
  'not_reloadable',
  'config_invalid',
  'config_unreadable',
  'flow_invalid',
] as const satisfies readonly ErrorCode[];

/** What any route may answer. */
export const COMMON_FAILURES = [
  'invalid_request',
  'unauthorized',
  'not_local',
  'forbidden',
  'rate_limited',
  'internal',
] as const satisfies readonly ErrorCode[];

/** Those that take a body, too. */
export const BODY_FAILURES = [
  'body_too_large',
  'unsupported_media_type',
] as const satisfies readonly ErrorCode[];

/** The codes with each status, in the order of the statuses. */
export function byStatus(codes: readonly ErrorCode[]): ReadonlyMap<number, readonly ErrorCode[]> {
  const found = new Map<number, ErrorCode[]>();
  for (const code of [...new Set(codes)].sort((a, b) => ERRORS[a].statusCode - ERRORS[b].statusCode)) {
    const { statusCode } = ERRORS[code];
    found.set(statusCode, [...(found.get(statusCode) ?? []), code]);
  }
  return found;
}
