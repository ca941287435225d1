import type { CancelSignal } from '../cancellation.js';
import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import type { ErrorCode } from '../errors.js';
import { AppError } from '../errors.js';
import { UnderWay } from '../under-way.js';
import { certificatesMark } from '../http-client/certificates.js';
import type { ResolveHost } from '../http-client/connector.js';
import { Egress } from '../http-client/egress.js';
import type { EgressRules } from '../http-client/egress.js';
import type { Circuit, RequestObserver } from '../http-client/observer.js';
import { Origins } from '../http-client/origins.js';
import { sharedLookup } from '../http-client/shared-lookup.js';
import type { TraceContext } from '../http-client/trace-context.js';
import type { FunctionAttempt } from './attempt.js';
import { contactEvent } from './contact-event.js';
import type { ContactData } from './contact-event.js';
import { failureCode } from './failure-code.js';
import { HttpFunction } from './http-function.js';
import type { SentTry } from './http-function.js';
import type { JsonObject } from './json.js';
import { LocalFunction } from './local/local-function.js';
import type { LocalAnswer } from './local/local-function.js';
import { readResponse } from './response.js';
import type { ResponseResult, ResponseRules } from './response.js';
import type { FunctionSettings } from './settings.js';

/** The part of pino that is used here. */
export interface FunctionLog {
  debug(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface FunctionInvokerOptions {
  readonly egress: EgressRules;
  readonly log?: FunctionLog;
  /** What local functions print; without it, it goes to the log at level debug. */
  readonly onPrinted?: (name: string, text: string) => void;
  /** Instead of the resolver of this machine. */
  readonly resolve?: ResolveHost;
  readonly observer?: FunctionObserver;
}

export interface FunctionObserver extends RequestObserver {
  /** An invocation has settled, with all of its tries. */
  invoked(one: {
    /** `''` for one that is not registered. */
    readonly name: string;
    readonly durationMs: number;
    /** Left out when it answered. */
    readonly code?: ErrorCode;
  }): void;
}

export interface Invocation {
  readonly name: string;
  readonly parameters: JsonObject;
  readonly contact: ContactData;
  /** Instead of what the function's own settings say. */
  readonly event?: 'contact' | 'flat';
  /** Only ever shortens the function's own time. */
  readonly timeoutMs?: number;
  /** Aborted when the call ends or is moved. */
  readonly signal: CancelSignal;
  /** The trace on behalf of which it is invoked; absent: the call's own. */
  readonly trace?: TraceContext;
  readonly onAttempt?: (attempt: FunctionAttempt) => void;
  /** What was sent, for people who look at it. */
  readonly onRequest?: (event: string) => void;
  /** What came back, before it is judged; for people who look at it. */
  readonly onResponse?: (body: string) => void;
}

export type InvocationResult = ResponseResult & {
  readonly durationMs: number;
  readonly attempts: readonly FunctionAttempt[];
};

/** A function that can be invoked. */
export interface Loaded {
  readonly settings: FunctionSettings;
  /** What it was made of; another one makes it anew. */
  readonly mark: string;
  readonly rules: ResponseRules;
  readonly target: HttpFunction | LocalFunction;
}

/** Functions as a configuration has them. Calls that began under it invoke them for as long as it is not released. */
export interface FunctionSet {
  readonly loaded: ReadonlyMap<string, Loaded>;
  /** As FunctionInvoker.invoke. */
  readonly invoke: (invocation: Invocation) => Promise<InvocationResult>;
}

/** Invokes functions. One for the daemon: it keeps connections, threads and circuit breakers. */
export class FunctionInvoker {
  readonly #options: FunctionInvokerOptions;
  readonly #egress: Egress;
  readonly #origins: Origins;
  readonly #retired = new Set<HttpFunction | LocalFunction>();
  readonly #invocations = new UnderWay();
  /** Those in force, and those of calls that began before. */
  readonly #sets = new Set<FunctionSet>();
  #current: FunctionSet = this.#setOf(new Map());

  constructor(options: FunctionInvokerOptions) {
    this.#options = options;
    this.#egress = new Egress(options.egress);
    this.#origins = new Origins({
      egress: this.#egress,
      // Each function has its own; an origin may serve many.
      breaker: { failures: Number.MAX_SAFE_INTEGER, open_ms: 1 },
      resolve: options.resolve ?? sharedLookup,
      onCircuit: () => undefined,
    });
  }

  /**
   * Takes over these functions in the place of those before, all of them or none; invocations that run go on to their
   * end.
   * @throws AppError `config_invalid`, `config_unreadable`
   */
  load(functions: ReadonlyMap<string, FunctionSettings>): void {
    const before = this.#current;
    this.use(this.plan(functions));
    this.release(before);
  }

