import { Command, Option } from 'commander';
import type { AddRequest } from '../../acl/service.js';
import { AppError } from '../../errors.js';
import { daemonOptions } from '../api-client.js';
import type { Cli } from '../cli.js';
import { confirm, yesOption } from '../confirm.js';
import type { YesFlag } from '../confirm.js';
import { EXIT } from '../exit-code.js';
import { printJson } from '../print-json.js';
import { aclBackend } from './backend.js';
import type { AclBackend, AclFlags } from './backend.js';
import { printApplied, printCheck, printEdit, printList, printLists, printTest } from './print.js';

interface EditFlags extends AclFlags, YesFlag {
  readonly dryRun?: boolean;
}

interface AddFlags extends EditFlags {
  readonly deny?: boolean;
  readonly comment?: string;
  readonly port?: string;
  readonly create?: 'allow' | 'deny';
}

interface TestFlags extends AclFlags {
  readonly port?: string;
}

export function aclCommand(cli: Cli): Command {
  return new Command('acl')
    .description("Look at, edit, test and apply FreeSWITCH's access lists.")
    .addCommand(listsCommand(cli))
    .addCommand(showCommand(cli))
    .addCommand(addCommand(cli))
    .addCommand(removeCommand(cli))
    .addCommand(testCommand(cli))
    .addCommand(checkCommand(cli))
    .addCommand(applyCommand(cli));
}

function command(name: string): Command {
  return daemonOptions(new Command(name)).addOption(
    new Option('--switch <name>', 'which switch; may be left out while one is configured'),
  );
}

/** A command that works on a file without a daemon, too. */
function fileCommand(name: string): Command {
  return command(name)
    .option('-f, --file <file>', 'work on this acl.conf.xml, without a daemon')
    .option('--conf <dir>', "with --file: FreeSWITCH's configuration around it, for variables and domains");
}

function listsCommand(cli: Cli): Command {
  return fileCommand('lists')
    .description('Show the lists, and those that FreeSWITCH makes itself.')
    .addHelpText(
      'after',
      '\nExample:\n  switchhook acl lists --file /etc/freeswitch/autoload_configs/acl.conf.xml',
    )
    .action(async (flags: AclFlags) => {
      const lists = await aclBackend(cli, flags).lists();
      if (flags.json === true) printJson(cli, lists);
      else printLists(cli, lists);
    });
}

function showCommand(cli: Cli): Command {
  return fileCommand('show')
    .description('Show the entries of a list and what is wrong with them.')
    .argument('<list>', 'its name')
    .addHelpText('after', '\nExample:\n  switchhook acl show domains')
    .action(async (list: string, flags: AclFlags) => {
      const content = await aclBackend(cli, flags).show(list);
      if (flags.json === true) printJson(cli, content);
      else printList(cli, content);
    });
}

function addCommand(cli: Cli): Command {
  return fileCommand('add')
    .description('Add a network to a list.')
    .argument('<list>', 'its name')
    .argument('<cidr>', 'an address or network: 192.0.2.7, 192.0.2.0/24, 2001:db8::/32')
    .option('--deny', 'the entry denies; without it, it allows')
    .option('--comment <text>', 'a comment beside the entry')
    .option('--port <ports>', 'only for these ports: 5060, 5060,5080 or 5060-5070')
    .addOption(
      new Option('--create <default>', 'make the list with this default when there is none').choices([
        'allow',
        'deny',
      ]),
    )
    .option('--dry-run', 'only show what would be changed')
    .addOption(yesOption())
    .addHelpText(
      'after',
      `
Nothing else in the file changes; the file as it was is kept beside it (.bak). It says when the entry changes
nothing, and asks when it opens the list to a large part of the world. FreeSWITCH takes it over by
switchhook acl apply.

Example:
  switchhook acl add carriers 192.0.2.0/24 --comment "carrier, second site"`,
    )
    .action(async (list: string, cidr: string, flags: AddFlags) => {
      const request: AddRequest = {
        cidr,
        type: flags.deny === true ? 'deny' : 'allow',
        comment: flags.comment,
        ports: flags.port,
        create: flags.create,
        dryRun: flags.dryRun,
      };
      const edit = await addConfirmed(cli, aclBackend(cli, flags), list, request, flags);
      if (flags.json === true) printJson(cli, edit);
      else printEdit(cli, edit, flags.dryRun === true);
    });
}

