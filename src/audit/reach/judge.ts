import { countUpTo } from '../language/questions.js';
import type { Target } from './dial.js';
import type { Dialled } from './trail.js';
import { constantOf, languageOf, originOf, show } from './value.js';

/** With no more numbers to choose from it is a list of extensions, not the whole world. */
const FEW = 1000;

/**
 * How much a caller decides who dials out.
 * @param own hosts that are this switch itself
 * @returns undefined when the call stays on the switch
 */
export function judge(
  target: Extract<Target, { kind: 'outside' }>,
  what: string,
  own: ReadonlySet<string>,
): Dialled | undefined {
  const host = constantOf(target.host)?.replace(/:\d+$/, '');
  if (host !== undefined && host !== '' && own.has(host)) return undefined;
  const dialled = (freedom: Dialled['freedom'], explanation: string): Dialled => ({
    freedom,
    target: what,
    explanation,
  });
  if (originOf(target.host) === 'caller') {
    return dialled('any-host', `the caller names the host that ${target.through} calls`);
  }
  const number = show(target.number);
  switch (originOf(target.number)) {
    case 'caller': {
      const count = countUpTo(languageOf(target.number), FEW);
      return count < FEW
        ? dialled('few-numbers', `the caller chooses among ${count} numbers that ${target.through} calls`)
        : dialled('any-number', `the caller chooses the number ${number} that ${target.through} calls`);
    }
    case 'unknown':
      return dialled(
        'unknown-number',
        `${target.through} calls ${number}, which is not decided by the configuration`,
      );
    case 'fixed':
      return dialled('one-number', `${target.through} calls ${number || 'its own number'}`);
  }
}
