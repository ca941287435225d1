import { randomUUID } from 'node:crypto';

import type { Api } from './api/api.js';
import type { Application } from './applications/application.js';
import { addChannelHeaders } from './channel-events.js';
import type { Channel } from './channel.js';
import type { Clock } from './clock.js';
import type { Configuration } from './dialplan/configuration.js';
import type { Callees } from './endpoints/behaviour.js';
import { EventBus, SwitchEvent } from './event.js';
import type { Listener } from './event-socket/listener.js';
import type { MediaLibrary } from './media/library.js';
import { Scheduler } from './scheduler.js';
import { runSession } from './session/run.js';
import { NamedValues } from './variables.js';

export interface CoreOptions {
  readonly clock: Clock;
  /** Reads the XML; asked again by reloadxml. */
  readonly readConfiguration: () => Configuration;
  readonly media: MediaLibrary;
  readonly applications: ReadonlyMap<string, Application>;
  readonly apis: ReadonlyMap<string, Api>;
  /** How those behave who are called over SIP. */
  readonly callees: Callees;
  /** Recordings leave an empty file in here. */
  readonly recordingsFolder: string | undefined;
  /** Called when a session fails with an error of the simulator itself. */
  readonly onDefect: (error: unknown) => void;
  /** What the `log` application writes. */
  readonly onLog: (level: string, text: string, channel: Channel) => void;
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** Everything that one simulated switch has once: channels, events, globals, dialplan, time. */
export class Core {
  readonly uuid = randomUUID();
  readonly clock: Clock;
  readonly bus = new EventBus();
  readonly channels = new Map<string, Channel>();
  readonly globals = new NamedValues();
  /** What mod_hash keeps, by `<realm>_<key>`. */
  readonly hash = new Map<string, string>();
  /** The open Event Socket connections, of both directions. */
  readonly listeners = new Set<Listener>();
  readonly scheduler: Scheduler;
  readonly media: MediaLibrary;
  readonly applications: ReadonlyMap<string, Application>;
  readonly apis: ReadonlyMap<string, Api>;
  readonly callees: Callees;
  readonly recordingsFolder: string | undefined;
  readonly onDefect: (error: unknown) => void;
  readonly onLog: CoreOptions['onLog'];
  readonly startedAtMs: number;
  configuration: Configuration;
  private readonly readConfiguration: () => Configuration;
  sessionsSinceStart = 0;
  private readonly running = new Map<Channel, Promise<void>>();
  private sequence = 500;
  private dateSecond = -1;
  private dateLocal = '';
  private dateGmt = '';

  constructor(options: CoreOptions) {
    this.clock = options.clock;
    this.startedAtMs = this.clock.now();
    this.scheduler = new Scheduler(this.clock);
    this.readConfiguration = options.readConfiguration;
    this.configuration = options.readConfiguration();
    this.media = options.media;
    this.applications = options.applications;
    this.apis = options.apis;
    this.callees = options.callees;
    this.recordingsFolder = options.recordingsFolder;
    this.onDefect = options.onDefect;
    this.onLog = options.onLog;
    for (const [name, value] of this.configuration.globals) this.globals.set(name, value);
    this.globals.set('core_uuid', this.uuid);
    this.globals.set('hostname', 'simulator');
    this.globals.set('switchname', 'simulator');
    this.globals.set('local_ip_v4', '127.0.0.1');
    this.globals.set('base_dir', '/usr/local/freeswitch');
    this.globals.set('sounds_dir', '/usr/local/freeswitch/sounds');
    this.globals.set('recordings_dir', '/usr/local/freeswitch/recordings');
  }

  newUuid(): string {
    return randomUUID();
  }

  /** Reads the XML again; keeps the old when it cannot be read. Throws as it did at the start. */
  reload(): void {
    this.configuration = this.readConfiguration();
    for (const [name, value] of this.configuration.globals) this.globals.set(name, value);
  }

  /** Takes a new channel into the table; returns its session number. */
  register(channel: Channel): number {
    this.channels.set(channel.uuid, channel);
    this.sessionsSinceStart += 1;
    return this.sessionsSinceStart;
  }

  unregister(channel: Channel): void {
    this.channels.delete(channel.uuid);
  }

  /** switch_core_session_locate: a channel that hung up can no longer be found, though it may linger on. */
  locate(uuid: string): Channel | undefined {
    const channel = this.channels.get(uuid);
    return channel?.up === true ? channel : undefined;
  }

  /** Starts the session's "thread" unless it runs already. */
  startSession(channel: Channel): void {
    if (this.running.has(channel) || !this.channels.has(channel.uuid)) return;
    const session = runSession(channel)
      .catch((error: unknown) => this.onDefect(error))
      .finally(() => {
        this.running.delete(channel);
        this.unregister(channel);
        channel.changed();
      });
    this.running.set(channel, session);
  }

  /** Resolves when no session runs any more. */
  async idle(): Promise<void> {
    while (this.running.size > 0) await Promise.all(this.running.values());
  }

  /** Builds and delivers an event, if anybody wants it. */
  fire(name: string, channel?: Channel, fill?: (event: SwitchEvent) => void, subclass?: string): void {
    this.sequence += 1;
    if (channel?.observer === undefined && !this.bus.wanted(name)) return;
    const event = this.newEvent(name, subclass);
    if (channel !== undefined) addChannelHeaders(event, channel);
    fill?.(event);
    this.bus.deliver(event);
    channel?.observer?.(event);
  }

  /** An event with the headers that every event has (switch_event_prep_for_delivery). */
  newEvent(name: string, subclass?: string): SwitchEvent {
    const event = new SwitchEvent(name, subclass);
    const now = this.clock.now();
    const second = Math.floor(now / 1000);
    if (second !== this.dateSecond) {
      const date = new Date(now);
      this.dateSecond = second;
      this.dateLocal = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
      this.dateGmt = `${DAYS[date.getUTCDay()] ?? ''}, ${two(date.getUTCDate())} ${MONTHS[date.getUTCMonth()] ?? ''} ${date.getUTCFullYear()} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} GMT`;
    }
    event.add('Core-UUID', this.uuid);
    event.add('FreeSWITCH-Hostname', 'simulator');
    event.add('FreeSWITCH-Switchname', 'simulator');
    event.add('FreeSWITCH-IPv4', '127.0.0.1');
    event.add('FreeSWITCH-IPv6', '::1');
    event.add('Event-Date-Local', this.dateLocal);
    event.add('Event-Date-GMT', this.dateGmt);
    event.add('Event-Date-Timestamp', this.clock.microseconds());
    event.add('Event-Calling-File', 'simulator');
    event.add('Event-Calling-Function', 'fire');
    event.add('Event-Calling-Line-Number', 1);
    event.add('Event-Sequence', this.sequence);
    return event;
  }

  stop(): void {
    this.scheduler.stop();
    this.clock.stop();
  }
}
