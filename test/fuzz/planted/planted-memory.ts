import { textForm } from '../forms/text.js';
import { defineTarget } from '../target.js';

export const target = defineTarget<string>({
  name: 'planted-memory',
  about: 'Faulty on purpose.',
  covers: [],
  form: textForm(['memory']),
  seeds: ['fine'],
  maxHeapMb: 64,
  run(text) {
    const kept: object[] = [];
    while (text.includes('memory')) kept.push({ text });
  },
});
