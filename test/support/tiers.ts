import { missing } from '../e2e/sipp.js';
import { SWITCHES } from '../contract/switches.js';
import { LANGUAGES } from './reception.js';

/** Says once, before the tests, which tiers this machine can run and why it can't run the others. */
export function setup(): void {
  const lines = SWITCHES.map(({ name, missing: reason }) => tier(`contract on ${name}`, reason));
  lines.push(tier('e2e with sipp', missing()));
  for (const { name, missing: reason } of LANGUAGES) lines.push(tier(`example app in ${name}`, reason));
  process.stdout.write(`${lines.join('\n')}\n`);
}

function tier(name: string, reason: string | undefined): string {
  return reason === undefined ? `tier ${name}: run` : `tier ${name}: SKIPPED, ${reason}`;
}
