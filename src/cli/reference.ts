import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { AppError } from '../errors.js';
import type { Cli } from './cli.js';
import { EXIT } from './exit-code.js';
import { actionsPage } from './reference/actions-page.js';
import { cliPage } from './reference/cli-page.js';
import { configurationPage } from './reference/configuration-page.js';
import { errorsPage } from './reference/errors-page.js';
import {
  actionsSchema,
  callbackSchema,
  configurationSchema,
  flowCasesSchema,
  flowFileSchema,
  functionsSchema,
  requestSchema,
} from './reference/schemas.js';

interface ReferenceFlags {
  readonly write?: boolean;
  readonly check?: boolean;
}

/** @param program makes the command line to describe */
export function referenceCommand(cli: Cli, program: () => Command): Command {
  return new Command('reference')
    .description(
      "Write or check the generated files of this package: docs/reference and schemas. For switchhook's own development.",
    )
    .option('--write', 'write the files')
    .option('--check', 'fail when a file differs from what would be written')
    .addHelpText(
      'after',
      `
Example:
  switchhook reference --check`,
    )
    .action((flags: ReferenceFlags) => {
      if ((flags.write === true) === (flags.check === true)) {
        throw new AppError('usage', 'reference takes either --write or --check');
      }
      cli.exitCode = flags.write === true ? write(cli, program()) : check(cli, program());
    });
}

/** Path from the root of the package → content. */
export function referenceFiles(program: Command): ReadonlyMap<string, string> {
  const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
  return new Map([
    ['docs/reference/errors.md', errorsPage()],
    ['docs/reference/configuration.md', configurationPage()],
    ['docs/reference/actions.md', actionsPage()],
    ['docs/reference/cli.md', cliPage(program)],
    ['schemas/configuration.schema.json', json(configurationSchema())],
    ['schemas/actions.schema.json', json(actionsSchema())],
    ['schemas/request.schema.json', json(requestSchema())],
    ['schemas/callback.schema.json', json(callbackSchema())],
    ['schemas/functions.schema.json', json(functionsSchema())],
    ['schemas/flow.schema.json', json(flowFileSchema())],
    ['schemas/flow-cases.schema.json', json(flowCasesSchema())],
  ]);
}

function write(cli: Cli, program: Command): number {
  for (const [path, content] of referenceFiles(program)) {
    const file = absolute(path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    cli.out(`${path}\n`);
  }
  return EXIT.ok;
}

function check(cli: Cli, program: Command): number {
  const stale = [...referenceFiles(program)].filter(
    ([path, content]) => readText(absolute(path)) !== content,
  );
  for (const [path] of stale) cli.err(`${path} is not what would be generated: npm run generate\n`);
  return stale.length === 0 ? EXIT.ok : EXIT.failed;
}

function absolute(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // A file that isn't there differs, too.
    return undefined;
  }
}
