import { AppError } from '../errors.js';

/** Who asks, from the least to the most that they may. */
export const FS_ROLES = ['viewer', 'operator', 'admin'] as const;
export type FsRole = (typeof FS_ROLES)[number];

/** API commands by the least role that may give them. */
export type FsLists = Readonly<Record<FsRole, readonly string[]>>;

/**
 * What is allowed without being configured: looking for viewers, acting on calls for operators, acting on the switch
 * for admins. What lets the one who gives it run programs, applications or other commands, write files or read
 * secrets of others is in none of the lists.
 */
export const DEFAULT_FS_LISTS = {
  viewer: [
    'status',
    'version',
    'uptime',
    'hostname',
    'switchname',
    'show',
    'sofia status',
    'sofia xmlstatus',
    'sofia_count_reg',
    'module_exists',
    'domain_exists',
    'user_exists',
    'in_group',
    'uuid_exists',
    'acl',
    'limit_usage',
    'strepoch',
    'callcenter_config queue list',
    'callcenter_config queue count',
    'callcenter_config agent list',
    'callcenter_config tier list',
    'conference * list',
    'fifo count',
    'fsctl ready_check',
    'fsctl pause_check',
    'fsctl shutdown_check',
    'fsctl last_sps',
  ],
  operator: [
    'list_users',
    'uuid_answer',
    'uuid_audio',
    'uuid_break',
    'uuid_bridge',
    'uuid_buglist',
    'uuid_display',
    'uuid_dump',
    'uuid_flush_dtmf',
    'uuid_getvar',
    'uuid_hold',
    'uuid_jitterbuffer',
    'uuid_kill',
    'uuid_loglevel',
    'uuid_media',
    'uuid_park',
    'uuid_phone_event',
    'uuid_pre_answer',
    'uuid_recv_dtmf',
    'uuid_ring_ready',
    'uuid_send_dtmf',
    'uuid_simplify',
    'uuid_transfer',
    'sched_hangup',
    'callcenter_config agent set status',
    'callcenter_config agent set state',
    'fifo list',
    'conference * kick',
    'conference * mute',
    'conference * unmute',
    'conference * deaf',
    'conference * undeaf',
    'conference * lock',
    'conference * unlock',
  ],
  admin: [
    'reloadacl',
    'reloadxml',
    'load mod_*',
    'sofia profile * rescan',
    'sofia profile * start',
    'sofia profile * gwlist',
    'sofia profile * startgw',
    'sofia profile * killgw',
    'sofia profile * register',
    'sofia profile * unregister',
    'sofia profile * check_sync',
    'sofia profile * flush_inbound_reg',
    'sofia profile * siptrace',
    'sofia global siptrace',
    'sofia loglevel',
    'fsctl pause',
    'fsctl resume',
    'fsctl loglevel',
    'fsctl debug_level',
    'fsctl sps',
    'fsctl max_sessions',
    'fsctl sync_clock',
    'global_getvar',
    'xml_locate',
    'limit_status',
    'limit_reset',
    'sched_del',
    'xml_flush_cache',
    'db_cache status',
    'nat_map status',
    'memory',
  ],
} as const satisfies FsLists;

/**
 * Commands with which one may do anything, or lose everything: run a program, an application or another command,
 * write a file, read secrets, end all calls. No wildcard means them; a list has to name them.
 */
const NAMED_ONLY: ReadonlySet<string> = new Set(
  (
    'system bg_system spawn bg_spawn spawn_stream shutdown ... fsctl hupall load unload reload alias ' +
    'bgapi eval expand xml_wrap json cond sched_api sched_broadcast sched_transfer unsched_api ' +
    'originate uuid_broadcast event_channel_broadcast uuid_setvar uuid_setvar_multi uuid_dual_transfer ' +
    'uuid_record uuid_displace uuid_fileman uuid_capture_text uuid_preprocess uuid_debug_media uuid_chat ' +
    'uuid_deflect uuid_redirect uuid_zombie_exec global_setvar global_getvar getenv user_data xml_locate ' +
    'lua luarun python pyrun perl perlrun js jsrun jsapi jsmon java managed managedrun ' +
    'curl curl_sendfile http_get http_put http_tryget http_clear_cache httapi shell redis hiredis_raw memcache odbc db hash'
  ).split(' '),
);

const UUID_TRANSFER =
  /^uuid_transfer [\w-]+(?: -(?:bleg|both))? [^\s'"\\-][^\s'"\\]*(?: XML(?: [^\s'"\\]+)?)?$/i;

