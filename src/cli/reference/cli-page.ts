import type { Command, Option } from 'commander';
import { EXIT_CODES } from '../exit-code.js';
import { code, page, table } from './markdown.js';

/** docs/reference/cli.md, from the commands themselves. */
export function cliPage(program: Command): string {
  const help = program.createHelp();
  const commands = help.visibleCommands(program);
  return page(
    '# Command line',
    program.description(),
    table(
      ['Command', 'What it does'],
      commands.map((command) => [`[${code(command.name())}](#${command.name()})`, command.description()]),
    ),
    'Results go to standard output, everything else to standard error. An error is one line, `error <code>: what happened — where`, and below it what to do; the codes are those of [errors.md](errors.md). `SWITCHHOOK_DEBUG=1` adds a stack trace.',
    ...commands.flatMap((command) => commandSections(command)),
    '## Exit codes',
    table(
      ['Code', 'Meaning'],
      EXIT_CODES.map(({ code: number, meaning }) => [String(number), meaning]),
    ),
  );
}

/** The command and those below it. */
function commandSections(command: Command, before = ''): string[] {
  const help = command.createHelp();
  const name = `${before}${command.name()}`;
  const below = help.visibleCommands(command).flatMap((one) => commandSections(one, `${name} `));
  return [commandSection(command, name, help.visibleOptions(command)), ...below];
}

function commandSection(command: Command, name: string, options: readonly Option[]): string {
  const usage = `switchhook ${name} ${command.usage()}`;
  const rows = options.map((option) => [code(option.flags), optionText(option)]);
  return [
    `${name.includes(' ') ? '###' : '##'} ${name}`,
    command.description(),
    fenced(usage),
    table(['Option', 'Meaning'], rows),
    moreHelp(command),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function optionText(option: Option): string {
  const fallback: unknown = option.defaultValue;
  const shown =
    fallback === undefined || typeof fallback === 'object' ? '' : ` (default: ${JSON.stringify(fallback)})`;
  return `${option.description}${shown}`;
}

/** What `addHelpText('after', …)` added: commander hands it out only while it writes help. */
function moreHelp(command: Command): string {
  let written = '';
  const before = command.configureOutput();
  command.configureOutput({ ...before, writeOut: (text) => (written += text) });
  command.outputHelp();
  command.configureOutput(before);
  const more = written.slice(command.helpInformation().length).trim();
  const [prose = '', example] = more.split(/^Example:\n/m);
  return [prose.trim(), example === undefined ? '' : fenced(example.replaceAll(/^ {2}/gm, '').trim())]
    .filter((part) => part !== '')
    .join('\n\n');
}

function fenced(text: string): string {
  return `\`\`\`sh\n${text}\n\`\`\``;
}
