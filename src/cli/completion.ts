import { Argument, Command } from 'commander';
import type { Cli } from './cli.js';
import { bashCompletion } from './completion/bash.js';
import { commandTree } from './completion/command-tree.js';
import type { CommandNode } from './completion/command-tree.js';
import { fishCompletion } from './completion/fish.js';
import { zshCompletion } from './completion/zsh.js';
import { EXIT } from './exit-code.js';

const SHELLS: Readonly<Record<string, (root: CommandNode) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

export function completionCommand(cli: Cli, program: () => Command): Command {
  return new Command('completion')
    .description('Print what a shell needs to complete the commands.')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(SHELLS)))
    .addHelpText(
      'after',
      `
bash: source <(switchhook completion bash) in ~/.bashrc. zsh: the same in ~/.zshrc behind compinit, or as a file
_switchhook in a folder of $fpath. fish: switchhook completion fish > ~/.config/fish/completions/switchhook.fish

Example:
  source <(switchhook completion bash)`,
    )
    .action((shell: string) => {
      cli.out(SHELLS[shell]?.(commandTree(program())) ?? '');
      cli.exitCode = EXIT.ok;
    });
}
