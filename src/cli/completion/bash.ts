import type { CommandNode, OptionNode } from './command-tree.js';
import { allNodes } from './command-tree.js';
import { quoted } from './quote.js';
import { valueCases } from './value-cases.js';

export function bashCompletion(root: CommandNode): string {
  const nodes = allNodes(root);
  const paths = nodes.map(({ path }) => path).filter((path) => path !== '');
  return `# bash completion of ${root.name}; load it with: source <(${root.name} completion bash)
_${root.name}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} at= options= words= files= i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at \${COMP_WORDS[i]}" in
      ${paths.map(quoted).join(' | ')}) at="$at \${COMP_WORDS[i]}" ;;
    esac
  done
  case "$at $prev" in
${nodes.flatMap((node) => valueCases(node, valueOf)).join('\n')}
  esac
  case "$at" in
${nodes.map(nodeCase).join('\n')}
  esac
  if [[ $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
  elif [[ -n $words ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
  elif [[ -n $files ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$cur")
  fi
}
complete -F _${root.name} ${root.name}
`;
}

function valueOf({ value, choices }: OptionNode): string {
  if (value === 'choice')
    return `mapfile -t COMPREPLY < <(compgen -W ${quoted(choices.join(' '))} -- "$cur"); return`;
  if (value === 'file')
    return 'compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return';
  return 'return';
}

function nodeCase({ path, options, commands, choices, takesArgument }: CommandNode): string {
  const words = [...commands.map(({ name }) => name), ...choices];
  const files = words.length === 0 && takesArgument ? 'yes' : '';
  const flags = options.flatMap((option) => option.flags);
  return `    ${quoted(path)}) options=${quoted(flags.join(' '))} words=${quoted(words.join(' '))} files=${quoted(files)} ;;`;
}
