import { toCause } from '../cause.js';
import type { Channel } from '../channel.js';
import type { SwitchEvent } from '../event.js';
import { runLoop } from '../media/loop.js';
import { terminatorHandler } from '../media/play.js';
import { answer, preAnswer, ringReady } from '../session/answering.js';
import { executeExtension } from '../session/execute.js';
import { park } from '../session/park.js';
import { transfer } from '../session/transfer.js';
import { equalsIgnoringCase, isTrue, separate, toInteger } from '../text.js';
import { application, type Application } from './application.js';

const noMedia = { noMedia: true } as const;

async function sleep(channel: Channel, data: string): Promise<void> {
  if (data === '') return;
  const eats = isTrue(channel.getVariable('sleep_eat_digits'));
  if (eats) channel.setVariable('playback_terminator_used', undefined);
  // Without media it counts whole packets of 20 ms.
  const ms = Math.max(0, toInteger(data));
  const durationMs = channel.mediaUp ? ms : Math.floor(ms / 20) * 20;
  const digits = eats ? { onDigit: terminatorHandler(channel) } : { stopsAtDigit: channel.mediaUp };
  await runLoop(channel, { durationMs, pausesForMessages: false, ...digits });
}

function transferApplication(channel: Channel, data: string): void {
  const [first, ...rest] = separate(data, ' ', 4);
  if (first === undefined) return;
  const both = equalsIgnoringCase(first, '-both');
  if (!both && !equalsIgnoringCase(first, '-bleg')) {
    transfer(channel, first, rest[0], rest[1]);
    return;
  }
  const { partner } = channel;
  if (partner !== undefined) transfer(partner, rest[0] ?? '', rest[1], rest[2]);
  if (both) transfer(channel, rest[0] ?? '', rest[1], rest[2]);
}

async function executeExtensionApplication(channel: Channel, data: string): Promise<void> {
  const [extension, dialplan, context] = separate(data, ' ', 4);
  if (extension !== undefined) await executeExtension(channel, extension, dialplan, context);
}

function scheduleHangup(channel: Channel, data: string): void {
  const [time, cause, leg] = separate(data, ' ', 5);
  if (time === undefined) return;
  const seconds = toInteger(time.slice(1));
  const name = cause === undefined ? 'ALLOTTED_TIMEOUT' : toCause(cause);
  if (seconds === 0) {
    channel.hangup(name);
    return;
  }
  const { core } = channel;
  const delay = time.startsWith('+') ? seconds : toInteger(time) - core.clock.seconds();
  core.scheduler.add(channel.uuid, delay, 0, () => {
    const target = leg !== undefined && equalsIgnoringCase(leg, 'bleg') ? channel.partner : channel;
    target?.hangup(name);
  });
}

/** Stops what plays on the channel, as the API command uuid_break does. */
export function breakChannel(channel: Channel, all: boolean): void {
  if (channel.has('BROADCAST')) {
    channel.stopBroadcast();
    return;
  }
  channel.breakFlag = all ? 2 : 1;
  channel.changed();
}

/** mod_dptools.c event_function: headers separated by commas, then all that is told of the channel. */
function fireEvent(channel: Channel, data: string): void {
  const headers = separate(data, ',', 25).map((item): [string, string] => {
    const equals = item.indexOf('=');
    return equals < 0 ? [item, ''] : [item.slice(0, equals).trim(), item.slice(equals + 1).trim()];
  });
  const named = (wanted: string): string | undefined =>
    headers.find(([name]) => equalsIgnoringCase(name, wanted))?.[1];
  const fill = (event: SwitchEvent): void => {
    for (const [name, value] of headers) event.add(name, value);
  };
  channel.core.fire(named('Event-Name') ?? 'CHANNEL_APPLICATION', channel, fill, named('Event-Subclass'));
}

/** echo, and everything else that only ends with the call or when it is moved. */
async function untilGone(channel: Channel): Promise<void> {
  await runLoop(channel, {
    durationMs: Number.POSITIVE_INFINITY,
    pausesForMessages: false,
    onDigit: () => false,
  });
}

/** Applications that change nothing that can be seen from the Event Socket. */
const WITHOUT_EFFECT = [
  'privacy',
  'presence',
  'start_dtmf',
  'stop_dtmf',
  'verbose_events',
  'session_loglevel',
  'enable_heartbeat',
  'set_user',
  'set_name',
  'remove_bugs',
  'clear_speech_cache',
  'bind_meta_app',
  'unbind_meta_app',
  'bind_digit_action',
  'clear_digit_action',
  'digit_action_set_realm',
  'block_dtmf',
  'unblock_dtmf',
  'sched_cancel',
  'stop_record_session',
  'limit',
  'hash',
  'db',
  'group',
  'acknowledge_call',
  'jitterbuffer',
  'send_info',
  'send_display',
  'video_refresh',
  'record_session_mask',
  'record_session_unmask',
];

export const callControlApplications: readonly Application[] = [
  application('answer', noMedia, (channel) => void answer(channel)),
  application('pre_answer', noMedia, (channel) => void preAnswer(channel)),
  application('ring_ready', noMedia, (channel) => ringReady(channel)),
  application('hangup', noMedia, (channel, data) => channel.hangup(toCause(data))),
  application('respond', noMedia, (channel, data) => channel.endpoint.respond?.(channel, data)),
  application('park', noMedia, park),
  application('sleep', noMedia, sleep),
  application('echo', {}, untilGone),
  application('delay_echo', {}, untilGone),
  application('wait_for_answer', noMedia, async (channel) => {
    while (!channel.has('ANSWERED') && channel.ready) await channel.waitSince(channel.version);
  }),
  application('transfer', noMedia, transferApplication),
  application('execute_extension', noMedia, executeExtensionApplication),
  application('sched_hangup', noMedia, scheduleHangup),
  application('event', noMedia, fireEvent),
  application('set_zombie_exec', noMedia, (channel) => channel.set('ZOMBIE_EXEC')),
  application('break', noMedia, (channel, data) => {
    if (data !== '' && !equalsIgnoringCase(data, 'all')) channel.flushPrivateMessages();
    breakChannel(channel, false);
  }),
  application('send_dtmf', noMedia, (channel, data) => channel.endpoint.sendDigits(channel, data)),
  application('queue_dtmf', noMedia, (channel, data) => channel.endpoint.sendDigits(channel, data)),
  application('flush_dtmf', noMedia, (channel) => channel.flushDigits()),
  ...WITHOUT_EFFECT.map((name) => application(name, noMedia, () => undefined)),
];
