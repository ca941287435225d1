import type { EslCommand } from '../../esl/connection.js';

/** mod_commands.c uuid_setvar_multi_function: `char *argv[64]`. */
const MAX_PAIRS = 60;

/**
 * Sets variables of a channel from outside. Values are taken as they are, but for blanks at their ends, which are
 * lost; an empty one unsets (switch_utils.c switch_separate_string, switch_channel.c switch_channel_set_variable).
 */
export function setVariables(uuid: string, values: Iterable<readonly [string, string]>): EslCommand[] {
  const pairs = [...values].map(([name, value]) => `${name}=${value.replaceAll(/[\\';"]/g, '\\$&')}`);
  const commands: EslCommand[] = [];
  for (let at = 0; at < pairs.length; at += MAX_PAIRS) {
    commands.push({ line: `api uuid_setvar_multi ${uuid} ${pairs.slice(at, at + MAX_PAIRS).join(';')}` });
  }
  return commands;
}
