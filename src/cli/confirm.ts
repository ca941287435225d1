import { Option } from 'commander';
import { AppError } from '../errors.js';
import type { Cli } from './cli.js';
import { printable } from './print-error.js';

export interface YesFlag {
  readonly yes?: boolean;
}

export function yesOption(): Option {
  return new Option('-y, --yes', 'do not ask');
}

/**
 * Before something that can't be taken back.
 * @param what what would be done, as a sentence without an end: `Hang up 3 calls`
 * @throws AppError `confirmation_needed` where nobody can be asked; `not_confirmed`
 */
export async function confirm(cli: Cli, what: string, flags: YesFlag): Promise<void> {
  if (flags.yes === true) return;
  if (cli.ask === undefined) throw new AppError('confirmation_needed', `${what}?`);
  const answer = await cli.ask(`${printable(what)}? [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim())) throw new AppError('not_confirmed', `${what}.`);
}
