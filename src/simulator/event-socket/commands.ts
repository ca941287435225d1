import { addChannelHeaders } from '../channel-events.js';
import { addProfileHeaders } from '../caller-profile.js';
import { performMessage } from '../session/messages.js';
import { equalsIgnoringCase, isTrue, separate, toInteger } from '../text.js';
import { runApi, startBackgroundApi } from './api-commands.js';
import type { SocketCommand } from './command.js';
import type { Listener } from './listener.js';
import { EVENT_NAMES } from './subscription.js';

function starts(line: string, prefix: string): boolean {
  return line.slice(0, prefix.length).toLowerCase() === prefix;
}

function header(command: SocketCommand, name: string): string | undefined {
  return command.headers.find(([other]) => other === name)?.[1];
}

/**
 * parse_command of mod_event_socket.c: does one command and returns the reply's text, or undefined when the reply
 * has been written already.
 */
export async function handleCommand(listener: Listener, command: SocketCommand): Promise<string | undefined> {
  const { line } = command;
  if (starts(line, 'exit') || starts(line, '...')) {
    listener.running = false;
    return '+OK bye';
  }
  if (!listener.authenticated) return authenticate(listener, line);
  if (starts(line, 'filter ')) return filter(listener, line.slice(7));
  if (listener.channel !== undefined || starts(line, 'myevents ')) {
    const done = handleSessionCommand(listener, line);
    if (done !== undefined) return done.reply;
  }
  if (starts(line, 'divert_events')) return divertEvents(listener, line);
  if (starts(line, 'sendmsg')) return sendMessage(listener, command);
  if (listener.outbound && !listener.full) return '-ERR command not found';
  const reply = await handleFullCommand(listener, command);
  return reply === '' ? '-ERR command not found' : reply;
}

function authenticate(listener: Listener, line: string): string {
  if (!starts(line, 'auth ')) {
    if (starts(line, 'userauth ')) {
      listener.running = false;
      return '-ERR invalid';
    }
    return '-ERR command not found';
  }
  if (line.slice(5) !== listener.password) {
    listener.running = false;
    return '-ERR invalid';
  }
  listener.authenticated = true;
  return '+OK accepted';
}

/** Cuts `text` at its first blank. */
function cut(text: string): [first: string, rest: string | undefined] {
  const space = text.indexOf(' ');
  return space < 0 ? [text, undefined] : [text.slice(0, space), text.slice(space + 1)];
}

function filter(listener: Listener, argument: string): string {
  let [name, value] = cut(argument.replace(/^ +/, ''));
  if (value === undefined) return '-ERR invalid syntax';
  if (equalsIgnoringCase(name, 'delete')) {
    [name, value] = cut(value);
    listener.subscription.deleteFilter(name, value);
    return `+OK filter deleted. [${name}][${value ?? ''}]`;
  }
  if (equalsIgnoringCase(name, 'add')) [name, value] = cut(value);
  if (value !== undefined) listener.subscription.addFilter(name, value);
  return `+OK filter added. [${name}]=[${value ?? ''}]`;
}

/** Commands that need a channel; undefined when the line is none of them. */
function handleSessionCommand(listener: Listener, line: string): { reply: string | undefined } | undefined {
  const { channel } = listener;
  if (channel !== undefined && starts(line, 'resume')) {
    listener.resume = true;
    channel.setVariable('socket_resume', 'true');
    return { reply: '+OK' };
  }
  if (channel !== undefined && starts(line, 'connect')) {
    writeChannelData(listener);
    return { reply: undefined };
  }
  if (channel !== undefined && starts(line, 'getvar')) {
    const space = line.indexOf(' ');
    const value = space < 0 ? '' : (channel.getVariable(line.slice(space + 1)) ?? '');
    return { reply: value === '' ? '-ERR command not found' : value };
  }
  if (starts(line, 'myevents')) return { reply: myEvents(listener, line) };
  return undefined;
}

/** The block that answers `connect`: no Content-Length, the channel in headers. */
function writeChannelData(listener: Listener): void {
  const { channel, core } = listener;
  if (channel === undefined) return;
  listener.connected = true;
  const event = core.newEvent('CHANNEL_DATA');
  addProfileHeaders(event, 'Channel', channel.huntProfile ?? channel.profile);
  addChannelHeaders(event, channel);
  event.add('Content-Type', 'command/reply');
  event.add('Reply-Text', '+OK\n');
  event.add('Socket-Mode', listener.async ? 'async' : 'static');
  event.add('Control', listener.full ? 'full' : 'single-channel');
  listener.write(event.toPlain());
  channel.changed();
}

