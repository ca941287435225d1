import { applicationInfo } from './applications.js';
import type { ChannelData, Segment, Step, StepResult } from './channel.js';

/**
 * Turns a segment into what FreeSWITCH runs as one extension: an inline-dialplan list for `execute_extension`, and
 * the channel variables it refers to. Why this way: docs/decisions/0001-how-a-list-is-run.md.
 *
 * The list looks like `m:~:answer~playback:${cti_d1}~set:cti_o1=…`. An application whose outcome matters is followed
 * by a *marker*, a `set` that keeps its values; the last marker carries a sentinel, so a missing sentinel tells that
 * the list did not come to its end on this channel.
 */

/** mod_dptools.c inline_dialplan_hunt: `char *argv[128]`. */
const MAX_ITEMS = 128;
/** mod_event_socket.c listener_run: `char reply[512]`; what `getvar` answers beyond that is cut. */
const MAX_REPLY_BYTES = 500;
/** Room for one value in a marker; what the applications keep (dispositions, causes, digits) is shorter. */
const VALUE_BYTES = 40;

const ITEM_DELIMITER = '~';
const SET_DELIMITER = '!';
/** In a marker: `;` begins a record, `,` separates its values. No value that is kept contains either. */
const RECORD = ';';
const FIELD = ',';
const SENTINEL = 'E';

/**
 * Data that may stand in the list itself: nothing that separates (blank, `~`), quotes, escapes, expands or could be
 * taken for a scope prefix.
 */
