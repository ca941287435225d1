import { Option } from 'commander';
import type { Command } from 'commander';
import { AppError } from '../errors.js';

/** The flags of commands that work on files here, or with a running daemon when one is named. */
export interface RemoteFlags {
  readonly daemon?: string;
  readonly tokenFile?: string;
}

export function remoteOptions(command: Command): Command {
  return command
    .addOption(new Option('--daemon <url>', 'ask that running daemon instead of the files here'))
    .addOption(
      new Option('--token-file <file>', 'with --daemon: file with the token (else SWITCHHOOK_TOKEN)'),
    );
}

/**
 * Whether a daemon is meant.
 * @param local flags that name files here
 * @throws AppError `usage`
 */
export function isRemote(
  { daemon, tokenFile }: RemoteFlags,
  local: Readonly<Record<string, unknown>>,
): boolean {
  if (daemon === undefined) {
    if (tokenFile !== undefined) throw new AppError('usage', '--token-file goes with --daemon');
    return false;
  }
  for (const [name, value] of Object.entries(local))
    if (value !== undefined)
      throw new AppError('usage', `${name} does not go with --daemon; the daemon knows its own`);
  return true;
}

/** As it is, or parts of it, all the way down. */
export type Immutable<T> = T extends (infer Item)[]
  ? readonly Immutable<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Immutable<T[Key]> }
    : T;
