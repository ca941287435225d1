import type { Cli } from './cli.js';

/** What `--json` prints. */
export function printJson(cli: Pick<Cli, 'out'>, value: unknown): void {
  cli.out(`${JSON.stringify(value, null, 2)}\n`);
}
