import { Counter, Histogram, Registry } from 'prom-client';
import type { CallRecord, CallResult, TraceEntry } from '../call/call.js';
import type { Outcome } from '../call/outcome.js';
import { RULES } from '../call/policy/rule.js';
import type { ObservedTry } from '../http-client/observer.js';
import { KNOWN_APPLICATIONS } from '../switch/applications.js';
import { addProcessMetrics } from './process-metrics.js';
import { watchEventLoop } from './event-loop-lag.js';

/** An answer of the daemon's own HTTP server. */
export interface HttpAnswer {
  /** As it is declared (`/v1/calls/:uuid`); `''` where there is none. */
  readonly route: string;
  readonly method: string;
  readonly status: number;
  readonly durationMs: number;
}

/** For what stands for anything that somebody outside could make up: labels come from us or the configuration. */
const OTHER = 'other';

const RESULTS: Readonly<Record<CallResult, true>> = {
  done: true,
  failed: true,
  hung_up: true,
  moved: true,
  lost: true,
  interrupted: true,
};

const OWN_APPLICATIONS = ['cti_curl', 'cti_flow'];
const APPLICATIONS: ReadonlySet<string> = new Set([...KNOWN_APPLICATIONS, ...OWN_APPLICATIONS]);
/** Rules of the policy, and what the runner itself refuses. */
const REFUSALS: ReadonlySet<string> = new Set([...Object.keys(RULES), 'dial.concurrent', 'timeout_ms']);

