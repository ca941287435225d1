import { join } from 'node:path';
import type { Settings } from './test-daemon.js';

const CONF = join(import.meta.dirname, '../../conf');

/** The project's own example flows and functions, spoken by flite: for a daemon of the suite. */
export function exampleFlows(more: Settings = {}): Settings {
  return { ...flowsIn(join(CONF, 'flows'), more), functions: { file: join(CONF, 'functions.yaml') } };
}

export function flowsIn(folder: string, more: Settings = {}): Settings {
  const voice = { engine: 'flite', voice: 'kal' };
  return {
    flows: {
      folder,
      versions_folder: join(folder, '../.versions'),
      policy: 'suite',
      speech: { en: voice, zh: voice },
      ...more,
    },
  };
}
