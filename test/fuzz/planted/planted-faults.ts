import { textForm } from '../forms/text.js';
import { defineTarget, expecting, must } from '../target.js';

/** Everything that a hunt is to find, behind a word each. */
export const target = defineTarget<string>({
  name: 'planted-faults',
  about: 'Faulty on purpose.',
  covers: [],
  form: textForm(['throws', 'broken', 'pollutes', 'rejects', 'fine']),
  seeds: ['fine'],
  run(text) {
    expecting([SyntaxError], () => JSON.parse(text) as unknown);
    if (text.includes('throws')) throw new TypeError('planted');
    must(!text.includes('broken'), 'planted, too');
    if (text.includes('pollutes'))
      Object.defineProperty(Object.prototype, 'planted', { value: 1, configurable: true });
    if (text.includes('rejects')) void Promise.reject(new Error('nobody waits for it'));
  },
});
