import { LineCounter, parseDocument } from 'yaml';
import { advance, begin } from '../../../src/flow/engine.js';
import type { FlowInputs } from '../../../src/flow/engine.js';
import type { DocumentPath, Flow, FlowSource, Problem } from '../../../src/flow/flow.js';
import { readFlow } from '../../../src/flow/flow.js';
import type { FlowSet, FlowSettings } from '../../../src/flow/flow-set.js';
import { flowSet } from '../../../src/flow/flow-set.js';
import type {
  FlowAction,
  FlowCall,
  FlowOutcome,
  FlowStep,
  FlowTurn,
  FlowVisit,
  Json,
} from '../../../src/flow/port.js';
import type { SpeechSettings } from '../../../src/flow/speech/settings.js';
import type { FlowState } from '../../../src/flow/state.js';
import { readState, writeState } from '../../../src/flow/state.js';

export const SPEECH: SpeechSettings = {
  languages: { 'en-US': { engine: 'flite', voice: 'slt' }, de: { engine: 'flite', voice: 'kal' } },
  defaultLanguage: 'en-US',
};

/** A YAML text as a loader would hand it over. */
export function source(text: string, name = 'main'): FlowSource {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter });
  const place = (path: DocumentPath) => {
    const parent = path.length === 0 ? undefined : document.getIn(path.slice(0, -1), true);
    const last = path.at(-1);
    const pair = (parent as { items?: unknown[] } | undefined)?.items?.find(
      (item) => (item as { key?: { value?: unknown } }).key?.value === last,
    ) as { key: { range: number[] } } | undefined;
    const node = pair?.key ?? document.getIn(path, true);
    const offset = (node as { range?: number[] } | undefined)?.range?.[0];
    if (offset === undefined) return undefined;
    const { line, col } = lineCounter.linePos(offset);
    return { line, column: col };
  };
  return { name, file: `${name}.yaml`, document: document.toJS() as unknown, place };
}

export function read(text: string, name = 'main'): Flow {
  const made = readFlow(source(text, name));
  if (!made.ok) throw new Error(made.problems.map(told).join('\n'));
  return made.flow;
}

export function faultsOf(text: string): string[] {
  const made = readFlow(source(text));
  return made.ok ? [] : made.problems.map(told);
}

export function told({ rule, line, column, message }: Problem): string {
  return `${line ?? 0}:${column ?? 0} ${rule}: ${message}`;
}

export function setOf(flows: Readonly<Record<string, string>>, settings: FlowSettings = {}): FlowSet {
  return flowSet(
    Object.entries(flows).map(([name, text]) => read(text, name)),
    { speech: SPEECH, ...settings },
  );
}

export interface WalkOptions {
  readonly flows: Readonly<Record<string, string>>;
  readonly flow?: string;
  readonly variables?: Readonly<Record<string, string>>;
  readonly inputs?: FlowInputs;
  readonly settings?: FlowSettings;
  readonly now?: number;
  readonly uuid?: string;
  readonly draw?: (block: string) => number;
}

/** Walks through flows as a driver would; every state goes through its text on the way. */
export class Walk {
  readonly set: FlowSet;
  readonly call: FlowCall;
  readonly visits: FlowVisit[] = [];
  turn: FlowTurn;
  now: number;

  constructor(options: WalkOptions) {
    const {
      flows,
      flow = 'main',
      variables = {},
      inputs,
      settings,
      now = Date.UTC(2026, 0, 5, 12),
      uuid = 'c0ffee',
      draw,
    } = options;
    this.set = setOf(flows, settings);
    this.now = now;
    this.call = {
      uuid,
      get: (name) => variables[name],
      now: () => this.now,
      ...(draw === undefined ? {} : { draw }),
    };
    this.turn = begin(this.set, flow, this.call, inputs);
    this.visits.push(...this.turn.visits);
  }

  get state(): FlowState {
    return this.turn.state;
  }

  get step(): FlowStep {
    return this.turn.step;
  }

  /** `application data` of each action of the step. */
  get said(): string[] {
    return this.actions.map(({ application, data }) => `${application} ${data}`.trim());
  }

  /** What the caller hears. */
  get heard(): string[] {
    return this.actions.flatMap(({ heard }) => (heard === undefined ? [] : [heard]));
  }

  get actions(): readonly FlowAction[] {
    if (this.step.kind !== 'actions') throw new Error(`the step is ${JSON.stringify(this.step)}`);
    return this.step.actions;
  }

  get exits(): string[] {
    return this.visits.map(({ block, exit }) => `${block}${exit === '' ? '' : `:${exit}`}`);
  }

  /** All actions `ok`, but for those whose id is named. */
  done(special: Readonly<Record<string, Partial<FlowOutcome>>> = {}): this {
    const outcomes = this.actions.map(({ id, application }, index): FlowOutcome => ({
      index,
      application,
      status: 'ok',
      variables: {},
      ...(id === undefined ? {} : { id }),
      ...(special[id ?? application] ?? {}),
    }));
    return this.#advance({ kind: 'outcomes', outcomes });
  }

  /** The caller answers a `read`. */
  types(digits: string, terminator = ''): this {
    const enough = digits !== '';
    const variables = {
      read_result: enough ? 'success' : 'failure',
      ...(digits === '' ? {} : { cti_digits: digits }),
      ...(terminator === '' ? {} : { read_terminator_used: terminator }),
    };
    return this.done({ digits: { status: enough ? 'ok' : 'timed_out', variables } });
  }

  /** The caller ends a prompt with a key. */
  interrupts(key: string): this {
    return this.done({ prompt: { variables: { playback_terminator_used: key } } });
  }

  answers(values: Json): this {
    return this.#advance({ kind: 'function', result: { ok: true, values } });
  }

  fails(code: string): this {
    return this.#advance({ kind: 'function', result: { ok: false, code, detail: '' } });
  }

  #advance(event: Parameters<typeof advance>[2]): this {
    const state = readState(writeState(this.state));
    if (state === undefined) throw new Error(`a state that can't be read: ${writeState(this.state)}`);
    this.turn = advance(this.set, state, event, this.call);
    this.visits.push(...this.turn.visits);
    return this;
  }
}

/** A flow of one block that has all of its exits wired to blocks of their name. */
export function around(block: string, exits: readonly string[] = [], more = ''): string {
  const ends = [...new Set(['next', ...exits])].map(
    (exit) => `  at-${exit.replaceAll(' ', '-')}: { type: end }`,
  );
  return `start: it\n${more}\nblocks:\n  it:\n${indent(block)}\n    next: at-next\n    exits: {${exits
    .map((exit) => `'${exit}': at-${exit.replaceAll(' ', '-')}`)
    .join(', ')}}\n${ends.join('\n')}\n`;
}

function indent(text: string): string {
  return text
    .trim()
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n');
}
