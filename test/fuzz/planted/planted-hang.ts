import { textForm } from '../forms/text.js';
import { defineTarget } from '../target.js';

export const target = defineTarget<string>({
  name: 'planted-hang',
  about: 'Faulty on purpose.',
  covers: [],
  form: textForm(['hang']),
  seeds: ['fine'],
  maxHeapMb: 64,
  run(text) {
    while (text.includes('hang')) Math.random();
  },
});
