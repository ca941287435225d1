import type { CommandNode, OptionNode } from './command-tree.js';
import { quoted } from './quote.js';

/** The lines of a `case "$at $previous"`: what may stand behind each option that takes a value. */
export function valueCases(
  { path, options }: CommandNode,
  completionOf: (option: OptionNode) => string,
): string[] {
  return options
    .filter(({ value }) => value !== 'none')
    .map((option) => {
      const words = option.flags.map((flag) => quoted(`${path} ${flag}`)).join(' | ');
      return `    ${words}) ${completionOf(option)} ;;`;
    });
}
