import { connect, type Socket } from 'node:net';

import { application, type Application } from '../applications/application.js';
import type { Channel } from '../channel.js';
import { performMessages } from '../session/messages.js';
import { park } from '../session/park.js';
import { equalsIgnoringCase, separate, toInteger } from '../text.js';
import { Listener } from './listener.js';

const DEFAULT_PORT = 8084;
const MAX_HOSTS = 50;

function open(host: string, port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const failed = (): void => {
      socket.destroy();
      resolve(undefined);
    };
    socket.once('error', failed);
    socket.once('connect', () => {
      socket.off('error', failed);
      resolve(socket);
    });
  });
}

/** Tries the hosts in their order; a port stays for the next host that names none, as in the original. */
async function openFirst(channel: Channel, hosts: readonly string[]): Promise<Socket | undefined> {
  let port = DEFAULT_PORT;
  for (const entry of hosts) {
    if (entry === '') continue;
    let host = entry;
    const colon = entry.lastIndexOf(':');
    let behind = entry;
    if (colon >= 0) {
      host = entry.slice(0, colon);
      behind = entry.slice(colon + 1);
      port = toInteger(behind);
    }
    const slash = behind.indexOf('/');
    if (slash >= 0) {
      channel.setVariable('socket_path', behind.slice(slash + 1));
      if (colon < 0) host = behind.slice(0, slash);
    }
    channel.setVariable('socket_host', host);
    if (host === '' || port <= 0 || port > 65_535) continue;
    const socket = await open(host, port);
    if (socket !== undefined) return socket;
  }
  return undefined;
}

async function runSocket(channel: Channel, data: string): Promise<void> {
  const [hosts, ...words] = separate(data, ' ', 80);
  if (hosts === undefined) return;
  const socket = await openFirst(channel, separate(hosts, '|', MAX_HOSTS));
  if (socket === undefined) return;
  const full = words.some((word) => equalsIgnoringCase(word, 'full'));
  const asynchronous = words.some((word) => equalsIgnoringCase(word, 'async'));
  const listener = new Listener({ core: channel.core, socket, channel, async: asynchronous, full });
  channel.core.listeners.add(listener);
  const done = listener.run().finally(() => channel.core.listeners.delete(listener));
  if (!asynchronous) {
    await done;
    return;
  }
  done.catch((error: unknown) => channel.core.onDefect(error));
  for (;;) {
    const { version } = channel;
    if (!channel.ready || listener.finished || listener.connected) break;
    await channel.waitSince(version);
  }
  // The session looks every millisecond whether `connect` has come; commands written with it come first.
  await new Promise<void>((resolve) => channel.core.clock.after(2, resolve));
  await park(channel);
  await performMessages(channel);
  if (listener.wantsResume(channel)) channel.setState('CS_EXECUTE');
}

/** The `socket` application: FreeSWITCH connects to us (socket_function in mod_event_socket.c). */
export const socketApplication: Application = application('socket', { noMedia: true }, runSocket);