/** One line of a list: words from the beginning of a command; `*` stands for any word, or for a part of one. */
interface Entry {
  readonly words: readonly RegExp[];
  /** The command that it names, when it does so without a wildcard. */
  readonly names: string | undefined;
}

/** An entry that stands for all of `DEFAULT_FS_LISTS` of its role. */
export const FS_DEFAULTS = 'defaults';

/** What is wrong with an entry of a list, or undefined. */
export function fsEntryFault(text: string): string | undefined {
  if (text.trim() === '') return 'is empty';
  if (text !== text.trim() || / {2}/.test(text)) return 'has blanks at its ends or two in a row';
  // eslint-disable-next-line no-control-regex -- those are what is refused
  if (/[\u0000-\u001f\u007f'"\\]/.test(text)) return 'has a quote, a backslash or a control character';
  return undefined;
}

/**
 * Who may give which API command. A higher role may what a lower one may. An entry allows every command that begins
 * with its words: `sofia status` allows `sofia status profile internal`, not `sofia profile internal restart`.
 */
export class FsCommands {
  readonly #entries: Readonly<Record<FsRole, readonly Entry[]>>;

  constructor(lists: FsLists) {
    const own = (role: FsRole): Entry[] =>
      lists[role].flatMap((text) => (text === FS_DEFAULTS ? DEFAULT_FS_LISTS[role] : [text])).map(entryOf);
    const viewer = own('viewer');
    const operator = [...viewer, ...own('operator')];
    this.#entries = { viewer, operator, admin: [...operator, ...own('admin')] };
  }

  /**
   * The command as it may be sent.
   * @throws AppError `unsafe_command`, `command_refused`
   */
  check(role: FsRole, text: string): string {
    const command = text.trim();
    // eslint-disable-next-line no-control-regex -- those are what is refused
    if (/[\u0000-\u001f\u007f]/.test(command))
      throw new AppError('unsafe_command', 'The command must be one line without control characters.');
    if (command === '') throw new AppError('usage', 'The command is empty.');
    if (this.#entries[role].some((entry) => covers(entry, command))) return command;
    const name = JSON.stringify(command.split(' ', 2).join(' ').slice(0, 64));
    const least = FS_ROLES.find((other) => this.#entries[other].some((entry) => covers(entry, command)));
    throw new AppError(
      'command_refused',
      least === undefined ? `No role may give ${name}.` : `${name} needs the role ${least}; this is ${role}.`,
    );
  }
}

function entryOf(text: string): Entry {
  const words = text.split(' ');
  const first = words[0] ?? '';
  return {
    words: words.map(wordPattern),
    names: first.includes('*') ? undefined : first.toLowerCase(),
  };
}

function wordPattern(word: string): RegExp {
  if (word === '*') return /^/;
  const parts = word.split('*').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('[\\w.-]*')}$`, 'i');
}

function covers(entry: Entry, command: string): boolean {
  const words = command.split(/ +/);
  // FreeSWITCH looks commands up without regard to case (switch_loadable_module.c: api_hash is one without case).
  const name = (words[0] ?? '').toLowerCase();
  if (entry.names === undefined && NAMED_ONLY.has(name)) return false;
  // It takes quoted blanks for a part of a word, and `^^:` for "colons instead of blanks" (switch_utils.c
  // switch_separate_string): then its second and third word are not ours.
  if (entry.words.length > 1 && /['"\\]|\^\^/.test(command)) return false;
  // Any other dialplan may be `inline`, which is a list of applications, `system` among them.
  if (name === 'uuid_transfer' && entry.words.length < 4 && !UUID_TRANSFER.test(command)) return false;
  return entry.words.every((pattern, index) => {
    const word = words[index];
    return word !== undefined && pattern.test(word);
  });
}

/** The command as it may be kept: what callers pressed, and what looks like a secret, is masked. */
export function fsCommandToShow(command: string): string {
  const words = command.trim().split(/ +/);
  const shown = /^uuid_(send|recv)_dtmf$/i.test(words[0] ?? '')
    ? [...words.slice(0, 2), '[redacted]']
    : words;
  return shown
    .join(' ')
    .replaceAll(
      /(?<![\w.-])((?=[\w.-]*(?:pass|secret|token|pin|credential))[\w.-]+[=: ])[^\s,}\]]+/gi,
      '$1[redacted]',
    )
    .slice(0, 500);
}
