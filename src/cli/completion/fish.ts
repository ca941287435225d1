import type { CommandNode, OptionNode } from './command-tree.js';
import { allNodes } from './command-tree.js';
import { hint } from './quote.js';

export function fishCompletion(root: CommandNode): string {
  const nodes = allNodes(root);
  const paths = nodes.map(({ path }) => path).filter((path) => path !== '');
  const at = `__${root.name}_at`;
  return `# fish completion of ${root.name}; load it with: ${root.name} completion fish | source
function ${at}
    set -l at ''
    for word in (commandline -opc)[2..-1]
        switch "$at $word"
            case ${paths.map(quoted).join(' ')}
                set at "$at $word"
        end
    end
    test "$at" = "$argv[1]"
end
complete -c ${root.name} -e
complete -c ${root.name} -f
${nodes.flatMap((node) => nodeLines(root.name, at, node)).join('\n')}
`;
}

function nodeLines(program: string, at: string, node: CommandNode): string[] {
  const begin = `complete -c ${program} -n ${quoted(`${at} "${node.path}"`)}`;
  const files = node.commands.length === 0 && node.choices.length === 0 && node.takesArgument;
  return [
    ...node.commands.map(({ name, description }) => `${begin} -a ${name} -d ${quoted(hint(description))}`),
    ...(node.choices.length > 0 ? [`${begin} -a ${quoted(node.choices.join(' '))}`] : []),
    ...(files ? [`${begin} -F`] : []),
    ...node.options.map((option) => `${begin} ${optionWords(option)} -d ${quoted(hint(option.description))}`),
  ];
}

function optionWords({ flags, value, choices }: OptionNode): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  const values = {
    none: [],
    text: ['-x'],
    file: ['-r', '-F'],
    choice: ['-x', '-a', quoted(choices.join(' '))],
  };
  return [...names, ...values[value]].join(' ');
}

/** Inside of single quotes fish reads `\'` and `\\`. */
function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
