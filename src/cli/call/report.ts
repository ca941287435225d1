import type { Cli } from '../cli.js';
import { EXIT } from '../exit-code.js';
import { printable } from '../print-error.js';
import { printJson } from '../print-json.js';

/** That it was done, in words or as JSON. */
export function reportDone(
  cli: Cli,
  flags: { readonly json?: boolean },
  answer: unknown,
  words: string,
): void {
  if (flags.json === true) printJson(cli, answer);
  else cli.out(`${printable(words)}\n`);
  cli.exitCode = EXIT.ok;
}
