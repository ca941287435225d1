import type { Argument, Command, Option } from 'commander';

/** What a shell must know of a command to complete it. */
export interface CommandNode {
  /** The words before it: ` acl add`; `''` for the program itself. */
  readonly path: string;
  readonly name: string;
  readonly description: string;
  readonly commands: readonly CommandNode[];
  readonly options: readonly OptionNode[];
  /** Values of its first argument, where they are listed. */
  readonly choices: readonly string[];
  readonly takesArgument: boolean;
}

export interface OptionNode {
  /** `--config`, `-c` */
  readonly flags: readonly string[];
  readonly description: string;
  readonly value: 'none' | 'file' | 'choice' | 'text';
  readonly choices: readonly string[];
}

const FILE = /<(file|dir|folder|path)>/;

/** The command and all below it that users see. */
export function commandTree(command: Command, path = ''): CommandNode {
  const help = command.createHelp();
  const [argument] = help.visibleArguments(command).length > 0 ? command.registeredArguments : [];
  return {
    path,
    name: command.name(),
    description: command.description(),
    commands: help.visibleCommands(command).map((below) => commandTree(below, `${path} ${below.name()}`)),
    options: help.visibleOptions(command).map(optionNode),
    choices: choicesOf(argument),
    takesArgument: command.registeredArguments.length > 0,
  };
}

/** The node and all below it. */
export function allNodes(node: CommandNode): CommandNode[] {
  return [node, ...node.commands.flatMap(allNodes)];
}

function optionNode(option: Option): OptionNode {
  const takesValue = option.required || option.optional;
  const choices = option.argChoices ?? [];
  const value = !takesValue
    ? 'none'
    : choices.length > 0
      ? 'choice'
      : FILE.test(option.flags)
        ? 'file'
        : 'text';
  return {
    flags: [option.long, option.short].filter((flag) => typeof flag === 'string'),
    description: option.description,
    value,
    choices,
  };
}

function choicesOf(argument: Argument | undefined): readonly string[] {
  return argument?.argChoices ?? [];
}
