import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../src/errors.js';
import {
  DEFAULT_FS_LISTS,
  FS_ROLES,
  FsCommands,
  fsCommandToShow,
  fsEntryFault,
} from '../../../src/switch/fs-commands.js';
import type { FsRole } from '../../../src/switch/fs-commands.js';

const DEFAULTS = { viewer: ['defaults'], operator: ['defaults'], admin: ['defaults'] };

function verdict(commands: FsCommands, role: FsRole, command: string): string {
  try {
    commands.check(role, command);
    return 'allowed';
  } catch (error) {
    return error instanceof AppError ? error.code : String(error);
  }
}

/** The least role that may, with the built-in lists. */
function least(command: string): FsRole | 'nobody' {
  const commands = new FsCommands(DEFAULTS);
  return FS_ROLES.find((role) => verdict(commands, role, command) === 'allowed') ?? 'nobody';
}

describe('the built-in lists', () => {
  it.each([
    ['status', 'viewer'],
    ['show channels as json', 'viewer'],
    ['sofia status profile internal reg', 'viewer'],
    ['SOFIA Status', 'viewer'],
    ['conference 3000 list', 'viewer'],
    ['uuid_kill 1234 USER_BUSY', 'operator'],
    ['uuid_transfer 1234 1000', 'operator'],
    ['uuid_transfer 1234 -bleg 1000 XML default', 'operator'],
    ['callcenter_config agent set status a@b Available', 'operator'],
    ['sofia profile internal rescan', 'admin'],
    ['load mod_hash', 'admin'],
    ['fsctl sps 200', 'admin'],
    ['global_getvar domain', 'admin'],
  ])('%s: %s', (command, role) => {
    expect(least(command)).toBe(role);
  });

  it.each([
    'system id',
    'SYSTEM id',
    'bg_system id',
    'lua x.lua',
    'fsctl shutdown',
    'fsctl crash',
    'fsctl',
    'hupall',
    '...',
    'shutdown',
    'load /tmp/evil.so',
    'load mod_hash/../../../../tmp/evil',
    'unload mod_sofia',
    'reload mod_sofia',
    'sofia profile internal restart',
    'sofia profile internal stop',
    'sofia profile restart all',
    'originate user/1 &system(id)',
    'originate null/x system:id inline',
    'bgapi system id',
    'expand system id',
    'eval ${system(id)}',
    'xml_wrap system id',
    'json {"command":"system"}',
    'sched_api +1 none system id',
    'sched_broadcast +1 1234 system::id',
    'uuid_broadcast 1234 system::id',
    'uuid_setvar 1234 api_hangup_hook system id',
    'uuid_record 1234 start /etc/cron.d/x',
    'uuid_transfer 1234 system:id inline',
    'uuid_transfer 1234 system:id INLINE',
    "uuid_transfer 1234 'system:touch /x' inline",
    'uuid_transfer 1234 system:id XML,inline',
    'uuid_transfer 1234 -both system:id inline',
    'uuid_transfer 1234 1000 LUA',
    'uuid_transfer ^^:1234:system\\:id:inline x',
    'uuid_transferx 1234',
    'callcenter_config agent set contact a loopback/app=system:id',
    'conference list',
    'conference list dial sofia/external/1@evil',
    "conference 'x list' dial sofia/external/1@evil",
    'conference ^^:3000:dial:sofia/external/1@evil list',
    'conference 3000 dial sofia/external/1@evil',
    'sofia  statusx',
    'statusx',
    'user_data 1000@x param password',
    'getenv HOME',
  ])('nobody may: %s', (command) => {
    expect(least(command)).toBe('nobody');
  });

  it('hold only what a configuration could hold', () => {
    for (const text of FS_ROLES.flatMap((role) => DEFAULT_FS_LISTS[role]))
      expect(fsEntryFault(text)).toBeUndefined();
  });
});

describe('lists of the configuration', () => {
  it('replace the built-in ones, unless these are named', () => {
    const commands = new FsCommands({ viewer: ['version'], operator: [], admin: ['defaults', 'originate'] });
    expect(verdict(commands, 'viewer', 'status')).toBe('command_refused');
    expect(verdict(commands, 'viewer', 'version')).toBe('allowed');
    expect(verdict(commands, 'operator', 'uuid_kill 1')).toBe('command_refused');
    expect(verdict(commands, 'admin', 'reloadacl')).toBe('allowed');
    expect(verdict(commands, 'admin', 'originate user/1 &park')).toBe('allowed');
    expect(verdict(commands, 'operator', 'originate user/1 &park')).toBe('command_refused');
  });

  it('mean by a wildcard no command with which one may do anything', () => {
    const commands = new FsCommands({ viewer: ['*'], operator: ['uuid_*'], admin: ['system'] });
    expect(verdict(commands, 'viewer', 'acl 1.2.3.4 lan')).toBe('allowed');
    for (const command of ['system id', 'Originate x y', 'uuid_setvar 1 a b', 'lua x', 'fsctl shutdown'])
      expect(verdict(commands, 'operator', command)).toBe('command_refused');
    expect(verdict(commands, 'admin', 'system id')).toBe('allowed');
  });

  it('allow a transfer into another dialplan where it is named', () => {
    const commands = new FsCommands({ viewer: [], operator: ['uuid_transfer * * inline'], admin: [] });
    expect(verdict(commands, 'operator', 'uuid_transfer 1234 park inline')).toBe('allowed');
    expect(verdict(commands, 'operator', 'uuid_transfer 1234 park LUA')).toBe('command_refused');
  });

  it('say which role could', () => {
    const commands = new FsCommands(DEFAULTS);
    expect(() => commands.check('viewer', 'reloadacl')).toThrow(/needs the role admin; this is viewer/);
    expect(() => commands.check('admin', 'system id')).toThrow(/No role may give "system id"/);
  });

  it.each(['', ' status', 'sofia  status', 'a\nb', "a'b", 'a\\b'])('refuse the entry %j', (text) => {
    expect(fsEntryFault(text)).toBeDefined();
  });
});

it('lets nothing pass that is more than one line', () => {
  const commands = new FsCommands({ viewer: ['status', '*'], operator: [], admin: [] });
  fc.assert(
    fc.property(fc.string(), fc.constantFrom('\n', '\r', '\0', '\t', '\u007f'), fc.string(), (a, sign, b) => {
      expect(verdict(commands, 'admin', `x${a}${sign}${b}x`)).toBe('unsafe_command');
    }),
  );
  expect(verdict(commands, 'viewer', '   ')).toBe('usage');
});

it('keeps neither digits nor secrets', () => {
  expect(fsCommandToShow('uuid_send_dtmf 1234 4711#')).toBe('uuid_send_dtmf 1234 [redacted]');
  expect(fsCommandToShow('global_setvar default_password=hunter2')).toBe(
    'global_setvar default_password=[redacted]',
  );
  expect(fsCommandToShow('originate {sip_auth_password=hunter2,x=1}user/1 &park')).toBe(
    'originate {sip_auth_password=[redacted],x=1}user/1 &park',
  );
  expect(fsCommandToShow('sofia status')).toBe('sofia status');
});
