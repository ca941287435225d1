import { lastOf } from '../../switch-config/configuration.js';
import type { SwitchConfiguration } from '../../switch-config/configuration.js';
import type { Context, DialplanAction } from '../../switch-config/dialplan.js';
import type { Condition } from '../../switch-config/dialplan.js';
import { isTrue } from '../../switch-config/truth.js';
import type { Collector } from '../collector.js';

/** Whether API commands, and those of the system, can be run from the dialplan. */
export function checkExpansion(
  configuration: SwitchConfiguration,
  contexts: ReadonlyMap<string, Context>,
  found: Collector,
): void {
  const node = configuration.configuration('switch.conf');
  if (node !== undefined) {
    const expansion = lastOf(configuration.settings('switch.conf'), 'api-expansion');
    if (expansion === undefined || isTrue(expansion.value)) {
      found.add(
        'api-expansion',
        'note',
        expansion?.place ?? configuration.placeOf(node),
        'api-expansion is on, which is what FreeSWITCH does when nothing else is said.',
      );
    }
  }
  const disabled = configuration.globals.get('disable_system_api_commands');
  if (configuration.loads('mod_commands') && !isTrue(disabled?.value)) {
    const modules = configuration.configuration('modules.conf');
    const place = disabled?.place ?? (modules === undefined ? undefined : configuration.placeOf(modules));
    if (place !== undefined) {
      found.add(
        'system-commands',
        'warning',
        place,
        'system, bg_system and spawn can be run as API commands.',
      );
    }
  }
  for (const context of contexts.values()) {
    for (const extension of context.extensions) {
      for (const action of actionsOf(extension.conditions)) {
        if (!runsCommand(action)) continue;
        found.add(
          'system-in-dialplan',
          'warning',
          configuration.placeOf(action.node),
          `Context ${context.name}, extension ${extension.name} runs a system command.`,
        );
      }
    }
  }
}

function* actionsOf(conditions: readonly Condition[]): Generator<DialplanAction> {
  for (const condition of conditions) {
    yield* condition.actions;
    yield* condition.antiActions;
    yield* actionsOf(condition.nested);
  }
}

/** As an API command, in a variable that runs when something happens, and as a file to play. */
const COMMAND =
  /\$\{(?:bgapi[ (]|expand[ (])?(?:bg_)?(?:system|spawn|spawn_stream)[ (]|\b(?:execute_on|bridge_pre_execute|api)_\w+=(?:bg_?)?(?:system|spawn)\b|shell_stream:\/\//i;

function runsCommand(action: DialplanAction): boolean {
  if (/^(?:system|bgsystem|bg_system|spawn|bg_spawn)$/i.test(action.application)) return true;
  return COMMAND.test(action.data);
}
