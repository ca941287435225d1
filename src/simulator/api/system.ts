import { BlockList, isIP } from 'node:net';

import { equalsIgnoringCase, separate, toInteger } from '../text.js';
import type { Core } from '../core.js';
import { AppError } from '../../errors.js';
import { fromBytes, toBytes } from '../text.js';
import type { Api } from './api.js';

function plural(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

function status(core: Core): string {
  const up = core.clock.now() - core.startedAtMs;
  const seconds = Math.floor(up / 1000);
  const parts = [
    plural(0, 'year'),
    plural(Math.floor(seconds / 86_400), 'day'),
    plural(Math.floor(seconds / 3600) % 24, 'hour'),
    plural(Math.floor(seconds / 60) % 60, 'minute'),
    plural(seconds % 60, 'second'),
    plural(Math.floor(up) % 1000, 'millisecond'),
    plural(Math.floor(up * 1000) % 1000, 'microsecond'),
  ];
  return (
    `UP ${parts.join(', ')}\n` +
    'FreeSWITCH (Version 1.10.12-release  64bit) is ready\n' +
    `${core.sessionsSinceStart} session(s) since startup\n` +
    `${core.channels.size} session(s) - peak ${core.channels.size}, last 5min ${core.channels.size} \n` +
    '0 session(s) per Sec out of max 2000, peak 0, last 5min 0 \n' +
    '5000 session(s) max\n' +
    'min idle cpu 0.00/100.00\n' +
    'Current Stack Size/Max 240K/8192K\n'
  );
}

/** The lists that FreeSWITCH makes by itself. */
const NETWORKS: Readonly<Record<string, readonly string[]>> = {
  'loopback.auto': ['127.0.0.0/8', '::1/128'],
  'rfc1918.auto': ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'],
  'rfc6598.auto': ['100.64.0.0/10'],
  'localnet.auto': ['127.0.0.0/8'],
  'nat.auto': ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'],
  'any_v4.auto': ['0.0.0.0/0'],
  'any_v6.auto': ['::/0'],
};

function acl(_core: Core, args: string): string {
  const [address, list] = separate(args, ' ', 3);
  if (address === undefined || list === undefined) return 'false';
  const networks = NETWORKS[list] ?? (list.includes('/') ? [list] : []);
  const version = isIP(address);
  if (version === 0) return 'false';
  const block = new BlockList();
  for (const network of networks) {
    const [base = '', bits = ''] = network.split('/');
    const family = isIP(base);
    if (family !== 0) block.addSubnet(base, toInteger(bits), family === 6 ? 'ipv6' : 'ipv4');
  }
  return String(block.check(address, version === 6 ? 'ipv6' : 'ipv4'));
}

function scheduleApi(core: Core, args: string): string {
  const match = /^(\S+) (\S+) (.+?)(&?)$/s.exec(args);
  if (match === null) return '-ERR Invalid syntax. USAGE: [+@]<time> <group_name> <command_string>[&]\n';
  const [, time = '', group = '', command = ''] = match;
  const every = time.startsWith('@') ? toInteger(time.slice(1)) : 0;
  let delay = toInteger(time) - core.clock.seconds();
  if (time.startsWith('+')) delay = toInteger(time.slice(1));
  else if (every > 0) delay = every;
  const id = core.scheduler.add(group, delay, every, () => void runCommand(core, command));
  return `+OK Added: ${id}\n`;
}

/** Runs an API command from its one-line form; undefined when there is none of that name. */
async function runCommand(core: Core, command: string): Promise<string | undefined> {
  const space = command.indexOf(' ');
  const api = core.apis.get(space < 0 ? command : command.slice(0, space));
  try {
    return await api?.(core, space < 0 ? '' : command.slice(space + 1));
  } catch (error) {
    core.onDefect(error);
    return undefined;
  }
}

function reload(core: Core): string | undefined {
  try {
    core.reload();
    return undefined;
  } catch (error) {
    if (error instanceof AppError) return toBytes(error.detail);
    throw error;
  }
}

/** Commands about the switch itself. */
export const systemApis: Readonly<Record<string, Api>> = {
  status,
  version: (_core, args) =>
    args.includes('short') ? '1.10.12-release\n' : 'FreeSWITCH Version 1.10.12-release~64bit ( 64bit)\n',
  uptime: (core) => String(Math.floor((core.clock.now() - core.startedAtMs) / 1000)),
  hostname: () => 'simulator',
  switchname: () => 'simulator',
  acl,
  sched_api: scheduleApi,
  sched_del: (core, args) => {
    const deleted = /^\d+$/.test(args)
      ? core.scheduler.deleteId(toInteger(args))
      : core.scheduler.deleteGroup(args);
    return `+OK Deleted: ${deleted}\n`;
  },
  reloadacl: (core) => {
    const error = reload(core);
    return error === undefined ? '+OK acl reloaded\n' : `-ERR [${error}]\n`;
  },
  // Answers +OK even when it failed.
  reloadxml: (core) => `+OK [${reload(core) ?? 'Success'}]\n`,
  global_getvar: (core, args) => core.globals.get(args) ?? '',
  global_setvar: (core, args) => {
    const equals = args.indexOf('=');
    core.globals.set(equals < 0 ? args : args.slice(0, equals), equals < 0 ? '' : args.slice(equals + 1));
    return '+OK\n';
  },
  create_uuid: (core) => core.newUuid(),
  module_exists: () => 'true',
  log: (core, args, channel) => {
    if (channel !== undefined) core.onLog('INFO', fromBytes(args), channel);
    return '+OK\n';
  },
  user_exists: (core, args) => {
    const [key = '', id, domain] = separate(args, ' ', 3);
    const found = core.configuration.users.some((user) => user.id === id && user.domain === domain);
    return String(equalsIgnoringCase(key, 'id') && found);
  },
  user_data: (core, args) => {
    const [who = '', kind, name] = separate(args, ' ', 3);
    const user = core.configuration.users.find((each) => `${each.id}@${each.domain}` === who);
    if (kind === 'param' && name === 'dial-string') return user?.dialString ?? '';
    return user?.variables.find(([other]) => other === name)?.[1] ?? '';
  },
};