  /**
   * Makes these functions, all of them or none. Those that are in force and didn't change are the same, with their
   * threads, connections and circuit breakers.
   * @throws AppError `config_invalid`, `config_unreadable`
   */
  plan(functions: ReadonlyMap<string, FunctionSettings>): FunctionSet {
    const next = new Map<string, Loaded>();
    for (const [name, settings] of functions) {
      const known = this.#current.loaded.get(name);
      const mark = functionMark(settings);
      next.set(name, known?.mark === mark ? known : this.#make(name, settings, mark));
    }
    return this.#setOf(next);
  }

  /** From now on these are in force. Those before stay for the calls that have them, until they are released. */
  use(set: FunctionSet): void {
    this.#sets.add(set);
    this.#current = set;
  }

  /** No call has these any more. */
  release(set: FunctionSet): void {
    this.#sets.delete(set);
    const needed = new Set([...this.#sets].flatMap(({ loaded }) => [...loaded.values()]));
    for (const one of set.loaded.values())
      if (!needed.has(one)) this.#retire(one.target, one.settings.timeout_ms);
  }

  #setOf(loaded: ReadonlyMap<string, Loaded>): FunctionSet {
    return {
      loaded,
      invoke: (invocation) => this.#invocations.during(this.#invoke(invocation, loaded)),
    };
  }

  /** The circuit breakers of all functions in force. */
  get circuits(): Circuit[] {
    return Array.from(this.#current.loaded.values(), ({ target }) => target.circuit);
  }

  has(name: string): boolean {
    return this.#current.loaded.has(name);
  }

  /** Resolves when nothing is invoked. */
  idle(): Promise<void> {
    return this.#invocations.nothing();
  }

  /** Settles always, within the function's time, and never throws for what a function does. */
  invoke(invocation: Invocation): Promise<InvocationResult> {
    return this.#current.invoke(invocation);
  }

  async #invoke(invocation: Invocation, functions: ReadonlyMap<string, Loaded>): Promise<InvocationResult> {
    const begunMs = performance.now();
    const attempts: FunctionAttempt[] = [];
    const onAttempt = (attempt: FunctionAttempt, sent: SentTry = {}): void => {
      attempts.push(attempt);
      this.#observe(invocation, attempt, sent);
      invocation.onAttempt?.(attempt);
    };
    const loaded = functions.get(invocation.name);
    const result = await this.#answer(invocation, loaded, onAttempt);
    const durationMs = Math.round((performance.now() - begunMs) * 10) / 10;
    this.#options.observer?.invoked({
      name: loaded === undefined ? '' : invocation.name,
      durationMs,
      ...(!result.ok && { code: result.code }),
    });
    const fields = { uuid: invocation.contact.ContactId, function: invocation.name, duration_ms: durationMs };
    if (result.ok || result.code === 'call_gone') {
      this.#options.log?.debug({ ...fields, ...(!result.ok && { code: result.code }) }, 'function invoked');
    } else {
      const { code, detail } = result;
      this.#options.log?.warn({ ...fields, code, detail, attempts }, 'function failed');
    }
    return { ...result, durationMs, attempts };
  }

  /** Stops everything at once. */
  async close(): Promise<void> {
    const targets = new Set(
      [...this.#sets].flatMap(({ loaded }) => [...loaded.values()].map(({ target }) => target)),
    );
    await Promise.all([...targets, ...this.#retired].map((target) => target.close()));
    await this.#origins.destroy();
  }

  #observe({ name, contact, trace }: Invocation, attempt: FunctionAttempt, sent: SentTry): void {
    this.#options.observer?.tried({
      ...attempt,
      ...sent,
      kind: 'function',
      peer: name,
      callUuid: contact.ContactId,
      ...(trace !== undefined && { trace }),
    });
  }

