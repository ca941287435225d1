import { breakChannel } from '../applications/call-control.js';
import { toCause } from '../cause.js';
import { addChannelHeaders } from '../channel-events.js';
import type { Channel, PrivateMessage } from '../channel.js';
import type { Core } from '../core.js';
import { answer, preAnswer } from '../session/answering.js';
import { parkFromOutside } from '../session/park.js';
import { transfer } from '../session/transfer.js';
import { uuidBridge } from '../session/uuid-bridge.js';
import { equalsIgnoringCase, separate, toInteger } from '../text.js';
import type { Api } from './api.js';

const NO_CHANNEL = '-ERR No such channel!\n';

function uuidTransfer(core: Core, args: string): string {
  const parts = separate(args, ' ', 5);
  const [uuid, first] = parts;
  if (uuid === undefined || first === undefined) {
    return '-USAGE: <uuid> [-bleg|-both] <dest-exten> [<dialplan>] [<context>]\n';
  }
  let channel = core.locate(uuid);
  if (channel === undefined) return NO_CHANNEL;
  const flag = first.startsWith('-') ? first.slice(1) : undefined;
  const [extension = '', dialplan, context] = parts.slice(flag === undefined ? 1 : 2);
  const otherUuid = channel.variables.get('bridge_to');
  const other = otherUuid === undefined ? undefined : core.locate(otherUuid);
  if (flag !== undefined && other !== undefined) {
    if (equalsIgnoringCase(flag, 'bleg')) channel = other;
    else if (equalsIgnoringCase(flag, 'both')) {
      other.set('REDIRECT');
      channel.set('REDIRECT');
      transfer(other, extension, dialplan, context);
    }
  }
  return transfer(channel, extension, dialplan, context) ? '+OK\n' : '-ERR\n';
}

function uuidBreak(core: Core, args: string): string {
  if (args === '') return '-USAGE: <uuid> [all]\n';
  const space = args.indexOf(' ');
  const channel = core.locate(space < 0 ? args : args.slice(0, space));
  if (channel === undefined) return NO_CHANNEL;
  const flag = space < 0 ? '' : args.slice(space + 1);
  const targets = [channel];
  const { partner } = channel;
  if (flag.includes('both') && partner !== undefined) targets.push(partner);
  for (const target of targets) {
    if (flag.includes('all')) target.flushPrivateMessages();
    breakChannel(target, flag.includes('all'));
  }
  return '+OK\n';
}

/** Variables are set and read on every channel that has not hung up. */
function uuidGetVariable(core: Core, args: string): string {
  const [uuid, name] = separate(args, ' ', 4);
  if (uuid === undefined || name === undefined) return '-USAGE: <uuid> <var>\n';
  const channel = core.locate(uuid);
  if (channel === undefined) return NO_CHANNEL;
  const element = /^(.*)\[(\d+)\]$/s.exec(name);
  const value =
    element === null
      ? channel.getVariable(name)
      : channel.getVariable(element[1] ?? '', toInteger(element[2]));
  return value ?? '_undef_';
}

function uuidSetVariable(core: Core, args: string): string {
  const [uuid, name, value] = separate(args, ' ', 3);
  if (uuid === undefined || name === undefined) return '-USAGE: <uuid> <var> [value]\n';
  const channel = core.locate(uuid);
  if (channel === undefined) return NO_CHANNEL;
  channel.setVariable(name, value);
  return '+OK\n';
}

function uuidSetVariables(core: Core, args: string): string {
  const space = args.indexOf(' ');
  if (space < 0) return '-USAGE: <uuid> <var>=<value>;<var>=<value>...\n';
  const channel = core.locate(args.slice(0, space));
  if (channel === undefined) return `${NO_CHANNEL}-USAGE: <uuid> <var>=<value>;<var>=<value>...\n`;
  for (const pair of separate(args.slice(space + 1), ';', 64)) {
    const equals = pair.indexOf('=');
    channel.setVariable(
      equals < 0 ? pair : pair.slice(0, equals),
      equals < 0 ? undefined : pair.slice(equals + 1),
    );
  }
  return '+OK\n';
}

function digits(core: Core, args: string, kind: 'send' | 'recv'): string {
  const [uuid, text] = separate(args, ' ', 2);
  if (uuid === undefined || text === undefined) return '-USAGE: <uuid> <dtmf_data>\n';
  const channel = core.locate(uuid);
  if (channel === undefined) return '-ERR Cannot locate session!\n';
  if (kind === 'send') {
    channel.endpoint.sendDigits(channel, text);
    return `+OK ${uuid} sent DTMF ${text}.\n`;
  }
  if (channel.queueDigits(text) === 0) return '-USAGE: <uuid> <dtmf_data>\n';
  return `+OK ${uuid} received DTMF ${text}.\n`;
}

