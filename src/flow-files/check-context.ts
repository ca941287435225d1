import { existsSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import type { Policy } from '../call/policy.js';
import type { CheckContext, KnownFunction } from '../flow/check/context.js';
import type { SpeechSettings } from '../flow/speech/settings.js';
import type { FunctionSettings } from '../functions/settings.js';
import type { FlowsConfig } from './settings.js';

export interface Surroundings {
  /** Undefined: they are not known, and not checked. */
  readonly functions: ReadonlyMap<string, FunctionSettings> | undefined;
  readonly policy: Policy | undefined;
}

/** What the checker is told of the world around the flows. */
export function checkContext(config: FlowsConfig, { functions, policy }: Surroundings): CheckContext {
  const { sounds_folder: sounds } = config;
  return {
    speech: speechOf(config),
    ...(functions === undefined ? {} : { functions: (name) => knownFunction(functions.get(name)) }),
    ...(sounds === undefined ? {} : { fileExists: (file) => soundExists(file, sounds) }),
    ...(policy === undefined
      ? {}
      : {
          policy: (action) => {
            const verdict = policy.check(action, { get: () => undefined });
            return verdict.allowed ? undefined : `${verdict.rule}: ${verdict.detail}`;
          },
        }),
  };
}

export function speechOf({ speech, default_language: defaultLanguage }: FlowsConfig): SpeechSettings {
  const languages = Object.fromEntries(
    Object.entries(speech).map(([language, { engine, voice, say, ssml }]) => [
      language,
      { engine, voice, ssml, ...(say === undefined ? {} : { say }) },
    ]),
  );
  return { languages, defaultLanguage };
}

function knownFunction(settings: FunctionSettings | undefined): KnownFunction | undefined {
  if (settings === undefined) return undefined;
  const { parameters, outputs } = settings;
  return {
    ...(parameters === undefined
      ? {}
      : { parameters: Object.entries(parameters).map(([name, { required }]) => ({ name, required })) }),
    ...(outputs === undefined ? {} : { outputs: Object.keys(outputs) }),
  };
}

/** mod_sndfile.c sndfile_file_open looks into a folder named like the channel's sample rate, too. */
const RATES = ['', '8000', '16000', '32000', '48000'];

function soundExists(file: string, sounds: string): boolean | undefined {
  if (file.includes('://') || file.startsWith('{')) return undefined;
  const path = isAbsolute(file) ? file : join(sounds, file);
  return RATES.some((rate) => existsSync(join(dirname(path), rate, basename(path))));
}