function myEvents(listener: Listener, line: string): string {
  if (listener.subscription.onlyUuid !== undefined) return '-ERR aready enabled.';
  if (listener.channel === undefined) {
    const [uuid = '', format] = line.slice(9).trim().split(' ');
    const channel = listener.core.locate(uuid);
    if (channel === undefined && format !== undefined) return '-ERR invalid uuid';
    if (channel !== undefined) listener.control(channel);
    listener.async = true;
    listener.subscription.enableMine(uuid);
  } else {
    listener.subscription.enableMine(listener.channel.uuid);
  }
  if (/json/i.test(line)) listener.subscription.format = 'json';
  return '+OK Events Enabled';
}

function divertEvents(listener: Listener, line: string): string {
  if (listener.channel === undefined) return '-ERR not controlling a session.';
  const value = line.slice(13).trim();
  if (value === '') return '-ERR missing value.';
  return equalsIgnoringCase(value, 'on') ? '+OK events diverted' : '+OK events not diverted';
}

/** A synchronous socket does the message itself, and answers when it is done; everybody else queues it. */
async function sendMessage(listener: Listener, command: SocketCommand): Promise<string> {
  const asynchronous = listener.async || isTrue(header(command, 'async'));
  let uuid = command.line.slice(7).replace(/^ +/, '');
  if (uuid === '') uuid = header(command, 'session-id') ?? '';
  const { channel } = listener;
  const message = { headers: command.headers, body: command.body };
  if (channel !== undefined && (uuid === '' || uuid === channel.uuid)) {
    if (asynchronous) return channel.queuePrivateMessage(message) ? '+OK' : '-ERR memory error';
    await performMessage(channel, message);
    return '+OK';
  }
  const other = uuid === '' ? undefined : listener.core.locate(uuid);
  if (other === undefined) return `-ERR invalid session id [${uuid}]`;
  return other.queuePrivateMessage(message) ? '+OK' : '-ERR memory error';
}

/** What a `socket` application without `full` may not do. */
async function handleFullCommand(listener: Listener, command: SocketCommand): Promise<string | undefined> {
  const { line } = command;
  if (starts(line, 'sendevent')) return sendEvent(listener, command);
  if (starts(line, 'api ')) return runApi(listener, line.slice(4));
  if (starts(line, 'bgapi ')) return startBackgroundApi(listener, line.slice(6), header(command, 'job-uuid'));
  if (starts(line, 'log')) return `+OK log level ${line.slice(3).trim()} [7]`;
  if (starts(line, 'linger')) return linger(listener, line);
  if (starts(line, 'nolinger')) {
    if (listener.channel === undefined) return '-ERR not controlling a session';
    listener.lingerSeconds = undefined;
    return '+OK will not linger';
  }
  if (starts(line, 'nolog')) return '-ERR not loging';
  if (starts(line, 'event')) return listener.subscription.enable(words(line));
  if (starts(line, 'nixevent')) return listener.subscription.disable(words(line));
  if (starts(line, 'noevents')) return listener.subscription.disableAll();
  return '-ERR command not found';
}

function words(line: string): string[] {
  const space = line.indexOf(' ');
  return space < 0
    ? []
    : line
        .slice(space + 1)
        .split(' ')
        .filter((word) => word !== '');
}

function linger(listener: Listener, line: string): string {
  if (listener.channel === undefined) return '-ERR not controlling a session';
  if (line[6] === ' ' && line.length > 7) {
    const seconds = toInteger(line.slice(7));
    listener.lingerSeconds = seconds === -1 ? Number.POSITIVE_INFINITY : seconds;
    return seconds === -1 ? '+OK will linger' : `+OK will linger ${seconds} seconds`;
  }
  listener.lingerSeconds = Number.POSITIVE_INFINITY;
  return '+OK will linger';
}

function sendEvent(listener: Listener, command: SocketCommand): string {
  const uuid = listener.core.newUuid();
  const name = (separate(command.line.slice(9).trim(), ' ', 2)[0] ?? '').toUpperCase();
  const event = listener.core.newEvent(
    EVENT_NAMES.has(name) ? name : 'CLONE',
    header(command, 'event-subclass'),
  );
  for (const [headerName, value] of command.headers) event.add(headerName, value);
  event.add('Event-UUID', uuid);
  event.body = command.body;
  listener.core.bus.deliver(event);
  return `+OK ${uuid}`;
}
