import type { Json } from '../flow/port.js';
import type { Expectation, FlowCase } from './case-file.js';
import type { CaseRun, Heard } from './run-case.js';

/** Something that did not happen as the case expects. */
export interface Miss {
  /** The key of `expect`. */
  readonly what: string;
  readonly expected: string;
  readonly got: string;
}

/** What is not as it should be; nothing: the case passed. */
export function judge({ expect, does }: FlowCase, run: CaseRun): Miss[] {
  const misses: Miss[] = [
    ...flow(expect, run),
    ...heard(expect, run),
    ...functions(expect, run),
    ...values('attributes', expect.attributes, (name) => ownValue(run.attributes, name)),
    ...values('variables', expect.variables, run.variable),
    ...ending(expect, run),
  ];
  for (const name of run.unknownFunctions) {
    const got = 'it was invoked, and the case does not say what it answers';
    misses.push({ what: `functions.${name}`, expected: 'an answer', got });
  }
  if (run.undone > 0 && run.ends !== 'by_caller') {
    const got = `${run.undone} of ${does.length} left`;
    misses.push({ what: 'does', expected: 'the caller is asked for everything', got });
  }
  return misses;
}

function flow(expect: Expectation, { visits, last }: CaseRun): Miss[] {
  const misses: Miss[] = [];
  const steps = [
    ...visits.map(({ flow: name, block, exit }) => ({ name, block, exit })),
    ...(last === undefined ? [] : [{ name: last.flow, block: last.block, exit: '' }]),
  ];
  const fits = (wanted: string, step: (typeof steps)[number] | undefined): boolean => {
    const [, ofFlow, block = '', exit] = /^(?:([^/]*)\/)?([^:]*)(?::(.*))?$/.exec(wanted) ?? [];
    if (step === undefined) return false;
    if (ofFlow !== undefined && ofFlow !== step.name) return false;
    return block === step.block && (exit === undefined || exit === step.exit);
  };
  const got = steps.map(({ block, exit }) => (exit === '' ? block : `${block}:${exit}`)).join(' → ');
  const { path, passes = [], avoids = [] } = expect;
  if (path !== undefined) {
    const same = path.length === steps.length && path.every((wanted, index) => fits(wanted, steps[index]));
    if (!same) misses.push({ what: 'path', expected: path.join(' → '), got });
  }
  if (!inOrder(passes, steps, fits)) misses.push({ what: 'passes', expected: passes.join(' → '), got });
  const entered = avoids.filter((wanted) => steps.some((step) => fits(wanted, step)));
  if (entered.length > 0) misses.push({ what: 'avoids', expected: `not ${entered.join(', ')}`, got });
  return misses;
}

function heard(expect: Expectation, { heard: all }: CaseRun): Miss[] {
  const of = (...kinds: Heard['what'][]): string[] =>
    all.filter(({ what }) => kinds.includes(what)).map(({ text }) => text);
  return [
    ...exactly('prompts', expect.prompts, of('prompt')),
    ...among('hears', expect.hears, of('prompt')),
    ...exactly('digits', expect.digits, of('digits')),
    ...exactly('transfers', expect.transfers, of('transfer')),
    ...exactly('queues', expect.queues, of('queue')),
    ...among('actions', expect.actions, of('action')),
  ];
}

function exactly(what: string, wanted: readonly string[] | undefined, got: readonly string[]): Miss[] {
  if (wanted === undefined) return [];
  const same = wanted.length === got.length && wanted.every((one, index) => matches(one, got[index] ?? ''));
  return same ? [] : [{ what, expected: listed(wanted), got: listed(got) }];
}

function among(what: string, wanted: readonly string[] | undefined, got: readonly string[]): Miss[] {
  if (wanted === undefined || inOrder(wanted, got, matches)) return [];
  return [{ what, expected: listed(wanted), got: listed(got) }];
}

function functions(expect: Expectation, run: CaseRun): Miss[] {
  const { functions: wanted } = expect;
  if (wanted === undefined) return [];
  const same =
    wanted.length === run.functions.length &&
    wanted.every((one, index) => {
      const invoked = run.functions[index];
      if (typeof one === 'string') return invoked?.name === one;
      return (
        invoked?.name === one.function &&
        Object.entries(one.parameters ?? {}).every(([name, value]) =>
          alike(value, ownValue(invoked.parameters, name) ?? null),
        )
      );
    });
  if (same) return [];
  const told = wanted.map((one) =>
    typeof one === 'string' ? one : `${one.function} ${JSON.stringify(one.parameters ?? {})}`,
  );
  const got = run.functions.map(({ name, parameters }) => `${name} ${JSON.stringify(parameters)}`);
  return [{ what: 'functions', expected: listed(told), got: listed(got) }];
}

function values(
  what: string,
  wanted: Readonly<Record<string, string>> | undefined,
  read: (name: string) => string | undefined,
): Miss[] {
  return Object.entries(wanted ?? {}).flatMap(([name, expected]) => {
    const got = read(name);
    const fits = expected === '' ? got === undefined || got === '' : matches(expected, got ?? '');
    return fits ? [] : [{ what: `${what}.${name}`, expected, got: got ?? '(not set)' }];
  });
}

function ending({ ends, error, cause, at_most_ms: atMostMs }: Expectation, run: CaseRun): Miss[] {
  const misses: Miss[] = [];
  const how = run.error === '' ? run.ends : `${run.ends}, ${run.error}: ${run.errorDetail}`;
  if (ends !== undefined && ends !== run.ends) misses.push({ what: 'ends', expected: ends, got: how });
  if (error !== undefined && error !== run.error) {
    misses.push({ what: 'error', expected: error, got: run.error === '' ? '(none)' : how });
  }
  // What nobody expects is a failure, too.
  if (ends === undefined && error === undefined && run.error !== '') {
    misses.push({ what: 'ends', expected: 'no error', got: how });
  }
  if (cause !== undefined && cause !== run.cause)
    misses.push({ what: 'cause', expected: cause, got: run.cause });
  if (atMostMs !== undefined && run.durationMs > atMostMs) {
    misses.push({ what: 'at_most_ms', expected: `${atMostMs} ms`, got: `${run.durationMs} ms` });
  }
  return misses;
}

/** A text, or a regular expression between slashes; one that is none is a text. */
export function matches(wanted: string, got: string): boolean {
  const [, pattern, flags = ''] = /^\/(.+)\/([imsu]*)$/s.exec(wanted) ?? [];
  if (pattern === undefined) return wanted === got;
  try {
    return new RegExp(pattern, flags).test(got);
  } catch {
    return wanted === got;
  }
}

function inOrder<T, G>(
  wanted: readonly T[],
  got: readonly G[],
  fits: (one: T, other: G) => boolean,
): boolean {
  let at = 0;
  return wanted.every((one) => {
    const found = got.findIndex((other, index) => index >= at && fits(one, other));
    at = found + 1;
    return found >= 0;
  });
}

function alike(wanted: Json, got: Json): boolean {
  if (typeof wanted === 'string' && typeof got === 'string') return matches(wanted, got);
  return JSON.stringify(wanted) === JSON.stringify(got);
}

function ownValue<T>(values_: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(values_, name) ? values_[name] : undefined;
}

function listed(texts: readonly string[]): string {
  return texts.length === 0 ? '(nothing)' : texts.map((text) => JSON.stringify(text)).join(', ');
}