function executeMessage(application: string, data: string): PrivateMessage {
  return {
    headers: [
      ['call-command', 'execute'],
      ['execute-app-name', application],
      ['execute-app-arg', data],
      ['event-lock', 'true'],
    ],
    body: undefined,
  };
}

/** switch_ivr_broadcast: queues an application on one leg or both; `app!cause::data` hangs up afterwards. */
function broadcast(channel: Channel, path: string, legs: { readonly a: boolean; readonly b: boolean }): void {
  const split = path.indexOf('::');
  let application = split < 0 ? 'playback' : path.slice(0, split);
  const data = split < 0 ? path : path.slice(split + 2);
  let cause: string | undefined;
  const mark = application.indexOf('!');
  if (mark >= 0) {
    cause = application.slice(mark + 1) || 'normal_clearing';
    application = application.slice(0, mark);
  }
  if (legs.b) channel.partner?.queuePrivateMessage(executeMessage(application, data));
  if (legs.a) channel.queuePrivateMessage(executeMessage(application, data));
  if (cause !== undefined) channel.queuePrivateMessage(executeMessage('hangup', cause));
}

function uuidBroadcast(core: Core, args: string): string {
  const [uuid, path, leg] = separate(args, ' ', 4);
  if (uuid === undefined || path === undefined) return '-USAGE: <uuid> <path> [aleg|bleg|holdb|both]\n';
  const channel = core.locate(uuid);
  if (channel === undefined) return '-ERR invalid uuid\n';
  const which = (leg ?? 'aleg').toLowerCase();
  const both = which.includes('both');
  broadcast(channel, path, { a: both || which.includes('aleg'), b: both || which.includes('bleg') });
  return '+OK Message sent\n';
}

function uuidKill(core: Core, args: string): string {
  if (args === '') return '-USAGE: <uuid> [cause]\n';
  const space = args.indexOf(' ');
  const channel = core.locate(space < 0 ? args : args.slice(0, space));
  if (channel === undefined) return NO_CHANNEL;
  channel.hangup(toCause(space < 0 ? '' : args.slice(space + 1)));
  return '+OK\n';
}

function uuidDump(core: Core, args: string): string {
  const [uuid = '', format = ''] = separate(args, ' ', 2);
  const channel = core.locate(uuid);
  if (channel === undefined) return NO_CHANNEL;
  if (equalsIgnoringCase(format, 'json')) {
    const event = core.newEvent('CHANNEL_DATA');
    addChannelHeaders(event, channel);
    return event.toJson();
  }
  let out = '';
  for (const [name, value] of channel.variables) out += `variable_${name}: ${value}\n`;
  return out;
}

/** Commands about one channel, by its uuid. */
export const channelApis: Readonly<Record<string, Api>> = {
  uuid_transfer: uuidTransfer,
  uuid_park: (core, args) => {
    const channel = core.locate(args);
    if (channel === undefined) return NO_CHANNEL;
    parkFromOutside(channel);
    return '+OK\n';
  },
  uuid_bridge: (core, args) => {
    const [first, second, third] = separate(args, ' ', 4);
    if (first === undefined || second === undefined) return '-USAGE: <uuid> <other_uuid>\n';
    if (uuidBridge(core, first, second)) return `+OK ${second}\n`;
    if (third !== undefined && uuidBridge(core, first, third)) return `+OK ${third}\n`;
    return '-ERR Invalid uuid\n';
  },
  uuid_kill: uuidKill,
  uuid_break: uuidBreak,
  break: uuidBreak,
  uuid_getvar: uuidGetVariable,
  uuid_setvar: uuidSetVariable,
  uuid_setvar_multi: uuidSetVariables,
  uuid_dump: uuidDump,
  uuid_exists: (core, args) => String(core.locate(args) !== undefined),
  uuid_send_dtmf: (core, args) => digits(core, args, 'send'),
  uuid_recv_dtmf: (core, args) => digits(core, args, 'recv'),
  uuid_flush_dtmf: (core, args) => {
    const channel = core.locate(args);
    channel?.flushDigits();
    return channel === undefined ? '-ERR No such session\n' : '+OK\n';
  },
  uuid_broadcast: uuidBroadcast,
  uuid_answer: (core, args) => {
    const channel = core.locate(args);
    return channel !== undefined && answer(channel) ? '+OK\n' : '-ERROR\n';
  },
  uuid_pre_answer: (core, args) => {
    const channel = core.locate(args);
    return channel !== undefined && preAnswer(channel) ? '+OK\n' : '-ERROR\n';
  },
};
