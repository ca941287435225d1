interface Rule {
  /** What the rule is about, in a few words. */
  readonly title: string;
  readonly why: string;
  readonly remedy: string;
}

/** Every rule of the audit. docs/guide/audit.md explains each of them. */
export const RULES = {
  'toll-fraud': {
    title: 'Callers without a password can dial out',
    why: 'Whoever finds the SIP port can call premium numbers at your expense. It is found and used within hours.',
    remedy:
      'Let the context of callers without a password lead to extensions of your own only: name the numbers in the condition (^(10[01][0-9])$), transfer to a context without outside lines, or ask for a password.',
  },
  'dial-string-injection': {
    title: 'Callers without a password can write a part of a dial string',
    why: 'A dial string reads , and | as the beginning of another leg and {…} as variables. A caller who may send these characters dials whatever he likes, and can have applications run.',
    remedy:
      'Let only digits through: put an expression such as ^(\\d+)$ before it, and use $1 instead of the variable.',
  },
  'command-injection': {
    title: 'A system command is made of what a caller sends',
    why: 'The shell reads ; | & ` and $( ) in a number or a name. Whoever calls can run programs as the user of FreeSWITCH.',
    remedy:
      'Take the caller’s data out of the command, or let only digits through by a condition. Better: ask a service by HTTP.',
  },
  'script-injection': {
    title: 'The program of an interpreter is made of what a caller sends',
    why: 'mod_lua and mod_perl write the arguments of a script into a program, and escape no backslashes: a number or a name ends the text in which it stands and goes on as code. Whoever calls can run programs as the user of FreeSWITCH.',
    remedy:
      'Take the caller’s data out of the arguments and read it in the script (session:getVariable("caller_id_name")), or let only digits through by a condition.',
  },
  'profile-without-auth': {
    title: 'A SIP profile takes calls from everybody',
    why: 'No password and no list of addresses stands between the network and its context. Everything that the context can do, everybody can.',
    remedy:
      'Set auth-calls to true, or name the addresses of your providers in acl.conf.xml and the list in apply-inbound-acl.',
  },
  'profile-blind-auth': {
    title: 'A SIP profile believes every password',
    why: 'With accept-blind-auth every caller, with accept-blind-reg every phone counts as a user, whatever password it sends.',
    remedy: 'Remove accept-blind-auth and accept-blind-reg, or set them to false.',
  },
  'profile-acl-open': {
    title: 'The ACL of a SIP profile lets everybody in',
    why: 'An address that passes apply-inbound-acl is not asked for a password. This list passes large parts of the Internet.',
    remedy: 'Name only the addresses that are meant, with default="deny".',
  },
  'verto-without-auth': {
    title: 'A Verto profile takes everybody',
    why: 'Without userauth and root-password no login is asked for, and blind-reg lets unknown users in: every browser can call.',
    remedy: 'Set userauth to true and blind-reg to false.',
  },
  'acl-open': {
    title: 'A network list is wide open',
    why: 'Whatever relies on the list relies on nothing.',
    remedy: 'Set default="deny" and name the addresses that are meant.',
  },
  'acl-no-default': {
    title: 'A network list has no default',
    why: 'FreeSWITCH takes "allow" for it: every address that is not named passes.',
    remedy: 'Write default="deny" (or default="allow", if it is meant).',
  },
  'acl-unknown': {
    title: 'A network list that does not exist is named',
    why: 'FreeSWITCH says nothing; no address is in an unknown list. What it should let in stays out, and what relies on it does not work.',
    remedy: 'Add the list to acl.conf.xml, or correct the name.',
  },
  'event-socket-open': {
    title: 'The Event Socket can be reached from outside',
    why: 'Whoever gets in controls FreeSWITCH entirely: every call, and every command of the machine.',
    remedy:
      'Set listen-ip to 127.0.0.1 and apply-inbound-acl to loopback.auto, or to a list of just those addresses that need it.',
  },
  'event-socket-password': {
    title: 'The Event Socket has a default or weak password',
    why: 'The password of the example configuration is the first that is tried; every program of the machine, and every web page that can make one of them connect, gets in with it.',
    remedy: 'Set a long random password in event_socket.conf.xml.',
  },
  'event-socket-no-acl': {
    title: 'The Event Socket listens to the network without an ACL',
    why: 'FreeSWITCH 1.10 then lets only its own machine in, older releases let everybody in. It should not depend on the release.',
    remedy: 'Write what is meant: apply-inbound-acl loopback.auto, and listen-ip 127.0.0.1.',
  },
  'xml-rpc-open': {
    title: 'XML-RPC has a default password or none',
    why: 'mod_xml_rpc runs every API command for whoever logs in, on every address of the machine.',
    remedy: 'Do not load mod_xml_rpc, or set auth-realm, auth-user and a long random auth-pass.',
  },
  'user-password': {
    title: 'A SIP user has a default or weak password',
    why: 'Passwords of SIP users are tried all day long. Who knows one calls as that user.',
    remedy: 'Give every user a long random password of its own (or an a1-hash).',
  },
  'user-without-password': {
    title: 'A SIP user has no password',
    why: 'Unless allow-empty-password is false, FreeSWITCH lets everybody in who uses this name.',
    remedy: 'Give it a password, set allow-empty-password to false, or remove it.',
  },
  'voicemail-password': {
    title: 'A mailbox has its own number for a password',
    why: 'It is the first that is tried. Who gets in hears the messages, and can call from there where that is allowed.',
    remedy: 'Set vm-password to something else, or to user-choose.',
  },
  'api-expansion': {
    title: 'API commands can be run by ${…} in the dialplan',
    why: 'Wherever text from outside reaches an expansion, it can run every API command.',
    remedy: 'If the dialplan uses no ${command(…)}, set api-expansion to false in switch.conf.xml.',
  },
  'system-commands': {
    title: 'System commands are available as API commands',
    why: 'With them, every way into the API (the Event Socket, an expansion, XML-RPC) is a way into the machine.',
    remedy:
      'Set the global variable disable_system_api_commands=true in vars.xml, if nothing uses system, bg_system and spawn.',
  },
  'system-in-dialplan': {
    title: 'The dialplan runs system commands',
    why: 'Each of them is one careless variable away from running what a caller wrote.',
    remedy: 'Ask a service by HTTP instead, or make sure that nothing from outside is in the command.',
  },
  'httapi-permissions': {
    title: 'A profile of mod_httapi allows too much',
    why: 'Whoever answers the URL, or sits between, can do it on your calls.',
    remedy: 'Allow what the application needs, by lists with default="deny" at the <permission>.',
  },
  'unsafe-preprocessor': {
    title: 'Loading the configuration runs a program',
    why: 'X-PRE-PROCESS exec runs at every reloadxml, as the user of FreeSWITCH. The audit does not run it, so what it writes is not judged.',
    remedy: 'Write the file by a program of its own, and include it.',
  },
} as const satisfies Readonly<Record<string, Rule>>;

export type RuleId = keyof typeof RULES;
