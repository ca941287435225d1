import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EventSocket } from '../support/event-socket.js';
import { EventLog, type SwitchControl } from '../support/test-call.js';
import { channelsLeft, findFreeswitch, startRealSwitch, writeConfiguration } from '../freeswitch/switch.js';
import { Simulator } from '../../src/simulator/simulator.js';

/** A switch that the scenarios run on: they can't tell which. */
export interface SwitchUnderTest extends SwitchControl {
  /** Folder in which recordings may be made. */
  readonly recordings: string;
  readonly eventSocketPort: number;
  readonly eventSocketPassword: string;
  /** Where it takes SIP calls, and where those answer whom `user/sip` dials; a real one alone. */
  readonly sip?: { readonly port: number; readonly agentPort: number };
  /** As a crash ends it; a real one alone. */
  readonly crash?: {
    /** At once, with all of its calls. */
    kill(): Promise<void>;
    startAgain(): Promise<void>;
  };
  stop(): Promise<{ readonly channelsLeft: number; readonly detail: string }>;
}

export interface SwitchKind {
  readonly name: 'simulator' | 'FreeSWITCH';
  /** Why its scenarios are skipped on this machine. */
  readonly missing?: string;
  start(globals?: Readonly<Record<string, string>>): Promise<SwitchUnderTest>;
}

const EVENTS =
  'event json CHANNEL_CREATE CHANNEL_ANSWER CHANNEL_EXECUTE CHANNEL_EXECUTE_COMPLETE CHANNEL_BRIDGE ' +
  'CHANNEL_UNBRIDGE CHANNEL_PARK CHANNEL_HANGUP CHANNEL_DESTROY PLAYBACK_START';

/**
 * The Event Socket connection through which a suite drives and watches a switch.
 * @param events goes on with what an earlier connection has seen
 */
export async function control(
  port: number,
  password: string,
  events = new EventLog(),
): Promise<SwitchControl & { readonly close: () => void }> {
  const commands = await EventSocket.connect(port, password);
  const watcher = await EventSocket.connect(port, password);
  watcher.onEvent = (event) => events.add(event);
  await watcher.command(EVENTS);
  return {
    events,
    api: (command) => commands.api(command),
    bgapi: (command) => commands.command(`bgapi ${command}`),
    close: () => {
      commands.close();
      watcher.close();
    },
  };
}

const binary = findFreeswitch();

const realSwitch: SwitchKind = {
  name: 'FreeSWITCH',
  ...(binary === undefined
    ? { missing: 'no freeswitch binary in FREESWITCH_BIN, PATH or the usual prefixes' }
    : {}),
  start: async (globals = {}) => {
    const real = await startRealSwitch({
      binary: binary ?? '',
      globals,
      logLevel: process.env.SWITCH_LOG === undefined ? 'warning' : 'debug',
    });
    const connect = (events?: EventLog): ReturnType<typeof control> =>
      control(real.eventSocketPort, real.eventSocketPassword, events);
    let connection = await connect();
    const { events } = connection;
    return {
      events,
      api: (command) => connection.api(command),
      bgapi: (command) => connection.bgapi(command),
      recordings: `${real.folder}/recordings`,
      eventSocketPort: real.eventSocketPort,
      eventSocketPassword: real.eventSocketPassword,
      sip: { port: real.sipPort, agentPort: real.agentPort },
      crash: {
        kill: () => real.kill(),
        startAgain: async () => {
          await real.startAgain();
          connection.close();
          connection = await connect(events);
        },
      },
      stop: async () => {
        if (process.env.SWITCH_LOG !== undefined) await appendLog(process.env.SWITCH_LOG, await real.log());
        connection.close();
        return real.stop();
      },
    };
  },
};

async function appendLog(path: string, text: string): Promise<void> {
  const { appendFile } = await import('node:fs/promises');
  await appendFile(path, text);
}

const simulator: SwitchKind = {
  name: 'simulator',
  start: async (globals = {}) => {
    const password = 'suite-event-socket';
    const folder = await writeConfiguration({ ...globals, event_socket_password: password });
    const simulated = new Simulator({
      files: [join(folder, 'conf/freeswitch.xml')],
      eventSocketPassword: password,
    });
    await simulated.start();
    const { close, ...connection } = await control(simulated.eventSocketPort, password);
    return {
      ...connection,
      recordings: `${folder}/recordings`,
      eventSocketPort: simulated.eventSocketPort,
      eventSocketPassword: password,
      stop: async () => {
        const left = await channelsLeft(connection);
        close();
        await simulated.stop();
        await rm(folder, { recursive: true, force: true });
        return left;
      },
    };
  },
};

/** SWITCH_UNDER_TEST=simulator (or FreeSWITCH) runs the scenarios on that one alone, while working on them. */
const wanted = process.env.SWITCH_UNDER_TEST;

export const SWITCHES: readonly SwitchKind[] = [simulator, realSwitch].filter(
  ({ name }) => wanted === undefined || name === wanted,
);
