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

  // Flows.
  flow_invalid: entry(
    400,
    'A flow can not be used.',
    'See the places in the detail; try: switchhook flow check.',
  ),
  tests_unfinished: entry(
    503,
    'The test cases did not come to their end.',
    'Run fewer at a time, or run them from the command line: switchhook flow test.',
  ),
  flow_version_gone: entry(
    410,
    'The version of the flows with which the call began is not there any more.',
    'Nothing for this call. Keep old versions as long as calls last.',
  ),
  flow_exit_missing: entry(
    500,
    'A block was left by an exit that leads nowhere.',
    'Wire the exit named in the detail, or give the flow an `error` block.',
  ),
  flow_loop: entry(
    508,
    'A flow went round without waiting for anything, or came to its error block again and again.',
    'Put a loop block, or one that asks the caller, into the circle.',
  ),
  flow_too_deep: entry(
    508,
    'Flows call each other more than ten deep.',
    'Use go_to_flow where the caller need not come back.',
  ),
  flow_state_too_large: entry(
    500,
    'What a flow keeps of the call is larger than allowed.',
    'Set fewer or shorter attributes, refer to single values of $.External, or raise flows.state_max_bytes.',
  ),
  flow_text_too_large: entry(
    500,
    'A flow puts together more than a million characters at once, of its texts and the values in them.',
    'Refer to a long value less often in one text; look for an attribute that is made of itself.',
  ),
  flow_out_of_step: entry(
    500,
    'A flow was told an outcome that it does not wait for.',
    'Report it with the trace of the call.',
  ),
  speech_not_configured: entry(
    500,
    'No engine and voice are configured for the language of a prompt.',
    'Name them under flows.speech, or set tts_engine and tts_voice in the dialplan.',
  ),
  unsafe_value: entry(
    400,
    'A value can not be part of a file name, a dial string or the arguments of an application.',
    'Look at where the value comes from; see docs/guide/flows.md.',
  ),
  encryption_failed: entry(
    500,
    'Digits could not be encrypted.',
    'Check the key in public_keys of the flow: an RSA public key in PEM.',
  ),

  // Functions that flows invoke.
  no_such_function: entry(
    404,
    'No function has that name.',
    'See what there is with: switchhook function list; or add it to functions.yaml.',
  ),
  function_exists: entry(
    409,
    'A function of that name exists already.',
    'Choose another name, or change the one there is with: switchhook function set.',
  ),
  function_in_use: entry(
    409,
    'Flows use the function.',
    'Change the flows at the places named first; rename changes them by itself with --update-flows.',
  ),
  function_parameters: entry(
    400,
    'A parameter that the function requires is missing.',
    'Send it in the invoke_function block, or do not require it in functions.yaml.',
  ),
  function_unreachable: entry(
    502,
    'The function could not be reached.',
    'See the cause in the detail; try: switchhook function test.',
  ),
  function_throttled: entry(
    503,
    'The function answered 429 (too many requests) to every try.',
    'Raise its limits, or ask it less.',
  ),
  function_status: entry(
    502,
    'The function answered with a status that carries no response.',
    'Answer 200 with a JSON object. Redirects are not followed: use the final URL.',
  ),
  function_exception: entry(
    502,
    'The function failed: an exception, a crash, or a 5xx.',
    'See the message in the detail and the log of the function.',
  ),
  function_not_understood: entry(
    502,
    'The response of the function is not what was agreed.',
    'Answer a flat JSON object of strings, or set response: json or coerce: true.',
  ),
  function_too_large: entry(
    502,
    'The response of the function is larger than allowed.',
    'Answer at most 32 kB.',
  ),
  function_timeout: entry(
    504,
    'The function did not answer in time.',
    'Make it faster, or raise timeout_ms (at most 8000).',
  ),
  function_not_loadable: entry(
    500,
    'The file of a local function could not be loaded.',
    'See the detail; try: switchhook function test.',
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
    'The call names neither cti_curl nor cti_flow nor a known socket path, and no flow claims its number.',
    'Set cti_curl or cti_flow before the socket, use /curl/<endpoint> or /flows/<flow>, or name the number under flows.numbers.',
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
    503,
    'FreeSWITCH refused the Event Socket password.',
    'Use the password of event_socket.conf.xml.',
  ),
  switch_acl_refused: entry(
    503,
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

  // Switches that the daemon connects to, and calls that are attached through them.
  no_such_switch: entry(
    404,
    'No switch has that name.',
    'Name one of those under switches in the configuration; the name may be left out while there is only one.',
  ),
  no_such_call: entry(
    404,
    'No live channel has that uuid.',
    'It may have ended. See what there is with: switchhook fs show channels.',
  ),
  call_taken: entry(
    409,
    'The call is under control of another daemon.',
    'Ask the daemon (its instance is in the detail) that has it.',
  ),
  attach_failed: entry(
    409,
    'The channel could not be taken over.',
    'See the detail; a channel that still rings at the far side can only be taken when it was answered.',
  ),
  daemon_lost: entry(
    503,
    'The daemon that had the call was gone for too long, and FreeSWITCH let the call go on.',
    'See why the daemon ended or lost its connection to the switch.',
  ),

  // Live calls.
  call_not_controlled: entry(
    404,
    'The daemon has no call with that uuid under control.',
    'See what it has with: switchhook calls; take a live channel with: switchhook call attach <uuid>.',
  ),
  call_under_control: entry(
    409,
    'The daemon has that call under control already.',
    'Run another list on it with: switchhook call run <uuid> <file> --interrupt.',
  ),
  call_out_of_reach: entry(
    409,
    'FreeSWITCH runs a list on the call and cannot be told anything about it from here.',
    'Configure that FreeSWITCH under switches, and see that it is connected: switchhook switches.',
  ),
  call_ending: entry(
    409,
    'It is too late to append: the call ends with what FreeSWITCH was given.',
    'Interrupt it instead: switchhook call run <uuid> <file> --interrupt.',
  ),
  switch_refused: entry(502, 'FreeSWITCH did not do what it was told.', 'See its answer in the detail.'),

  // The HTTP API.
  unauthorized: entry(
    401,
    'The request carries no token that the daemon knows.',
    'Send "Authorization: Bearer <token>" with a token of http.tokens (below /v1/actions: of protection.tokens of the entry); on the command line --token-file or SWITCHHOOK_TOKEN.',
  ),
  not_local: entry(
    403,
    'Without http.tokens the API answers only to this machine.',
    'Configure http.tokens and send one of them, or ask on the machine of the daemon by its loopback address.',
  ),
  forbidden: entry(
    403,
    'The role of the token does not allow that.',
    'Use a token whose role is high enough (viewer < operator < admin), see http.tokens.',
  ),
  rate_limited: entry(
    429,
    'Too many requests in a minute.',
    'Wait as long as Retry-After says, or raise http.rate_limit.per_minute.',
  ),
  invalid_request: entry(
    400,
    'The request is not valid.',
    'See the path and the detail; the daemon describes its API at /docs.',
  ),
  idempotency_key_reused: entry(
    422,
    'The Idempotency-Key was sent with another request before.',
    'Send a new key with each new request, and the same one only with the same request.',
  ),
  too_many_readers: entry(
    503,
    'As many clients read the events as may.',
    'Close one, or raise http.events.readers.',
  ),
  no_such_origination: entry(
    404,
    'No call that was placed has that id.',
    'Those that are over are kept for a while only; see GET /v1/calls for what is under control.',
  ),
  records_not_configured: entry(
    409,
    'No contact records are kept in a file.',
    'Set records.file in the configuration.',
  ),
  no_such_record: entry(
    404,
    'No contact record of that call is in the files.',
    'A record is written when the call has ended; old files are taken away as records.rotate says.',
  ),
  functions_not_configured: entry(
    409,
    'No file of functions is configured.',
    'Set functions.file in the configuration.',
  ),
  body_too_large: entry(413, 'The body of the request is larger than allowed.', 'Send less at a time.'),
  unsupported_media_type: entry(
    415,
    'The body of the request is not of a type that is read here.',
    'Send JSON with "Content-Type: application/json".',
  ),
  address_refused: entry(
    403,
    'The entry is not served to that address.',
    'List the address under protection.addresses of the entry.',
  ),
  signature_invalid: entry(
    401,
    'The request is not signed as the entry wants it.',
    'Sign it by Standard Webhooks with a secret of the entry, and see that the clocks agree.',
  ),
  no_such_entry: entry(
    404,
    'No entry has that name.',
    'Use one of actions.entries in the configuration: /v1/actions/<entry>.',
  ),
  number_not_routed: entry(
    404,
    'The entry has nothing for that number.',
    'Send ?number=<the dialled number>, and list it under numbers of the entry.',
  ),
  token_altered: entry(
    400,
    'The continuation token is not whole, or was changed.',
    'Use the URL of the last action as it is; see that nothing on the way cuts or decodes it.',
  ),
  token_expired: entry(
    410,
    'The continuation token is too old.',
    'Raise actions.token_ttl_s above the longest conversation.',
  ),
  token_replayed: entry(
    409,
    'The continuation token was used before.',
    'Ask each URL once; begin again without a token.',
  ),
  token_foreign: entry(
    403,
    'The continuation token belongs to another key, entry or call.',
    'Give all daemons behind one public_url the same actions.token_key.',
  ),
  no_such_route: entry(404, 'Nothing is at that path.', 'See /docs of the daemon for the paths.'),
  method_not_allowed: entry(
    405,
    'The path exists, but not with that method.',
    'Use one of the methods in the Allow header.',
  ),

  // Administration of the switch and the daemon.
  command_refused: entry(
    403,
    'That API command is not allowed to this role.',
    'Ask somebody with a higher role, or list the command under fs in the configuration.',
  ),
  reload_failed: entry(
    502,
    'FreeSWITCH could not reload that.',
    'Mend what the detail names, then reload again. Lines are counted in freeswitch.xml.fsxml, which FreeSWITCH writes beside its log.',
  ),
  calls_would_be_lost: entry(
    409,
    'That would end calls.',
    'Wait until they have ended, or ask for it again with --force.',
  ),
  no_such_profile: entry(
    404,
    'No SIP profile of that name is running.',
    'See the names with: switchhook fs sofia status. Start one with: switchhook fs sofia profile <name> start.',
  ),
  restart_needed: entry(
    409,
    'The configuration was not reloaded: something of it only takes effect with a restart.',
    'Restart the daemon, or take these changes back and reload again.',
  ),
  not_reloadable: entry(
    409,
    'The daemon was started without a configuration that it could read again.',
    'Restart it.',
  ),

  // Access control lists.
  acl_not_configured: entry(
    409,
    'No acl.conf.xml is known for this switch.',
    'Set conf_dir or acl_file of the switch in the configuration, or name the file with --file.',
  ),
  acl_unreadable: entry(
    409,
    'The ACL file could not be read.',
    'Check the path and the permissions of the user that runs the daemon.',
  ),
  acl_not_xml: entry(
    422,
    'The ACL file is not what FreeSWITCH can parse.',
    'Mend the line named; FreeSWITCH would refuse its whole configuration.',
  ),
  acl_not_accepted: entry(
    422,
    'The ACL file is of a kind that is not read here.',
    'Use a plain file in UTF-8 or Latin-1, without a document type, of at most 16 MB.',
  ),
  acl_no_such_list: entry(
    404,
    'No ACL has that name.',
    'See: switchhook acl lists. Names are case-sensitive. A list is made by: switchhook acl add <list> <cidr> --create deny.',
  ),
  acl_no_such_entry: entry(404, 'The list has no such entry.', 'See: switchhook acl show <list>.'),
  acl_invalid_entry: entry(
    400,
    'That can not be an entry of an ACL.',
    'Give an address or network, such as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32.',
  ),
  acl_edit_refused: entry(
    409,
    'The ACL file can not be edited there without changing something else.',
    'Edit the place named by hand, then: switchhook acl check.',
  ),
  acl_opens_world: entry(
    409,
    'The entry would open the list to a large part of the world.',
    'Repeat with --yes (over HTTP: "force": true) if that is meant.',
  ),
  acl_locked: entry(
    423,
    'Somebody else is editing the ACL file.',
    'Try again; when nobody is, remove the lock file named.',
  ),
  acl_write_failed: entry(
    500,
    'The ACL file could not be written.',
    'Check permissions and space; the file is as it was.',
  ),
  acl_apply_refused: entry(
    502,
    'FreeSWITCH refused its configuration and keeps the old lists.',
    'See its answer in the detail, and: switchhook acl check.',
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
  switch_config_unreadable: entry(
    400,
    "FreeSWITCH's configuration could not be read.",
    'Name the folder that holds freeswitch.xml, and check that this user may read it.',
  ),
  audit_not_configured: entry(
    404,
    'Where the configuration of that switch is, is not known.',
    'Set conf_dir of the switch in the configuration, when it runs on the same machine.',
  ),
  audit_unfinished: entry(
    503,
    'The audit did not come to its end.',
    'Run it from the command line: switchhook audit --conf <folder>.',
  ),
  switch_config_invalid: entry(
    400,
    'FreeSWITCH would not load this configuration.',
    'Mend the XML at the place in the detail.',
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
  daemon_protocol: entry(
    502,
    "What answered is not the daemon's API, or not of this version.",
    'Check --daemon, and that daemon and command line are of the same version.',
  ),
  confirmation_needed: entry(
    400,
    'This cannot be taken back, and nobody is there to be asked.',
    'Run it in a terminal, or say --yes.',
  ),
  not_confirmed: entry(409, 'Not confirmed, so nothing was done.', 'Answer y, or say --yes.'),
  callbacks_unwritable: entry(
    500,
    'The outbox of the callbacks could not be written.',
    'Check the path in callbacks.folder, its permissions and the room on the disk.',
  ),
  no_such_receiver: entry(
    404,
    'No receiver of callbacks has that name.',
    'See: switchhook callbacks status.',
  ),
  no_such_dead_letter: entry(
    404,
    'No dead letter has that id; it may have been redelivered.',
    'See: switchhook callbacks list.',
  ),
  audit_log_unwritable: entry(
    500,
    'The audit log could not be written.',
    'Check the path in audit_log.file, its folder and the permissions.',
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
