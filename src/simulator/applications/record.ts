import { accessSync, constants, writeFileSync } from 'node:fs';
import path from 'node:path';

import type { Channel } from '../channel.js';
import { runLoop } from '../media/loop.js';
import { terminatorHandler } from '../media/play.js';
import { fromBytes, separate, toInteger } from '../text.js';
import { application, type Application } from './application.js';

/** Whether a recording could be written there; inside the recordings folder an empty file is left. */
function open(channel: Channel, file: string): boolean {
  const name = fromBytes(file);
  const folder = path.dirname(name);
  try {
    accessSync(folder, constants.W_OK);
    const { recordingsFolder } = channel.core;
    const inside =
      recordingsFolder !== undefined && path.resolve(folder).startsWith(path.resolve(recordingsFolder));
    if (inside) writeFileSync(name, '');
    return true;
  } catch {
    // FreeSWITCH does not make folders either.
    return false;
  }
}

/** record_function and switch_ivr_record_file: `<path> [<seconds>]`; a failure or a move hangs up. */
async function record(channel: Channel, data: string): Promise<void> {
  const [file, limit] = separate(data, ' ', 4);
  if (file === undefined) return;
  const { core } = channel;
  channel.setVariable('playback_terminator_used', undefined);
  if (!channel.mediaUp || !open(channel, absolute(channel, file))) {
    channel.hangup('DESTINATION_OUT_OF_ORDER');
    return;
  }
  channel.setVariable('silence_hits_exhausted', 'false');
  const full = absolute(channel, file);
  core.fire('RECORD_START', channel, (event) => event.add('Record-File-Path', full));
  const seconds = toInteger(limit?.replace(/^\+/, ''));
  // It ends when the clock has stepped by more seconds than allowed.
  const durationMs =
    seconds > 0 ? (core.clock.seconds() + seconds + 1) * 1000 - core.clock.now() : Number.POSITIVE_INFINITY;
  const { end, elapsedMs } = await runLoop(channel, {
    durationMs,
    pausesForMessages: false,
    onDigit: terminatorHandler(channel),
  });
  // A loopback partner that is parked sends no sound at all.
  const heardMs = channel.endpoint.module === 'mod_loopback' ? 0 : Math.floor(elapsedMs / 20) * 20;
  channel.setVariable('record_seconds', String(Math.floor(heardMs / 1000)));
  channel.setVariable('record_ms', String(heardMs));
  channel.setVariable('record_samples', String(heardMs * 8));
  core.fire('RECORD_STOP', channel, (event) => event.add('Record-File-Path', full));
  if (end === 'not_ready') channel.hangup('DESTINATION_OUT_OF_ORDER');
}

function absolute(channel: Channel, file: string): string {
  if (file.startsWith('/')) return file;
  return `${channel.getVariable('sound_prefix') ?? channel.getVariable('sounds_dir') ?? ''}/${file}`;
}

export const recordApplications: readonly Application[] = [
  application('record', {}, record),
  application('record_session', {}, (channel, data) => {
    const [file = ''] = separate(data, ' ', 4);
    channel.core.fire('RECORD_START', channel, (event) => event.add('Record-File-Path', file));
  }),
];
