import { describe, it } from 'vitest';
import { SWITCHES } from './switches.js';
import type { SwitchKind, SwitchUnderTest } from './switches.js';

/** Defines suites for every kind of switch, and says which can not be run on this machine. @param on that kind alone */
export function describeOnEverySwitch(
  title: string,
  on: SwitchKind['name'] | undefined,
  define: (kind: SwitchKind) => void,
): void {
  for (const kind of SWITCHES) {
    if (on !== undefined && kind.name !== on) continue;
    if (kind.missing === undefined) {
      describe(`${title} on ${kind.name}`, () => define(kind));
      continue;
    }
    describe.skip(`${title} on ${kind.name} (skipped: ${kind.missing})`, () => {
      it('is not run on this machine', () => undefined);
    });
  }
}

/** A switch that was stopped had no calls any more. @throws Error with what was left */
export function expectNoneLeft(left: Awaited<ReturnType<SwitchUnderTest['stop']>> | undefined): void {
  if (left !== undefined && left.channelsLeft > 0) throw new Error(`channels left behind:\n${left.detail}`);
}