const PLAIN_IN_LIST = /^[A-Za-z0-9_.:/@=&?#+*-]+$/;
/** Data that `multiset` takes as it is: no quotes, escapes, expansion or delimiter, and no blank at either end. */
const PLAIN_IN_MULTISET = /^(?! )[^'\\$!\r\n\0]+(?<! )$/;

/** How a list ends on a channel that is not given back by the end of a `socket`. */
export interface ListTail {
  /** Set together with the last outcome; names and values plain. */
  readonly variables: Readonly<Record<string, string>>;
  /** Items behind all others, at most three; plain but for escaped references. */
  readonly items: readonly string[];
}

export interface CompileOptions {
  /** For a channel that is not given back by the end of a `socket`. */
  readonly tail?: ListTail;
  /**
   * That a variable has no value; default: of none is that known. What an application leaves has to be cleared before
   * it runs, and that costs FreeSWITCH an application: not where nothing is there.
   */
  readonly isUnset?: (name: string) => boolean;
}

export interface CompiledSegment {
  /**
   * Variables that may be set from outside before the list, by whatever takes a value as it is. Empty unless the
   * segment was compiled with a tail.
   */
  readonly variables: readonly (readonly [name: string, value: string])[];
  /** Executes to send before the list, in order. */
  readonly before: readonly { readonly application: string; readonly data: string }[];
  /** The argument of `execute_extension`. */
  readonly list: string;
  /** The variables to read when it has ended; the last holds the sentinel. */
  readonly outcomeVariables: readonly string[];
  /** Gives each step its result, from the values of `outcomeVariables` in order. */
  readonly read: (values: readonly (string | undefined)[], clock: ListClock) => ListReading;
}

/** When the list ran, as far as the daemon knows. */
export interface ListClock {
  /** From the list's being sent to the reply that it has ended. */
  readonly elapsedMs: number;
  /** What FreeSWITCH's clock showed when it ended, in microseconds since the epoch; an estimate. */
  readonly endedAtMicros: number;
}

export interface ListReading {
  /** The list came to its end on this channel. */
  readonly completed: boolean;
  readonly steps: readonly StepResult[];
}

interface Marker {
  readonly step: number;
  readonly variable: string;
  readonly names: readonly string[];
}

/** How many items of the list a step may take; the runner cuts its lists by the sum. */
export function itemsOf(step: Step): number {
  return 3 + (applicationInfo(step.application).takesTime ? 1 : 0);
}

/** The most items that the steps of one segment may take together; the rest is for its end. */
export const SEGMENT_ITEMS = MAX_ITEMS - 4;

/**
 * A `\` in a channel variable passes through FreeSWITCH's expansion three times before the application sees it
 * (switch_core_session.c switch_core_session_exec, mod_dptools.c base_set, and the recursive expansion of the value
 * in switch_channel.c switch_channel_expand_variables_check); each time `\\` becomes `\`.
 */
function escapeForSet(data: string): string {
  return data.replaceAll('\\', '\\'.repeat(8));
}

/** `name=value` for `set` or `multiset`; an empty value unsets the variable (mod_dptools.c base_set). */
class Assignments {
  readonly #plain: string[] = [];
  readonly #awkward: string[] = [];
  readonly #all: [string, string][] = [];

  add(name: string, value: string): void {
    this.#all.push([name, value]);
    if (value === '' || PLAIN_IN_MULTISET.test(value)) this.#plain.push(`${name}=${value}`);
    // Data with `$` is expanded by FreeSWITCH here, once its policy let it pass; see the escape above.
    else this.#awkward.push(`${name}=${value.includes('$') ? value : escapeForSet(value)}`);
  }

  /** Without the data that FreeSWITCH is to expand: for a channel whose variables can be set from outside. */
  direct(): { readonly values: readonly (readonly [string, string])[]; readonly rest: Assignments } {
    const rest = new Assignments();
    const values: [string, string][] = [];
    for (const [name, value] of this.#all) {
      if (/[$\r\n\0]/.test(value) || value.trim() !== value) rest.add(name, value);
      // Only one pass of expansion is left: that of the reference.
      else values.push([name, value.replaceAll('\\', '\\\\')]);
    }
    return { values, rest };
  }

  executes(): { application: string; data: string }[] {
    const sets = this.#awkward.map((data) => ({ application: 'set', data }));
    // multiset splits into at most 256 (mod_dptools.c multiset_function).
    for (let at = 0; at < this.#plain.length; at += 250) {
      const part = this.#plain.slice(at, at + 250);
      sets.push({ application: 'multiset', data: `^^${SET_DELIMITER}${part.join(SET_DELIMITER)}` });
    }
    return sets;
  }
}

/**
 * @param run names this run of this segment, so that a value left by another is never taken for its own; letters
 *   and digits.
 */
export function compileSegment(
  segment: Segment,
  run: string,
  { tail, isUnset = () => false }: CompileOptions = {},
): CompiledSegment {
  const variables = new Assignments();
  const items: string[] = [];
  const markers: Marker[] = [];
  const cleared = new Set<string>();
  const outcomeVariables: string[] = ['cti_o1'];
  let accumulated = 0;
  let written = false;

  for (const [name, value] of Object.entries(segment.before)) variables.add(name, value);

  const accumulate = (record: string, bytes: number): string => {
    if (written && accumulated + bytes > MAX_REPLY_BYTES) {
      outcomeVariables.push(`cti_o${outcomeVariables.length + 1}`);
      accumulated = 0;
      written = false;
    }
    const name = outcomeVariables.at(-1) ?? 'cti_o1';
    const begin = written ? `\\\${${name}}` : run;
    if (!written) accumulated += run.length;
    written = true;
    accumulated += bytes;
    return `${name}=${begin}${RECORD}${record}`;
  };

  segment.steps.forEach((step, index) => {
    const info = applicationInfo(step.application);
    for (const name of info.clears(step.data)) {
      if (cleared.has(name)) items.push(`set:${name}=`);
      else if (!isUnset(name)) variables.add(name, '');
      cleared.add(name);
    }
    items.push(itemFor(step, index, variables));
    if (!info.takesTime) return;
    const names = info.outcomeVariables(step.data);
    const fields = names.map((name) => `${FIELD}\\\${${name}}`).join('');
    const bytes = 24 + names.length * VALUE_BYTES;
    items.push(`set:${accumulate(`${index}${FIELD}\\\${strmicroepoch()}${fields}`, bytes)}`);
    markers.push({ step: index, variable: outcomeVariables.at(-1) ?? 'cti_o1', names });
  });

  const ending = Object.entries({ ...segment.after, ...tail?.variables }).map(
    ([name, value]) => `${name}=${value}`,
  );
  ending.push(accumulate(SENTINEL, 2));
  items.push(`multiset:^^${SET_DELIMITER}${ending.join(SET_DELIMITER)}`, ...(tail?.items ?? []));

  const outside = tail === undefined ? undefined : variables.direct();
  return {
    variables: outside?.values ?? [],
    before: (outside?.rest ?? variables).executes(),
    list: `m:${ITEM_DELIMITER}:${items.join(ITEM_DELIMITER)} inline`,
    outcomeVariables,
    read: readerOf(segment.steps, markers, run),
  };
}

/** Outside of `compileSegment`, so that what it has built is not kept for as long as the list runs. */
function readerOf(steps: readonly Step[], markers: readonly Marker[], run: string): CompiledSegment['read'] {
  return (values, clock) => readResults(steps, markers, run, values, clock);
}

/** A list of one application that leaves nothing behind: no outcome, no sentinel. */
export function compileBare(
  step: Step,
  items: readonly string[],
): Pick<CompiledSegment, 'variables' | 'list'> {
  const variables = new Assignments();
  const all = [itemFor(step, 0, variables), ...items];
  return {
    variables: variables.direct().values,
    list: `m:${ITEM_DELIMITER}:${all.join(ITEM_DELIMITER)} inline`,
  };
}

function itemFor(step: Step, index: number, variables: Assignments): string {
  // A `[` right behind the scope prefix would be read as a part of it (switch_event_create_brackets).
  const scope = scopePrefix(step) + (step.scope !== undefined && /^ *\[/.test(step.data) ? '{}' : '');
  if (step.data === '') return scope === '' ? step.application : `${step.application}:${scope}`;
  if (PLAIN_IN_LIST.test(step.data)) return `${step.application}:${scope}${step.data}`;
  const name = `cti_d${index + 1}`;
  variables.add(name, step.data);
  // One backslash before `$`: execute_extension's own argument is expanded first, which takes it off.
  return `${step.application}:${scope}\\\${${name}}`;
}

/**
 * switch_core_session_exec: `%[name=value,…]` before the data sets variables for as long as the application runs.
 * An application that rings is bounded by `call_timeout`, in whole seconds (switch_ivr_originate.c).
 */
function scopePrefix(step: Step): string {
  const scope = { ...step.scope };
  if (step.timeoutMs !== undefined && applicationInfo(step.application).stop === 'ring') {
    scope['call_timeout'] = String(Math.max(1, Math.ceil(step.timeoutMs / 1000)));
  }
  const pairs = Object.entries(scope).map(([name, value]) => `${name}=${value}`);
  return pairs.length === 0 ? '' : `%[${pairs.join(',')}]`;
}

function readResults(
  steps: readonly Step[],
  markers: readonly Marker[],
  run: string,
  values: readonly (string | undefined)[],
  clock: ListClock,
): ListReading {
  const records = new Map<number, string[]>();
  let completed = false;
  for (const value of values) {
    const [begin, ...rest] = (value ?? '').split(RECORD);
    if (begin !== run) continue;
    for (const record of rest) {
      const [step = '', ...fields] = record.split(FIELD);
      if (step === SENTINEL) completed = true;
      else if (/^\d+$/.test(step)) records.set(Number(step), fields);
    }
  }

  const stamps = [...records.values()].map(([stamp]) => Number(stamp)).filter((stamp) => stamp > 0);
  // After the last marker of a list that came to its end only what takes no time has run.
  const endMicros = completed && stamps.length > 0 ? Math.max(...stamps) : clock.endedAtMicros;
  let sinceMicros = endMicros - clock.elapsedMs * 1000;
  const lap = (untilMicros: number): number => {
    const lapMs = Math.max(0, Math.round((untilMicros - sinceMicros) / 1000));
    sinceMicros = untilMicros;
    return lapMs;
  };

  const cutAt = completed ? steps.length : cutStep(steps, markers, Math.max(-1, ...records.keys()));
  let nextMarker = 0;
  const results = steps.map((_, index): StepResult => {
    const marker = markers[nextMarker]?.step === index ? markers[nextMarker++] : undefined;
    if (index > cutAt) return { state: 'not_run', values: {}, timedOut: false };
    if (index === cutAt) return { state: 'cut', values: {}, timedOut: false, durationMs: lap(endMicros) };
    const kept = records.get(index);
    if (marker === undefined || kept === undefined) return { state: 'ran', values: {}, timedOut: false };
    const named = marker.names.map((name, at) => [name, kept[at + 1] ?? ''] as const);
    const values = Object.fromEntries(named.filter(([, value]) => value !== ''));
    const stamp = Number(kept[0]);
    // Without a stamp (api-expansion is off in switch.conf) the time is not known.
    if (!(stamp > 0)) return { state: 'ran', values, timedOut: false };
    return { state: 'ran', values, timedOut: false, durationMs: lap(stamp) };
  });
  return { completed, steps: results };
}

/**
 * What the steps of a segment brought that FreeSWITCH has run to its end after its daemon was gone: the markers are
 * still in the channel's variables. Times are not known.
 */
export function readLeftover(steps: readonly Step[], data: ChannelData): readonly StepResult[] {
  const [run = ''] = (data.variable('cti_o1') ?? '').split(RECORD);
  const compiled = compileSegment({ steps, before: {}, after: {}, release: false }, run);
  const values = compiled.outcomeVariables.map((name) => data.variable(name));
  const reading = compiled.read(values, { elapsedMs: 0, endedAtMicros: 0 });
  return reading.steps.map(({ state, values: kept }) => ({ state, values: kept, timedOut: false }));
}

/**
 * The step during which the list ended. Only an application that takes time leaves a marker; those that take none
 * are taken to have run when the list got past the last marker, up to one that ends the call or takes time.
 */
function cutStep(steps: readonly Step[], markers: readonly Marker[], lastMarked: number): number {
  for (let index = lastMarked + 1; index < steps.length; index += 1) {
    const step = steps[index];
    if (step === undefined) break;
    if (markers.some((marker) => marker.step === index)) return index;
    if (applicationInfo(step.application).ends === 'hangup') return index;
  }
  return steps.length - 1;
}
