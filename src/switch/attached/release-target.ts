import type { ChannelData } from '../channel.js';
import { TARGET_VARIABLE } from './marks.js';

/** Where a call goes that is given back, as `transfer` takes it. */
export interface ReleaseTarget {
  readonly extension: string;
  readonly dialplan: string;
  readonly context: string;
}

/**
 * A word of a target: what neither FreeSWITCH's splitting of arguments, nor its expansion, nor the inline dialplan
 * reads as anything else.
 */
const WORD = /^[A-Za-z0-9_.+*#@-]{1,128}$/;

export function isTargetWord(word: string): boolean {
  return WORD.test(word);
}

/** `<extension> [<dialplan>] [<context>]`, as in the channel variable `cti_release`; undefined when it is not that. */
export function readReleaseTarget(text: string): ReleaseTarget | undefined {
  const [extension = '', dialplan = 'XML', context = 'default', ...more] = text.trim().split(/ +/);
  const words = [extension, dialplan, context];
  return more.length === 0 && words.every(isTargetWord) ? { extension, dialplan, context } : undefined;
}

/** As the application `transfer` takes it; without a target the call is hung up. */
export function targetText(target: ReleaseTarget | undefined): string {
  if (target === undefined) return 'hangup:NORMAL_CLEARING inline';
  return `${target.extension} ${target.dialplan} ${target.context}`;
}

/** Where a call goes that was to be released and is to stay. */
export const KEPT_TARGET = 'park inline';

/** Whether a channel's `transfer_source` says that (switch_ivr.c switch_ivr_session_transfer). */
export function isKeptSource(source: string): boolean {
  return /:park\/[^/]*\/inline$/.test(source);
}

/** What was said, in different places, about where a call goes at its end. */
export interface TargetWishes {
  /** The channel carries the mark of this instance. */
  readonly isOurs: boolean;
  /** Of the request by which the call is attached. */
  readonly requested?: ReleaseTarget | 'hangup' | undefined;
  /** Of the switch. */
  readonly usual: ReleaseTarget | undefined;
}

/**
 * The word of the channel goes first, then that of the request, then what was decided when it was taken before, then
 * that of the switch.
 */
export function chosenTarget(
  data: ChannelData,
  { isOurs, requested, usual }: TargetWishes,
): ReleaseTarget | undefined {
  const kept = isOurs ? targetIn(data, TARGET_VARIABLE) : undefined;
  const target = targetIn(data, 'cti_release') ?? requested ?? kept ?? usual;
  return target === 'hangup' ? undefined : target;
}

function targetIn(data: ChannelData, name: string): ReleaseTarget | 'hangup' | undefined {
  const text = data.variable(name) ?? '';
  if (text === 'hangup' || text === targetText(undefined)) return 'hangup';
  return text === KEPT_TARGET ? undefined : readReleaseTarget(text);
}
