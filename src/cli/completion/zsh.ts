import type { CommandNode, OptionNode } from './command-tree.js';
import { allNodes } from './command-tree.js';
import { hint, quoted } from './quote.js';
import { valueCases } from './value-cases.js';

export function zshCompletion(root: CommandNode): string {
  const nodes = allNodes(root);
  const paths = nodes.map(({ path }) => path).filter((path) => path !== '');
  return `#compdef ${root.name}
# zsh completion of ${root.name}; put it into a folder of $fpath as _${root.name}, or: source <(${root.name} completion zsh)
_${root.name}() {
  local at= files= i
  local -a named flags
  for ((i = 2; i < CURRENT; i++)); do
    case "$at \${words[i]}" in
      ${paths.map(quoted).join(' | ')}) at="$at \${words[i]}" ;;
    esac
  done
  case "$at \${words[CURRENT-1]}" in
${nodes.flatMap((node) => valueCases(node, valueOf)).join('\n')}
  esac
  case "$at" in
${nodes.map(nodeCase).join('\n')}
  esac
  if [[ \${words[CURRENT]} == -* ]]; then
    _describe option flags
  elif (( $#named )); then
    _describe word named
  elif [[ -n $files ]]; then
    _files
  fi
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _${root.name} "$@"
else
  compdef _${root.name} ${root.name}
fi
`;
}

function valueOf({ value, choices }: OptionNode): string {
  if (value === 'choice') return `compadd -- ${choices.map(quoted).join(' ')}; return`;
  return value === 'file' ? '_files; return' : 'return';
}

function nodeCase({ path, options, commands, choices, takesArgument }: CommandNode): string {
  const words = [
    ...commands.map(({ name, description }) => entry(name, description)),
    ...choices.map(quoted),
  ];
  const flags = options.flatMap((option) => option.flags.map((flag) => entry(flag, option.description)));
  const files = words.length === 0 && takesArgument ? 'yes' : '';
  return `    ${quoted(path)}) named=(${words.join(' ')}) flags=(${flags.join(' ')}) files=${quoted(files)} ;;`;
}

/** `_describe` takes `word:what it is for`. */
function entry(word: string, description: string): string {
  return quoted(`${word}:${hint(description)}`);
}
