import type { Channel } from '../channel.js';
import { bridge } from '../session/bridge.js';
import { handleFailure } from '../session/failure.js';
import { originate } from '../session/originate.js';
import { application, type Application } from './application.js';

/** audio_bridge_function: calls, and connects whoever is there. */
async function bridgeApplication(channel: Channel, data: string): Promise<void> {
  if (data === '') return;
  const result = await originate(channel.core, { caller: channel, dialString: data, timeoutSeconds: 0 });
  if (!result.ok) {
    channel.setVariable('originate_failed_cause', result.cause);
    handleFailure(channel, result.cause);
    return;
  }
  await bridge(channel, result.channel);
}

export const bridgeApplications: readonly Application[] = [
  application('bridge', { noMedia: true }, bridgeApplication),
];