/** What opens a list to the world is asked for once more. */
async function addConfirmed(
  cli: Cli,
  backend: AclBackend,
  list: string,
  request: AddRequest,
  flags: AddFlags,
): ReturnType<AclBackend['add']> {
  try {
    return await backend.add(list, { ...request, force: flags.yes === true });
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'acl_opens_world') throw error;
    await confirm(cli, `Adding ${request.cidr} ${error.detail}. Add it`, flags);
    return await backend.add(list, { ...request, force: true });
  }
}

function removeCommand(cli: Cli): Command {
  return fileCommand('remove')
    .description('Remove a network from a list.')
    .argument('<list>', 'its name')
    .argument('<cidr>', 'an address or network, or an entry as it is written')
    .option('--dry-run', 'only show what would be changed')
    .addOption(yesOption())
    .addHelpText(
      'after',
      `
The entry goes with its line and a comment beside it. Nothing else in the file changes.

Example:
  switchhook acl remove carriers 192.0.2.0/24 --yes`,
    )
    .action(async (list: string, cidr: string, flags: EditFlags) => {
      const backend = aclBackend(cli, flags);
      if (flags.dryRun !== true) await confirm(cli, `Remove ${cidr} from ${list}`, flags);
      const edit = await backend.remove(list, { cidr, dryRun: flags.dryRun });
      if (flags.json === true) printJson(cli, edit);
      else printEdit(cli, edit, flags.dryRun === true);
    });
}

function testCommand(cli: Cli): Command {
  return fileCommand('test')
    .description('Say what lists make of an address, which entry decides, and whether FreeSWITCH agrees.')
    .argument('<ip>', 'the address')
    .argument('[list]', 'one list, or networks such as 192.0.2.0/24; without it, every list')
    .option('--port <port>', 'as for a SIP profile with use-port-for-acl-check')
    .addHelpText(
      'after',
      `
Exit code 0 when the list allows the address, 1 when it does not, or when FreeSWITCH says otherwise. Without a list:
1 only when FreeSWITCH says otherwise.

Example:
  switchhook acl test 192.0.2.7 carriers`,
    )
    .action(async (ip: string, list: string | undefined, flags: TestFlags) => {
      const port = Number(flags.port ?? 0);
      if (!Number.isInteger(port) || port < 0 || port > 65_535)
        throw new AppError('usage', '--port: expected a port');
      const answer = await aclBackend(cli, flags).test(ip, list, port);
      if (flags.json === true) printJson(cli, answer);
      else printTest(cli, answer);
      const differs = answer.tests.some(({ agrees }) => agrees === false);
      const denied =
        list !== undefined && answer.tests.some((test) => (test.freeswitch ?? test.answer) !== 'allow');
      cli.exitCode = differs || denied ? EXIT.failed : EXIT.ok;
    });
}

function checkCommand(cli: Cli): Command {
  return fileCommand('check')
    .description('Find what FreeSWITCH would silently skip or misread.')
    .addHelpText(
      'after',
      `
Exit code 1 when there is an error; warnings don't make it fail.

Example:
  switchhook acl check --file acl.conf.xml`,
    )
    .action(async (flags: AclFlags) => {
      const checked = await aclBackend(cli, flags).check();
      if (flags.json === true) printJson(cli, checked);
      else printCheck(cli, checked);
      cli.exitCode = checked.errors > 0 ? EXIT.failed : EXIT.ok;
    });
}

function applyCommand(cli: Cli): Command {
  return command('apply')
    .description('Make FreeSWITCH read its lists; the file goes back to how it was when it refuses.')
    .addOption(yesOption())
    .addHelpText(
      'after',
      `
FreeSWITCH reads its whole configuration for that, the dialplan too (reloadacl). Afterwards its answers are compared
with what the file says. Exit code 1 when it refuses, or when the answers differ.

Example:
  switchhook acl apply --yes`,
    )
    .action(async (flags: AclFlags & YesFlag) => {
      const backend = aclBackend(cli, flags);
      await confirm(cli, 'Make FreeSWITCH read its configuration and build its lists anew', flags);
      const applied = await backend.apply();
      if (flags.json === true) printJson(cli, applied);
      else printApplied(cli, applied);
      cli.exitCode = applied.differences.length > 0 ? EXIT.failed : EXIT.ok;
    });
}
