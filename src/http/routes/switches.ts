import type { SwitchState } from '../../switch/switch-link.js';
import type { ApiFeature } from '../api.js';
import { switchesSchema } from '../contract/switches.js';

/** The part of `SwitchLinks` that is shown. */
export interface SwitchStates {
  states(): readonly SwitchState[];
}

export function switchRoutes(switches: SwitchStates): ApiFeature {
  return (api) => {
    api.read({
      url: '/switches',
      summary: 'How the daemon is connected to its switches.',
      description: 'One entry for each of `switches` in the configuration, with why it is not connected.',
      requires: 'viewer',
      response: switchesSchema,
      handler: () =>
        switches.states().map(({ name, connected, since, version, lastError }) => ({
          name,
          connected,
          since: since.toISOString(),
          ...(version === undefined ? {} : { version }),
          ...(lastError === undefined ? {} : { last_error: lastError }),
        })),
    });
  };
}
