/**
 * `npm run advisories`: whether a package that is shipped is known to be vulnerable. Fails when one is; says so plainly
 * when the registry does not answer, which is no failure.
 */
import { spawnSync } from 'node:child_process';
import { readAuditAnswer } from './audit-answer.js';
import { ROOT } from './packages.js';

const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { cwd: ROOT, encoding: 'utf8' });
const answer = readAuditAnswer(stdout);
const lines =
  answer.kind === 'unknown'
    ? [`advisories: not known, ${answer.why}`]
    : [...answer.packages, `advisories: ${answer.packages.length}`];
process.stdout.write(`${lines.join('\n')}\n`);
process.exitCode = answer.kind === 'advisories' && answer.packages.length > 0 ? 1 : 0;
