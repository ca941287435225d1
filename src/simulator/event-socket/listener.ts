import type { Socket } from 'node:net';

import { Changes } from '../changes.js';
import type { Channel } from '../channel.js';
import type { Core } from '../core.js';
import type { SwitchEvent } from '../event.js';
import { isTrue } from '../text.js';
import { CommandReader, type SocketCommand } from './command.js';
import { handleCommand } from './commands.js';
import { Subscription } from './subscription.js';

const GOODBYE = 'Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n';

/** The first command, or the password, must come within this time. */
const FIRST_COMMAND_SECONDS = 25;

/** A reply is written into a buffer of 512 bytes, its end mark included. */
const MAX_REPLY_BYTES = 511;

export interface ListenerOptions {
  readonly core: Core;
  readonly socket: Socket;
  /** The channel that connected to us (`socket` application). */
  readonly channel?: Channel;
  readonly async: boolean;
  readonly full: boolean;
  /** Asked of who connects; a `socket` application needs none. */
  readonly password?: string;
}

/** One Event Socket connection of either direction: `listener_run` and `read_packet` of mod_event_socket.c. */
export class Listener {
  readonly core: Core;
  readonly outbound: boolean;
  readonly full: boolean;
  readonly password: string | undefined;
  readonly subscription: Subscription;
  async: boolean;
  channel: Channel | undefined;
  authenticated: boolean;
  running = true;
  /** `connect` has been answered. */
  connected = false;
  finished = false;
  /** `resume` was sent. */
  resume = false;
  /** Seconds that `linger` asked for; undefined: no linger, Infinity: without an end. */
  lingerSeconds: number | undefined;

  private readonly socket: Socket;
  private readonly reader = new CommandReader();
  private readonly events: SwitchEvent[] = [];
  private readonly unwatch: (() => void)[] = [];
  private ended = false;
  private goneHandled = false;
  private lingerUntilMs = Number.POSITIVE_INFINITY;
  private readonly changes: Changes;

