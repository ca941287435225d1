import type { Channel } from '../channel.js';
import { channelScope, expandIn } from '../expansion.js';
import { separate } from '../text.js';
import { application, type Application } from './application.js';

type Store = (channel: Channel, name: string, value: string | undefined) => void;

const replace: Store = (channel, name, value) => channel.setVariable(name, value);

const append: Store = (channel, name, value) => {
  if (value === undefined) channel.setVariable(name, undefined);
  else channel.variables.push(name, value);
};

/** base_set of mod_dptools: `name=value` or `name,value`; the value is expanded once more. */
function assign(channel: Channel, data: string, store: Store): void {
  if (data === '') return;
  let at = data.indexOf('=');
  if (at < 0) at = data.indexOf(',');
  const name = at < 0 ? data : data.slice(0, at);
  const value = at < 0 ? '' : data.slice(at + 1);
  store(channel, name, value === '' ? undefined : expandIn(channelScope(channel), value));
}

/**
 * `^^x` at the start makes x the separator; otherwise blanks separate. At most 256 items; quotes and backslashes in
 * them are taken off as everywhere (`switch_split` is `switch_separate_string`).
 */
function items(data: string): string[] {
  return data.startsWith('^^') ? separate(data.slice(3), data.charAt(2), 256) : separate(data, ' ', 256);
}

/** A name with `nolocal:` or `_nolocal_` before it goes to the other leg only, but is kept under that name. */
function exportVariable(channel: Channel, data: string, list: string): void {
  if (data === '') return;
  const equals = data.indexOf('=');
  const name = equals < 0 ? data : data.slice(0, equals);
  const value = equals < 0 || equals === data.length - 1 ? undefined : data.slice(equals + 1);
  const before = channel.getVariable(list);
  channel.setVariable(name, value);
  if (value !== undefined) channel.setVariable(list, before === undefined ? name : `${before},${name}`);
}

const free = { noMedia: true, zombie: true } as const;

export const variableApplications: readonly Application[] = [
  application('set', free, (channel, data) => assign(channel, data, replace)),
  application('push', free, (channel, data) => assign(channel, data, append)),
  application('multiset', free, (channel, data) => {
    for (const item of items(data)) assign(channel, item, replace);
  }),
  application('unset', free, (channel, data) => channel.setVariable(data, undefined)),
  application('multiunset', free, (channel, data) => {
    for (const item of items(data)) channel.setVariable(item, undefined);
  }),
  application('export', free, (channel, data) => exportVariable(channel, data, 'export_vars')),
  application('bridge_export', free, (channel, data) => exportVariable(channel, data, 'bridge_export_vars')),
  application('eval', free, () => undefined),
  application('stop', { noMedia: true }, () => undefined),
  application('set_global', free, (channel, data) => {
    const equals = data.indexOf('=');
    if (data !== '')
      channel.core.globals.set(
        equals < 0 ? data : data.slice(0, equals),
        equals < 0 ? '' : data.slice(equals + 1),
      );
  }),
  application('log', free, (channel, data) => {
    const space = data.indexOf(' ');
    const level = space < 0 ? 'DEBUG' : data.slice(0, space).toUpperCase();
    channel.core.onLog(level, space < 0 ? data : data.slice(space + 1), channel);
  }),
  application('info', free, (channel, data) => {
    channel.core.onLog(data === '' ? 'INFO' : data.toUpperCase(), 'CHANNEL_DATA', channel);
  }),
];