  async #answer(
    invocation: Invocation,
    loaded: Loaded | undefined,
    onAttempt: (attempt: FunctionAttempt, sent?: SentTry) => void,
  ): Promise<ResponseResult> {
    const { name, parameters, contact, signal } = invocation;
    if (loaded === undefined) return failed('no_such_function', JSON.stringify(name.slice(0, 64)));
    if (signal.aborted) return failed('call_gone', 'the call ended');
    const { settings, rules, target } = loaded;
    const missing = missingParameters(settings, parameters);
    if (missing.length > 0) return failed('function_parameters', `${name} requires ${missing.join(', ')}`);
    const isFlat = (invocation.event ?? settings.event) === 'flat';
    const event = JSON.stringify(isFlat ? parameters : contactEvent(contact, parameters));
    invocation.onRequest?.(event);
    const timeoutMs = Math.min(settings.timeout_ms, invocation.timeoutMs ?? settings.timeout_ms);
    if (target instanceof LocalFunction) {
      return this.#askLocal(target, rules, { ...invocation, onAttempt }, event, timeoutMs);
    }
    const tried = await target.ask({
      event,
      callUuid: contact.ContactId,
      timeoutMs,
      signal,
      onAttempt,
      onResponse: invocation.onResponse,
      trace: invocation.trace,
      isSampled: (traceId) => this.#options.observer?.isSampled?.(traceId) ?? true,
    });
    if (tried.ok) return { ok: true, values: tried.values };
    return failureCode(tried);
  }

  async #askLocal(
    target: LocalFunction,
    rules: ResponseRules,
    { signal, onAttempt, onResponse }: Invocation,
    event: string,
    timeoutMs: number,
  ): Promise<ResponseResult> {
    const begunMs = performance.now();
    const answer = await target.invoke(event, randomUUID(), timeoutMs, signal);
    if (answer.kind === 'result') onResponse?.(answer.text);
    const result = fromLocal(answer, rules);
    onAttempt?.({
      attempt: 1,
      durationMs: Math.round((performance.now() - begunMs) * 10) / 10,
      ...(!result.ok && { code: result.code, detail: result.detail }),
    });
    return result;
  }

  /** What still runs in it has its time to end. */
  #retire(target: HttpFunction | LocalFunction, afterMs: number): void {
    this.#retired.add(target);
    setTimeout(() => {
      this.#retired.delete(target);
      void target.close();
    }, afterMs).unref();
  }

  #make(name: string, settings: FunctionSettings, mark: string): Loaded {
    const { log, onPrinted } = this.#options;
    const rules: ResponseRules = {
      kind: settings.response,
      coerce: settings.coerce,
      required: Object.entries(settings.outputs ?? {})
        .filter(([, output]) => output.required)
        .map(([output]) => output),
    };
    const onCircuit = (state: 'open' | 'closed'): void =>
      log?.warn({ function: name, state }, 'circuit breaker changed');
    const { url, file } = settings;
    if (url !== undefined) {
      const refusal = this.#egress.refusesOrigin(new URL(url).origin);
      if (refusal !== undefined) throw new AppError('config_invalid', `functions.${name}.url: ${refusal}`);
      return {
        settings,
        mark,
        rules,
        target: new HttpFunction(name, url, settings, rules, this.#origins, onCircuit),
      };
    }
    const target = new LocalFunction({
      name,
      file: file ?? '',
      handler: settings.handler,
      memoryMb: settings.memory_mb,
      concurrency: settings.concurrency,
      environment: settings.environment,
      breaker: settings.breaker,
      onPrinted: (text) =>
        onPrinted === undefined
          ? log?.debug({ function: name, text }, 'function printed')
          : onPrinted(name, text),
      onCircuit,
    });
    return { settings, mark, rules, target };
  }
}

/** Settings, and the files as they are: a handler that was edited counts as changed, and so does a renewed certificate. */
export function functionMark(settings: FunctionSettings): string {
  const stat = settings.file === undefined ? undefined : statSync(settings.file, { throwIfNoEntry: false });
  return JSON.stringify([settings, stat?.mtimeMs, stat?.size, certificatesMark(settings)]);
}

/** Required parameters that are not there, or null. */
export function missingParameters(settings: FunctionSettings, parameters: JsonObject): string[] {
  return Object.entries(settings.parameters ?? {})
    .filter(
      ([name, { required }]) => required && !(Object.hasOwn(parameters, name) && parameters[name] !== null),
    )
    .map(([name]) => name);
}

function fromLocal(answer: LocalAnswer, rules: ResponseRules): ResponseResult {
  switch (answer.kind) {
    case 'result':
      return readResponse(answer.text, rules);
    case 'exception':
    case 'crashed':
      return failed('function_exception', answer.detail);
    case 'unloadable':
      return failed('function_not_loadable', answer.detail);
    case 'too_large':
      return failed('function_too_large', answer.detail);
    case 'timeout':
    case 'busy':
      return failed('function_timeout', answer.detail);
    case 'circuit_open':
      return failed('function_unreachable', `circuit_open: ${answer.detail}`);
    case 'gone':
      return failed('call_gone', 'the call ended');
  }
}

function failed(code: ErrorCode, detail: string): ResponseResult {
  return { ok: false, code, detail };
}
