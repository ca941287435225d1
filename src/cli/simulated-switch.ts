import { fileURLToPath } from 'node:url';
import { Simulator } from '../simulator/simulator.js';

export interface SimulatedSwitchOptions {
  /** Dialplan and directory, besides the project's own dialplan/switchhook.xml. */
  readonly xml: string;
  /** Where the daemon listens for the `socket` application, `host:port`. */
  readonly daemon: string;
  readonly domain: string;
}

/** A switch without FreeSWITCH, in this process. */
export async function startSimulatedSwitch(options: SimulatedSwitchOptions): Promise<Simulator> {
  const simulator = new Simulator({
    files: [fileURLToPath(new URL('../../dialplan/switchhook.xml', import.meta.url))],
    xml: [options.xml],
    globals: { domain: options.domain, switchhook_hosts: options.daemon },
  });
  await simulator.start();
  return simulator;
}