  constructor(options: ListenerOptions) {
    this.core = options.core;
    this.changes = new Changes(options.core.clock);
    this.socket = options.socket;
    this.async = options.async;
    this.full = options.full;
    this.outbound = options.channel !== undefined;
    this.authenticated = this.outbound;
    this.password = options.password;
    this.subscription = new Subscription((event) => {
      this.events.push(event);
      this.changes.tell();
    });
    this.core.bus.add(this.subscription);
    if (options.channel !== undefined) this.control(options.channel);
    const { socket } = this;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => {
      this.reader.push(chunk);
      this.changes.tell();
    });
    const end = (): void => {
      this.ended = true;
      this.changes.tell();
    };
    socket.on('end', end);
    socket.on('close', end);
    // A reset connection is an ended one; `close` follows.
    socket.on('error', () => undefined);
  }

  /** Binds the connection to a channel, as the `socket` application and `myevents <uuid>` do. */
  control(channel: Channel): void {
    this.channel = channel;
    this.unwatch.push(channel.watch(() => this.changes.tell()));
  }

  /** Serves the connection until it ends, by either side. */
  async run(): Promise<void> {
    if (this.outbound) {
      const first = await this.nextCommand(FIRST_COMMAND_SECONDS * 1000);
      // The reply to the very first command is not written, unless it is `connect`, which writes its own.
      if (first === undefined) this.running = false;
      else await handleCommand(this, first);
    } else {
      this.write('Content-Type: auth/request\n\n');
      const first = await this.nextCommand(FIRST_COMMAND_SECONDS * 1000);
      if (first === undefined) this.running = false;
      else this.reply(await handleCommand(this, first));
    }
    while (this.running) {
      const command = await this.nextCommand(Number.POSITIVE_INFINITY);
      if (command === undefined) break;
      this.reply(await handleCommand(this, command));
    }
    this.finish();
  }

  /** Turns the caller away, as FreeSWITCH does with an address that its ACL does not allow. */
  reject(): void {
    const message = 'Access Denied, go away.\n';
    this.write(`Content-Type: text/rude-rejection\nContent-Length: ${message.length}\n\n${message}`);
    this.finish();
  }

  /** read_packet: the next command; meanwhile events go out and the channel's end is told. */
  private async nextCommand(timeoutMs: number): Promise<SocketCommand | undefined> {
    const { clock } = this.core;
    const deadlineMs = clock.now() + timeoutMs;
    for (;;) {
      const { version } = this.changes;
      if (this.ended && !this.reader.hasBytes) return undefined;
      if (!this.reader.hasBytes) this.flushEvents();
      if (this.goneHandled && clock.now() > this.lingerUntilMs) return undefined;
      if (this.channel !== undefined && !this.channel.up && !this.goneHandled) {
        this.goneHandled = true;
        // An asynchronous connection notices it when it next looks, some 10 ms later; the last events come first.
        if (this.async) {
          await new Promise<void>((resolve) => clock.after(10, resolve));
          this.flushEvents();
        }
        if (this.lingerSeconds === undefined) return undefined;
        this.announceLinger(this.channel, this.lingerSeconds);
      }
      const command = this.reader.next();
      if (command !== undefined) return command;
      if (this.ended || clock.now() >= deadlineMs) return undefined;
      await this.changes.waitSince(version, Math.min(deadlineMs, this.lingerUntilMs) - clock.now());
    }
  }

  private announceLinger(channel: Channel, seconds: number): void {
    const endless = seconds === Number.POSITIVE_INFINITY;
    this.write(
      'Content-Type: text/disconnect-notice\n' +
        `Controlled-Session-UUID: ${channel.uuid}\n` +
        'Content-Disposition: linger\n' +
        `Channel-Name: ${channel.name}\n` +
        `Linger-Time: ${endless ? -1 : seconds}\n` +
        'Content-Length: 0\n\n',
    );
    // The time is up when a later second than the last one has begun.
    if (!endless) this.lingerUntilMs = (this.core.clock.seconds() + seconds + 1) * 1000;
  }

  flushEvents(): void {
    if (!this.subscription.enabled) return;
    for (const event of this.events.splice(0)) {
      const body = this.subscription.format === 'json' ? event.toJson() : event.toPlain();
      const type = this.subscription.format === 'json' ? 'json' : 'plain';
      this.write(`Content-Length: ${body.length}\nContent-Type: text/event-${type}\n\n${body}`);
    }
  }

  /** Writes what a command answered; nothing for one that has written for itself. */
  private reply(text: string | undefined): void {
    if (text === undefined) return;
    const cut = text.slice(0, MAX_REPLY_BYTES);
    // A reply that begins with `~` is written as it is: so userauth and bgapi add headers of their own.
    this.write(
      cut.startsWith('~')
        ? `Content-Type: command/reply\n${cut.slice(1)}`
        : `Content-Type: command/reply\nReply-Text: ${cut}\n\n`,
    );
  }

  write(bytes: string): void {
    if (!this.socket.destroyed && this.socket.writable) this.socket.write(Buffer.from(bytes, 'latin1'));
  }

  private finish(): void {
    this.running = false;
    this.core.bus.remove(this.subscription);
    for (const unwatch of this.unwatch.splice(0)) unwatch();
    const { channel } = this;
    if (channel !== undefined && this.wantsResume(channel)) channel.setState('CS_RESET');
    const session =
      channel === undefined
        ? ''
        : `Controlled-Session-UUID: ${channel.uuid}\nContent-Disposition: disconnect\n`;
    this.write(
      `Content-Type: text/disconnect-notice\n${session}Content-Length: ${GOODBYE.length}\n\n${GOODBYE}`,
    );
    this.socket.end();
    // Whoever does not close its side does not keep ours open.
    this.socket.resume();
    this.socket.destroySoon();
    channel?.clear('CONTROLLED');
    this.finished = true;
    channel?.changed();
  }

  /** The `socket_resume` clause; the same for both modes, which leaves a synchronous one in CS_RESET for ever. */
  wantsResume(channel: Channel): boolean {
    return (
      channel.state !== 'CS_HIBERNATE' &&
      !channel.has('REDIRECT') &&
      !channel.has('TRANSFER') &&
      !channel.has('RESET') &&
      (this.resume || isTrue(channel.getVariable('socket_resume')))
    );
  }

  /** Cuts the connection, as when FreeSWITCH is stopped. */
  destroy(): void {
    this.socket.destroy();
  }
}
