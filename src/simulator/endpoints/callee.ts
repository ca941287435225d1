import { cloneProfile, type CallerProfile } from '../caller-profile.js';
import { toCause } from '../cause.js';
import { Channel } from '../channel.js';
import type { Core } from '../core.js';
import { markAnswered, markRingReady } from '../session/answering.js';
import type { NamedValues } from '../variables.js';
import type { CalleeBehaviour } from './behaviour.js';
import type { Endpoint } from './endpoint.js';

/** A phone or gateway that is called over SIP and behaves as it was told to. */
class CalleeEndpoint implements Endpoint {
  readonly module = 'mod_sofia';
  readonly codec = 'PCMU';
  private readonly behaviour: CalleeBehaviour;

  constructor(behaviour: CalleeBehaviour) {
    this.behaviour = behaviour;
  }

  onInit(channel: Channel): void {
    channel.setState('CS_ROUTING');
    const { clock } = channel.core;
    const { behaviour } = this;
    switch (behaviour.kind) {
      case 'refuses':
        clock.after(behaviour.afterMs ?? 0, () => channel.hangup(toCause(behaviour.cause)));
        return;
      case 'silent':
        clock.after(behaviour.ringsAfterMs ?? 0, () => markRingReady(channel));
        return;
      case 'answers':
        if (behaviour.ringsAfterMs !== undefined)
          clock.after(behaviour.ringsAfterMs, () => markRingReady(channel));
        clock.after(behaviour.afterMs ?? 0, () => {
          markAnswered(channel);
          if (behaviour.hangsUpAfterMs === undefined) return;
          clock.after(behaviour.hangsUpAfterMs, () => channel.hangup(toCause(behaviour.cause ?? '')));
        });
    }
  }

  onHangup(): void {
    // The callee hears it by SIP; nothing here listens.
  }

  indicate(): void {
    // An outbound channel tells its callee nothing of this kind.
  }

  sendDigits(): void {
    // The callee hears them.
  }
}

export function newCalleeChannel(
  core: Core,
  name: string,
  behaviour: CalleeBehaviour,
  outbound: CallerProfile,
  variables: NamedValues,
): Channel {
  const profile = cloneProfile(outbound);
  profile.source = 'mod_sofia';
  const channel = new Channel(
    core,
    'outbound',
    new CalleeEndpoint(behaviour),
    profile,
    variables.get('origination_uuid'),
  );
  channel.rename(name);
  channel.setState('CS_INIT');
  return channel;
}
