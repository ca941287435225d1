import { APIS } from './api/table.js';
import { APPLICATIONS } from './applications/table.js';
import type { Application } from './applications/application.js';
import { Clock } from './clock.js';
import { Core } from './core.js';
import { readConfiguration, type ConfigurationSource } from './dialplan/configuration.js';
import type { Callees } from './endpoints/behaviour.js';
import { InboundServer } from './event-socket/inbound.js';
import { MediaLibrary } from './media/library.js';
import { placeCall, type PlaceCallOptions, type SimulatedCall } from './simulated-call.js';
import { fromBytes, toBytes } from './text.js';

export interface SimulatorOptions extends ConfigurationSource {
  /** The Event Socket that clients connect to; 127.0.0.1 unless said otherwise. */
  readonly eventSocketHost?: string;
  /** 0, the default, lets the system choose. */
  readonly eventSocketPort?: number;
  readonly eventSocketPassword?: string;
  /** Whether an address may use the Event Socket; everybody may unless said otherwise. */
  readonly eventSocketAllows?: (address: string) => boolean;
  /** How many times as fast as real time the switch lives. */
  readonly timeScale?: number;
  /** Another clock; `timeScale` then means nothing. */
  readonly clock?: Clock;
  /** Further applications, or other ones in the place of its own. */
  readonly applications?: readonly Application[];
  /** What there is to be heard, instead of the files of this machine. */
  readonly media?: MediaLibrary;
  /** How long what is played lasts, by the name it is played under. */
  readonly durationsMs?: Readonly<Record<string, number>>;
  /** How those behave who are called over SIP (`sofia/…`); without it nobody is there. */
  readonly callees?: Callees;
  /** Recordings leave an empty file in here; without it they leave nothing. */
  readonly recordingsFolder?: string;
  /** Speech engines; `flite` unless said otherwise. */
  readonly voices?: readonly string[];
  readonly speechMsPerCharacter?: number;
  readonly onLog?: (level: string, text: string, uuid: string) => void;
  /** Errors of the simulator itself; thrown as unhandled unless taken here. */
  readonly onDefect?: (error: unknown) => void;
}

/** A FreeSWITCH stand-in in this process: loads its XML, speaks Event Socket both ways, runs calls. */
export class Simulator {
  readonly core: Core;
  private readonly server: InboundServer;
  private port = 0;
  private stopping = false;

  /** Throws AppError `config_unreadable` or `config_invalid`. */
  constructor(options: SimulatorOptions = {}) {
    this.core = new Core({
      clock: options.clock ?? new Clock(options.timeScale ?? 1),
      readConfiguration: () => readConfiguration(options),
      media:
        options.media ??
        new MediaLibrary({
          durationsMs: options.durationsMs ?? {},
          voices: options.voices ?? ['flite'],
          speechMsPerCharacter: options.speechMsPerCharacter ?? 60,
        }),
      applications:
        options.applications === undefined
          ? APPLICATIONS
          : new Map([...APPLICATIONS, ...options.applications.map((one) => [one.name, one] as const)]),
      apis: APIS,
      recordingsFolder: options.recordingsFolder,
      callees: options.callees ?? (() => undefined),
      onLog: (level, text, channel) => options.onLog?.(level, fromBytes(text), channel.uuid),
      onDefect: (error) => {
        if (options.onDefect === undefined) throwUnhandled(error);
        else options.onDefect(error);
      },
    });
    this.server = new InboundServer(this.core, {
      host: options.eventSocketHost ?? '127.0.0.1',
      port: options.eventSocketPort ?? 0,
      password: toBytes(options.eventSocketPassword ?? 'ClueCon'),
      allows: options.eventSocketAllows ?? (() => true),
    });
  }

  /** Opens the Event Socket. Throws AppError `listen_failed`. */
  async start(): Promise<void> {
    this.port = await this.server.listen();
  }

  get eventSocketPort(): number {
    return this.port;
  }

  /** How many channels there are, as `show channels count` tells. */
  get channelCount(): number {
    return this.core.channels.size;
  }

  placeCall(options: PlaceCallOptions): SimulatedCall {
    return placeCall(this.core, options);
  }

  /** Reads the XML again, as reloadxml does. Throws as the constructor does. */
  reload(): void {
    this.core.reload();
  }

  /** Resolves when nothing runs on any channel: what was hung up has been let go by those who listened to it. */
  idle(): Promise<void> {
    return this.core.idle();
  }

  /** Hangs up every channel and closes every socket. */
  async stop(): Promise<void> {
    if (this.stopping) return;
    this.stopping = true;
    for (const channel of this.core.channels.values()) channel.hangup('SYSTEM_SHUTDOWN');
    const closed = this.server.close();
    await this.core.idle();
    await closed;
    this.core.stop();
  }
}

/** A defect of the simulator must fail the test that it happened in. */
function throwUnhandled(error: unknown): void {
  queueMicrotask(() => {
    throw error instanceof Error ? error : new Error(String(error));
  });
}
