import type { Channel } from '../channel.js';

function stamp(microseconds: number): string | undefined {
  if (microseconds === 0) return undefined;
  const date = new Date(microseconds / 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** switch_channel_set_timestamps: the variables from which call records are written, set when a call has ended. */
export function setTimestamps(channel: Channel): void {
  const { times, callerIdName, callerIdNumber } = channel.profile;
  const last = channel.executed.at(-1);
  const set = (name: string, value: string | undefined): void => channel.setVariable(name, value);
  set('digits_dialed', channel.dialledDigits === '' ? 'none' : channel.dialledDigits);
  const points: readonly (readonly [name: string, at: number])[] = [
    ['start', times.created],
    ['profile_start', times.profileCreated],
    ['answer', times.answered],
    ['bridge', times.bridged],
    ['progress', times.progress],
    ['progress_media', times.progressMedia],
    ['end', times.hungUp],
  ];
  for (const [name, at] of points) set(`${name}_stamp`, stamp(at));
  for (const [name, at] of [...points, ['last_hold', 0], ['resurrect', 0]] as const) {
    set(`${name}_epoch`, String(Math.floor(at / 1e6)));
    set(`${name}_uepoch`, String(at));
  }
  for (const unit of ['seconds', 'usec', 'ms']) set(`hold_accum_${unit}`, '0');
  set('last_app', last?.application);
  set('last_arg', last?.data);
  set('caller_id', callerIdName === '' ? callerIdNumber : `"${callerIdName}" <${callerIdNumber}>`);
  const since = (from: number, to: number): number => (from === 0 || to === 0 ? 0 : to - from);
  const lengths: readonly (readonly [name: string, microseconds: number])[] = [
    ['bill', since(times.answered, times.hungUp)],
    ['progress', since(times.created, times.progress)],
    ['answer', since(times.created, times.answered)],
    ['wait', since(times.created, times.bridged)],
    ['progress_media', since(times.created, times.progressMedia)],
    ['flow_bill', since(times.answered, times.hungUp)],
  ];
  const duration = times.hungUp - times.created;
  set('duration', String(Math.floor(times.hungUp / 1e6) - Math.floor(times.created / 1e6)));
  for (const [name, length] of lengths) set(`${name}sec`, String(Math.round(length / 1e6)));
  set('mduration', String(Math.floor(duration / 1000)));
  for (const [name, length] of lengths) set(`${name}msec`, String(Math.floor(length / 1000)));
  set('uduration', String(duration));
  for (const [name, length] of lengths) set(`${name}usec`, String(length));
}
