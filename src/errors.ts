/**
 * Every error code of switchhook, in one table: what it means and what to do about it.
 * A code is part of the contract: it stands in `cti_error`, in log lines, in traces, in HTTP answers and in
 * docs/reference/errors.md (which is written from this table).
 */

interface ErrorEntry {
  /** The status with which the HTTP API reports it. */
  readonly statusCode: number;
  readonly message: string;
  readonly remedy: string;
}

function entry(statusCode: number, message: string, remedy: string): ErrorEntry {
  return Object.freeze({ statusCode, message, remedy });
}

export const ERRORS = {
  // An HTTP app could not be asked, or its answer could not be used.
  dns_failed: entry(
    502,
    "The app's host name could not be resolved.",
    'Check the host in the URL and the resolver of this machine.',
  ),
  connect_refused: entry(
    502,
    'The app refused or dropped the connection.',
    'Check that the app listens on that host and port and that no firewall is between.',
  ),
  connect_timeout: entry(
    504,
    'No connection to the app within the time allowed.',
    'Check routing and firewalls, or raise connect_timeout_ms.',
  ),
  tls_failed: entry(
    502,
    "The app's TLS handshake or certificate was not acceptable.",
    'Renew or correct the certificate, or name its issuer in ca_file.',
  ),
  response_timeout: entry(
    504,
    'The app did not answer completely within the time allowed.',
    'Make the app faster, or raise try_timeout_ms and total_timeout_ms.',
  ),
  http_status: entry(
    502,
    'The app answered with a status that carries no actions.',
    'Answer 200 with a JSON array, or 204. Redirects are not followed: use the final URL.',
  ),
  too_large: entry(
    502,
    'The answer of the app is larger than allowed.',
    'Send at most 64 kB and 100 actions; chain further lists with cti_curl.',
  ),
  not_json: entry(
    502,
    'The answer of the app is not JSON in UTF-8.',
    'Answer a JSON array such as [{"application":"hangup"}].',
  ),
  invalid_actions: entry(
    502,
    'The answer of the app is JSON but not a list of actions.',
    'See the path in the detail and docs/reference/actions.md.',
  ),
  action_refused: entry(
    403,
    'The policy refused an action.',
    'See the rule in the detail; allow it in the policy profile if that is meant.',
  ),
  egress_refused: entry(
    403,
    'The egress rules forbid that URL or address.',
    'List the origin or address under egress if it is meant to be asked.',
  ),
  circuit_open: entry(
    503,
    'The app failed repeatedly and is not asked for a while.',
    'Mend the app; it is tried again by itself.',
  ),
  call_gone: entry(
    410,
    'The call ended before the answer could be used.',
    'Nothing: the caller hung up, or the call was moved.',
  ),
  invalid_url: entry(
    400,
    'What cti_curl names is neither a configured endpoint nor an http(s) URL.',
    'Use an absolute URL or the name of an endpoint.',
  ),

  // Running a list of actions.
  action_failed: entry(
    500,
    'An action with on_error "stop" did not succeed.',
    'See the outcome of the action in the trace.',
  ),
  no_such_flow: entry(404, 'No flow has that name.', 'Check the name in cti_flow and the flows folder.'),
  no_program: entry(
    400,
    'The call names neither cti_curl nor cti_flow nor a known socket path.',
    'Set cti_curl or cti_flow before the socket, or use /curl/<endpoint>.',
  ),
  too_deep: entry(
    508,
    'Lists chained by cti_curl are nested or repeated beyond the limit.',
    'Check the app for a loop, or raise limits.chain_depth.',
  ),
  too_many_actions: entry(
    508,
    'The call ran more actions than allowed.',
    'Check the app for a loop, or raise limits.actions_per_call.',
  ),
  socket_not_full: entry(
    400,
    'FreeSWITCH connected a socket without the word "full".',
    'Write <action application="socket" data="host:port full"/>.',
  ),
  overloaded: entry(
    503,
    'The daemon holds as many calls as it may, or is draining.',
    'Raise limits.calls, or name a second daemon in the host list of the socket.',
  ),

  // The Event Socket.
  switch_auth_failed: entry(
    401,
    'FreeSWITCH refused the Event Socket password.',
    'Use the password of event_socket.conf.xml.',
  ),
  switch_acl_refused: entry(
    403,
    'FreeSWITCH refused this address (its Event Socket ACL).',
    'Add this address to the list that apply-inbound-acl names in event_socket.conf.xml.',
  ),
  switch_unreachable: entry(
    503,
    'FreeSWITCH does not answer on its Event Socket.',
    'Check host, port and that mod_event_socket is loaded.',
  ),
  switch_timeout: entry(
    504,
    'FreeSWITCH did not reply to a command in time.',
    'Check the load of the switch.',
  ),
  switch_closed: entry(
    503,
    'The Event Socket connection was closed.',
    'See the log of FreeSWITCH; the daemon connects again by itself.',
  ),
  switch_protocol: entry(
    502,
    'What came from the Event Socket is not its protocol, or is beyond the limits.',
    'Check that FreeSWITCH is what listens there.',
  ),
  unsafe_command: entry(
    400,
    'A command to FreeSWITCH would contain CR, LF or NUL.',
    'Remove the line break or NUL from the data.',
  ),

  // Configuration and command line.
  config_invalid: entry(
    400,
    'The configuration is not valid.',
    'See the place and the suggestion in the detail; try: switchhook check.',
  ),
  config_unreadable: entry(
    400,
    'A configuration file could not be read.',
    'Check the path, the permissions and the YAML syntax at the line named.',
  ),
  usage: entry(400, 'The command line is not valid.', 'See --help.'),
  listen_failed: entry(
    500,
    'An address could not be listened on.',
    'Check that nothing else uses the port and that the address is local.',
  ),
  daemon_unreachable: entry(
    503,
    'The daemon could not be reached.',
    'Start it with: switchhook serve; or check host and port.',
  ),
  freeswitch_missing: entry(
    404,
    'No freeswitch binary was found.',
    'Install FreeSWITCH, or name the binary in FREESWITCH_BIN.',
  ),
  internal: entry(500, 'A defect in switchhook.', 'Report it with the log line and the trace of the call.'),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

/**
 * A programming, configuration or command error. What the switch or an app may answer is not one of these: that
 * is a value.
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly statusCode: number;
  readonly remedy: string;
  /** What was wrong, with the place; never a secret. */
  readonly detail: string;

  constructor(code: ErrorCode, detail = '', options?: ErrorOptions) {
    super(detail === '' ? ERRORS[code].message : `${ERRORS[code].message} ${detail}`, options);
    this.name = 'AppError';
    this.code = code;
    this.statusCode = ERRORS[code].statusCode;
    this.remedy = ERRORS[code].remedy;
    this.detail = detail;
  }
}
