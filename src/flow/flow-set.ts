import { createHash } from 'node:crypto';
import type { Flow } from './flow.js';
import type { Json, JsonObject } from './port.js';
import { referencesIn, textsIn } from './references.js';
import type { SpeechSettings } from './speech/settings.js';
import { NO_SPEECH } from './speech/settings.js';
import { STATE_MAX_BYTES } from './state.js';

export interface FlowSettings {
  readonly speech?: SpeechSettings;
  /** Beyond this the flow ends with `flow_state_too_large`. */
  readonly stateMaxBytes?: number;
}

/** Flows that know of each other; a call stays with the set with which it began. */
export interface FlowSet {
  /** Hash over the flows' names and versions. */
  readonly version: string;
  readonly flows: ReadonlyMap<string, Flow>;
  readonly speech: SpeechSettings;
  readonly stateMaxBytes: number;
  /** What is kept of a function's answer: the names to which a reference leads, or all of it. */
  readonly externalPaths: readonly (readonly string[])[] | 'all';
}

export function flowSet(flows: readonly Flow[], settings: FlowSettings = {}): FlowSet {
  const sorted = [...flows].sort((a, b) => (a.name < b.name ? -1 : 1));
  const hash = createHash('sha256');
  for (const { name, version } of sorted) hash.update(`${name}:${version}\n`);
  return {
    version: hash.digest('hex').slice(0, 12),
    flows: new Map(sorted.map((flow) => [flow.name, flow])),
    speech: settings.speech ?? NO_SPEECH,
    stateMaxBytes: settings.stateMaxBytes ?? STATE_MAX_BYTES,
    externalPaths: externalPaths(sorted),
  };
}

function externalPaths(flows: readonly Flow[]): FlowSet['externalPaths'] {
  const paths = new Map<string, readonly string[]>();
  for (const { blocks, language } of flows) {
    const texts = [...Array.from(blocks.values(), ({ parameters }) => parameters), language];
    for (const { text } of texts.flatMap((one) => textsIn(one))) {
      for (const { space, path } of referencesIn(text)) {
        if (space !== 'External') continue;
        if (path.length === 0) return 'all';
        paths.set(path.join('\0'), path);
      }
    }
  }
  return [...paths.values()];
}

/** So much of a function's answer as a flow refers to: the state stays small, whatever a function sends. */
export function keptOf(answer: Json, paths: FlowSet['externalPaths']): Json {
  if (paths === 'all' || answer === null || typeof answer !== 'object') return answer;
  if (Array.isArray(answer)) return null;
  const kept: Record<string, Json> = {};
  const at = answer as JsonObject;
  for (const [name, rest] of byFirst(paths)) {
    if (!Object.hasOwn(at, name)) continue;
    const value = at[name] ?? null;
    const part = rest.some((path) => path.length === 0) ? value : keptOf(value, rest);
    Object.defineProperty(kept, name, { value: part, enumerable: true, writable: true, configurable: true });
  }
  return kept;
}

function byFirst(paths: readonly (readonly string[])[]): Map<string, (readonly string[])[]> {
  const groups = new Map<string, (readonly string[])[]>();
  for (const [first, ...rest] of paths) {
    if (first === undefined) continue;
    const group = groups.get(first) ?? [];
    group.push(rest);
    groups.set(first, group);
  }
  return groups;
}
