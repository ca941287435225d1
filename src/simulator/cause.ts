import { HANGUP_CAUSES } from '../switch/hangup-cause.js';

const CAUSES: Readonly<Record<string, number>> = HANGUP_CAUSES;
const NAMES = new Map(Object.entries(CAUSES).map(([name, number]) => [number, name]));

/** switch_channel_str2cause: a name in any case, or a number; what is neither is NORMAL_CLEARING. */
export function toCause(text: string): string {
  if (text === '') return 'NORMAL_CLEARING';
  if (/^\d/.test(text)) return NAMES.get(Number.parseInt(text, 10)) ?? 'NORMAL_CLEARING';
  const name = text.toUpperCase();
  return Object.hasOwn(CAUSES, name) ? name : 'NORMAL_CLEARING';
}

export function causeNumber(name: string): number {
  return CAUSES[name] ?? 16;
}

/** hangup_cause_q850: FreeSWITCH's own causes have no number there and are told as 16. */
export function causeQ850(name: string): number {
  const number = causeNumber(name);
  return number <= 127 ? number : 16;
}
