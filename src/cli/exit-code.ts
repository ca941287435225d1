import { AppError } from '../errors.js';
import type { ErrorCode } from '../errors.js';

export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  config: 3,
  unreachable: 4,
  denied: 5,
} as const;

/** For docs/reference/cli.md. */
export const EXIT_CODES: readonly { readonly code: number; readonly meaning: string }[] = [
  { code: EXIT.ok, meaning: 'Everything went as asked.' },
  {
    code: EXIT.failed,
    meaning:
      'It ran and the result is not good: an answer that is not valid, an action that the policy refuses, a call that failed, a check that found differences, a daemon that is not healthy.',
  },
  { code: EXIT.usage, meaning: 'The command line is not valid.' },
  { code: EXIT.config, meaning: 'The configuration could not be read or is not valid.' },
  {
    code: EXIT.unreachable,
    meaning:
      'What the command needs could not be reached or taken: the app, the daemon, a free port, a freeswitch binary.',
  },
  {
    code: EXIT.denied,
    meaning:
      'The daemon does not know the token, or its role is too low; or FreeSWITCH refused the password.',
  },
  { code: 130, meaning: 'Stopped at once by a second SIGINT (`serve`), or by the first one elsewhere.' },
  { code: 143, meaning: 'Stopped at once by a second SIGTERM (`serve`), or by the first one elsewhere.' },
];

const BY_ERROR: Partial<Record<ErrorCode, number>> = {
  usage: EXIT.usage,
  config_invalid: EXIT.config,
  config_unreadable: EXIT.config,
  switch_config_invalid: EXIT.config,
  switch_config_unreadable: EXIT.config,
  invalid_url: EXIT.usage,
  acl_invalid_entry: EXIT.usage,
  acl_not_configured: EXIT.config,
  acl_unreadable: EXIT.config,
  acl_not_xml: EXIT.config,
  acl_not_accepted: EXIT.config,
  flow_invalid: EXIT.config,
  invalid_request: EXIT.usage,
  confirmation_needed: EXIT.usage,
  unauthorized: EXIT.denied,
  forbidden: EXIT.denied,
  not_local: EXIT.denied,
  command_refused: EXIT.denied,
  dns_failed: EXIT.unreachable,
  connect_refused: EXIT.unreachable,
  connect_timeout: EXIT.unreachable,
  tls_failed: EXIT.unreachable,
  response_timeout: EXIT.unreachable,
  daemon_protocol: EXIT.unreachable,
  switch_auth_failed: EXIT.denied,
  switch_acl_refused: EXIT.denied,
  switch_unreachable: EXIT.unreachable,
  switch_closed: EXIT.unreachable,
  daemon_unreachable: EXIT.unreachable,
  listen_failed: EXIT.unreachable,
  freeswitch_missing: EXIT.unreachable,
};

export function exitCodeOf(code: ErrorCode): number {
  return BY_ERROR[code] ?? EXIT.failed;
}

export function exitCodeOfError(error: unknown): number {
  return error instanceof AppError ? exitCodeOf(error.code) : EXIT.failed;
}
