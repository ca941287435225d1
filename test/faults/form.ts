import { it } from 'vitest';
import { SWITCHES, type SwitchKind } from '../contract/switches.js';

/** The whole suite of faults, by hand; otherwise the short form that stands before every change. */
export const full = process.env.SWITCHHOOK_FAULTS === 'full';

/** How often, or how much, or how long: in the short form and in the full one. */
export function repeat(short: number, long: number): number {
  return full ? long : short;
}

/** Defines a test on every kind of switch; in the short form on one alone, or on the other where that is missing. */
export function testOn(
  kind: SwitchKind['name'],
  chosen: SwitchKind['name'],
): (title: string, body: () => Promise<void>) => void {
  const isThere = SWITCHES.some(({ name, missing }) => name === chosen && missing === undefined);
  return full || kind === chosen || !isThere ? it : () => undefined;
}
