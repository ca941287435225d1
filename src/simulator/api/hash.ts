import type { Core } from '../core.js';
import { separate } from '../text.js';
import type { Api } from './api.js';

const USAGE = '-ERR Usage: hash insert|insert_ifempty|select|delete|delete_ifmatch/realm/key[/value]\n';

/** mod_hash.c hash_api_function. */
function hash(core: Core, args: string): string {
  const [operation = '', realm, name, value] = separate(args, '/', 4);
  if (realm === undefined || name === undefined) return USAGE;
  const key = `${realm}_${name}`;
  const { hash: table } = core;
  switch (operation.toLowerCase()) {
    case 'select':
      return table.get(key) ?? '';
    case 'delete':
      return table.delete(key) ? '+OK\n' : '-ERR Not found\n';
    default:
  }
  if (value === undefined) return USAGE;
  switch (operation.toLowerCase()) {
    case 'insert':
      table.set(key, value);
      return '+OK\n';
    case 'insert_ifempty':
      if (table.has(key)) return '-ERR key already exists\n';
      table.set(key, value);
      return '+OK\n';
    case 'delete_ifmatch':
      if (!table.has(key)) return '-ERR Not found\n';
      if (table.get(key) !== value) return "-ERR Doesn't match\n";
      table.delete(key);
      return '+OK\n';
    default:
      return USAGE;
  }
}

/** mod_hash.c hash_dump_function; the simulator has no limits to show. */
function hashDump(core: Core, args: string): string {
  const [what, realm] = separate(args, ' ', 4);
  if (what === 'limit') return '';
  if (what !== 'all' && what !== 'db') return 'Usage: all|limit|db [<realm>]\n';
  return [...core.hash]
    .filter(([key]) => realm === undefined || key.includes(`${realm}_`))
    .map(([key, value]) => `D/${key}/${value}\n`)
    .join('');
}

/** What mod_hash keeps for everybody. */
export const hashApis: Readonly<Record<string, Api>> = { hash, hash_dump: hashDump };