const REQUEST_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 8];
const CALL_S = [0.1, 1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600];
const ACTION_S = [0.02, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600];
const LAG_S = [0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/**
 * So long what has happened may wait to be counted. Counting some twenty things for each call at the moment in which
 * they happen takes several times as long, and from the calls: its code is then always one that has not run lately.
 */
const COUNTED_AFTER_MS = 100;

/** What is counted of what happens. The number of series does not depend on what callers or apps send. */
export class Metrics {
  readonly registry = new Registry();
  /** Not counted yet. */
  readonly #entries: TraceEntry[] = [];
  readonly #ended: CallRecord[] = [];
  readonly #tries: ObservedTry[] = [];
  #timer: NodeJS.Timeout | undefined;
  readonly #calls = this.#counter('switchhook_calls_total', 'Programs of calls that ended, by result.', [
    'result',
  ]);
  readonly #taken = this.#counter('switchhook_calls_taken_total', 'Programs of calls that began.', []);
  readonly #failures = this.#counter(
    'switchhook_call_failures_total',
    'Programs of calls that failed, by error code.',
    ['code'],
  );
  readonly #callSeconds = this.#histogram(
    'switchhook_call_duration_seconds',
    'How long calls were under control.',
    [],
    CALL_S,
  );
  readonly #firstAction = this.#histogram(
    'switchhook_first_action_seconds',
    'From the hand-over of a call until FreeSWITCH was given its first action.',
    [],
    REQUEST_S,
  );
  readonly #fallbacks = this.#counter(
    'switchhook_fallback_answers_total',
    'Lists from a fallback URL or of fallback actions, by the code of what went wrong.',
    ['code'],
  );
  readonly #actions = this.#counter('switchhook_actions_total', 'Actions that settled.', [
    'application',
    'outcome',
  ]);
  readonly #actionSeconds = this.#histogram(
    'switchhook_action_duration_seconds',
    'How long actions ran, where FreeSWITCH tells it.',
    ['application', 'outcome'],
    ACTION_S,
  );
  readonly #refusals = this.#counter(
    'switchhook_policy_refusals_total',
    'Actions that were refused, by rule.',
    ['rule'],
  );
  readonly #appTries = this.#counter(
    'switchhook_app_requests_total',
    'Tries to ask an app. try: first or again. code: ok, or the error code. status: class of the HTTP status.',
    ['endpoint', 'try', 'code', 'status'],
  );
  readonly #appSeconds = this.#histogram(
    'switchhook_app_request_duration_seconds',
    'How long tries to ask an app took; those that were not made (circuit_open, egress_refused) are left out.',
    ['endpoint'],
    REQUEST_S,
  );
  readonly #functionTries = this.#counter(
    'switchhook_function_requests_total',
    'Tries to have a function answer; labels as of switchhook_app_requests_total.',
    ['function', 'try', 'code', 'status'],
  );
  readonly #functionSeconds = this.#histogram(
    'switchhook_function_request_duration_seconds',
    'How long tries to have a function answer took; those that were not made are left out.',
    ['function'],
    REQUEST_S,
  );
  readonly #invocations = this.#counter(
    'switchhook_function_invocations_total',
    'Invocations of functions, with all of their tries, by what came of them.',
    ['function', 'code'],
  );
  readonly #invocationSeconds = this.#histogram(
    'switchhook_function_invocation_duration_seconds',
    'How long invocations took, with all of their tries.',
    ['function'],
    REQUEST_S,
  );
  readonly #httpAnswers = this.#counter(
    'switchhook_http_requests_total',
    "Requests to the daemon's own HTTP server.",
    ['route', 'method', 'status'],
  );
  readonly #httpSeconds = this.#histogram(
    'switchhook_http_request_duration_seconds',
    "How long requests to the daemon's own HTTP server took; streams last.",
    ['route'],
    REQUEST_S,
  );
  readonly #dropped = this.#counter(
    'switchhook_event_socket_drops_total',
    'Connections of FreeSWITCH that were dropped because of what came over them, by error code.',
    ['code'],
  );
  readonly #lag = this.#histogram(
    'switchhook_event_loop_lag_seconds',
    'How late the daemon comes to what is due. Looked at 20 times a second.',
    [],
    LAG_S,
  );
  readonly #stopWatching: () => void;

  constructor() {
    for (const result of Object.keys(RESULTS)) this.#calls.inc({ result }, 0);
    addProcessMetrics(this.registry);
    this.#stopWatching = watchEventLoop((lagMs) => this.#lag.observe(lagMs / 1000));
  }

  onTrace(entry: TraceEntry): void {
    this.#entries.push(entry);
    this.#countLater();
  }

  /** A program ended without a result. */
  onDefect(): void {
    this.#calls.inc({ result: 'failed' });
    this.#failures.inc({ code: 'internal' });
  }

  onCallEnded(record: CallRecord): void {
    this.#ended.push(record);
    this.#countLater();
  }

  /** A try to ask an app or a function. */
  tried(one: ObservedTry): void {
    this.#tries.push(one);
    this.#countLater();
  }

  #countLater(): void {
    this.#timer ??= setTimeout(() => this.#count(), COUNTED_AFTER_MS).unref();
  }

  #count(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const entry of this.#entries.splice(0)) this.#countEntry(entry);
    for (const one of this.#tries.splice(0)) this.#countTry(one);
    for (const { result, error, durationMs } of this.#ended.splice(0)) {
      this.#calls.inc({ result });
      this.#callSeconds.observe(durationMs / 1000);
      if (error !== undefined) this.#failures.inc({ code: error.code });
    }
  }

  #countEntry(entry: TraceEntry): void {
    if (entry.type === 'outcome') this.#countOutcome(entry);
    else if (entry.type === 'handed_over') this.#taken.inc();
    else if (entry.type === 'run') {
      if (entry.list === 1 && entry.first === 0) this.#firstAction.observe(entry.atMs / 1000);
    } else if (entry.type === 'answer' && entry.fallbackFor !== undefined)
      this.#fallbacks.inc({ code: entry.fallbackFor });
  }

  #countTry({ kind, peer, attempt, durationMs, status, code, spanId, url }: ObservedTry): void {
    const labels = {
      try: attempt === 1 ? 'first' : 'again',
      code: code ?? 'ok',
      status: status === undefined ? '' : `${Math.trunc(status / 100)}xx`,
    };
    // A local function is asked without a URL.
    const wasMade = spanId !== undefined || url === undefined;
    if (kind === 'app') {
      this.#appTries.inc({ endpoint: peer, ...labels });
      if (wasMade) this.#appSeconds.observe({ endpoint: peer }, durationMs / 1000);
    } else {
      this.#functionTries.inc({ function: peer, ...labels });
      if (wasMade) this.#functionSeconds.observe({ function: peer }, durationMs / 1000);
    }
  }

  /** An invocation of a function has settled. */
  invoked(one: { readonly name: string; readonly durationMs: number; readonly code?: string }): void {
    const name = one.name === '' ? OTHER : one.name;
    this.#invocations.inc({ function: name, code: one.code ?? 'ok' });
    this.#invocationSeconds.observe({ function: name }, one.durationMs / 1000);
  }

  onHttpAnswer({ route, method, status, durationMs }: HttpAnswer): void {
    this.#httpAnswers.inc({ route, method, status: String(status) });
    this.#httpSeconds.observe({ route }, durationMs / 1000);
  }

  /** FreeSWITCH, or whoever poses as it, sent what can't be read. */
  onSocketDropped(code: string): void {
    this.#dropped.inc({ code });
  }

  /** In Prometheus' text format. */
  render(): Promise<string> {
    this.#count();
    return this.registry.metrics();
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#stopWatching();
  }

  #countOutcome({ application: name, status, durationMs, detail }: Outcome): void {
    const wasLookedAt = status !== 'refused' && status !== 'not_run';
    // What ran is among the applications of a policy, and these are in the configuration.
    const application = wasLookedAt || APPLICATIONS.has(name) ? name : OTHER;
    const labels = { application, outcome: status };
    this.#actions.inc(labels);
    if (durationMs !== undefined) this.#actionSeconds.observe(labels, durationMs / 1000);
    if (status !== 'refused') return;
    const rule = detail?.split(': ', 1)[0] ?? '';
    this.#refusals.inc({ rule: REFUSALS.has(rule) ? rule : OTHER });
  }

  #counter<Label extends string>(name: string, help: string, labelNames: Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  #histogram<Label extends string>(
    name: string,
    help: string,
    labelNames: Label[],
    buckets: number[],
  ): Histogram<Label> {
    return new Histogram({ name, help, labelNames, buckets, registers: [this.registry] });
  }
}
