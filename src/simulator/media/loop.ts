import type { Channel } from '../channel.js';
import { performMessages } from '../session/messages.js';

/**
 * Why a media loop ended: its time was over; the channel was wanted elsewhere or hung up; uuid_break; uuid_break
 * all; or the digit handler said so.
 */
export type LoopEnd = 'elapsed' | 'not_ready' | 'break' | 'break_all' | 'stopped';

export interface LoopOptions {
  readonly durationMs: number;
  /** Executing a message stops the time, as it stops a file that plays. */
  readonly pausesForMessages: boolean;
  /** Takes one digit; true ends the loop. Without it digits stay where they are. */
  readonly onDigit?: (digit: string) => boolean;
  /** A digit ends the loop and stays queued. */
  readonly stopsAtDigit?: boolean;
}

/** What happened in a media loop, and for how many milliseconds of the switch's time it ran. */
export interface LoopResult {
  readonly end: LoopEnd;
  readonly elapsedMs: number;
}

/**
 * The loop at the heart of every application that takes time: looks whether the channel is still its own, at
 * uuid_break, at messages and digits, and lets time pass (switch_ivr_play_file, switch_ivr_sleep and their kin).
 */
export async function runLoop(channel: Channel, options: LoopOptions): Promise<LoopResult> {
  const { clock } = channel.core;
  const startMs = clock.now();
  let pausedMs = 0;
  const elapsed = (): number => clock.now() - startMs - pausedMs;
  for (;;) {
    const { version } = channel;
    if (!channel.ready) return { end: 'not_ready', elapsedMs: elapsed() };
    if (channel.breakFlag !== 0) {
      const end = channel.breakFlag === 2 ? 'break_all' : 'break';
      channel.breakFlag = 0;
      return { end, elapsedMs: elapsed() };
    }
    if (channel.hasPrivateMessage) {
      const beforeMs = clock.now();
      await performMessages(channel);
      if (options.pausesForMessages) pausedMs += clock.now() - beforeMs;
      continue;
    }
    if (options.stopsAtDigit === true && channel.hasDigit) return { end: 'stopped', elapsedMs: elapsed() };
    if (options.onDigit !== undefined && channel.hasDigit) {
      const digit = channel.takeDigit();
      if (digit !== undefined && options.onDigit(digit)) return { end: 'stopped', elapsedMs: elapsed() };
      continue;
    }
    const left = options.durationMs - elapsed();
    if (left <= 0) return { end: 'elapsed', elapsedMs: Math.min(elapsed(), options.durationMs) };
    await channel.waitSince(version, left);
  }
}
