import type { CancelSignal } from '../cancellation.js';
import type { ErrorCode } from '../errors.js';
import { ERRORS } from '../errors.js';
import type { Json, JsonObject } from '../flow/port.js';
import { missingParameters } from '../functions/invoke.js';
import { readResponse } from '../functions/response.js';
import type { FunctionSettings } from '../functions/settings.js';
import type { VirtualClock } from '../simulator/virtual-clock.js';
import type { FlowFunctions, FlowInvocation, FlowInvocationResult } from '../source/flow/functions.js';
import type { FunctionAnswer } from './case-file.js';

export interface InvokedFunction {
  readonly name: string;
  readonly parameters: JsonObject;
  /** `ok`, or a code. */
  readonly result: string;
  readonly detail: string;
}

export interface CaseFunctionsOptions {
  readonly clock: VirtualClock;
  /** As functions.yaml declares them; undefined: not known. */
  readonly declared: ReadonlyMap<string, FunctionSettings> | undefined;
  readonly answers: Readonly<Record<string, FunctionAnswer | readonly FunctionAnswer[]>>;
  /** The functions themselves. */
  readonly real?: FlowFunctions | undefined;
  /** What functions of which nothing is said do; default: they fail the case. */
  readonly otherwise?: 'real';
}

const DEFAULT_TIMEOUT_MS = 3000;

/** Functions as the case says that they answer, held to what is declared of them. */
export class CaseFunctions implements FlowFunctions {
  readonly invoked: InvokedFunction[] = [];
  /** Functions of which the case says nothing. */
  readonly unknown = new Set<string>();
  readonly #options: CaseFunctionsOptions;
  readonly #counts = new Map<string, number>();

  constructor(options: CaseFunctionsOptions) {
    this.#options = options;
  }

  async invoke(invocation: FlowInvocation): Promise<FlowInvocationResult> {
    const { name, parameters } = invocation;
    const { clock } = this.#options;
    const beganAt = clock.now();
    const answer = await this.#answer(invocation);
    const { result } = answer;
    this.invoked.push({
      name,
      parameters,
      result: result.ok ? 'ok' : result.code,
      detail: result.ok ? '' : result.detail,
    });
    return { ...answer, durationMs: clock.now() - beganAt };
  }

  async #answer(invocation: FlowInvocation): Promise<Omit<FlowInvocationResult, 'durationMs'>> {
    const { name, parameters, timeoutMs, signal } = invocation;
    const { clock, declared, real } = this.#options;
    const settings = declared?.get(name);
    const no = (code: ErrorCode, detail: string): Omit<FlowInvocationResult, 'durationMs'> => ({
      result: { ok: false, code, detail },
      attempts: 1,
    });
    const plan = this.#planFor(name);
    if (plan === 'real') {
      if (real === undefined) return no('no_such_function', `${name}: there is no functions.yaml`);
      const goOn = clock.hold();
      try {
        return await real.invoke(invocation);
      } finally {
        goOn();
      }
    }
    if (declared !== undefined && settings === undefined) return no('no_such_function', JSON.stringify(name));
    if (plan === undefined) {
      this.unknown.add(name);
      return no('no_such_function', 'the case does not say what it answers');
    }
    const missing = settings === undefined ? [] : missingParameters(settings, parameters);
    if (missing.length > 0) return no('function_parameters', `${name} requires ${missing.join(', ')}`);
    const most = Math.min(settings?.timeout_ms ?? DEFAULT_TIMEOUT_MS, timeoutMs ?? Number.POSITIVE_INFINITY);
    await passed(clock, Math.min(most, plan.after_ms), signal);
    if (signal.aborted) return no('call_gone', 'the call ended');
    if (plan.after_ms > most) return no('function_timeout', `no answer within ${most} ms`);
    if ('fails' in plan)
      return no(isCode(plan.fails) ? plan.fails : 'function_exception', 'as the case says');
    return { result: checked(plan.answers, settings), attempts: 1 };
  }

  #planFor(name: string): FunctionAnswer | undefined {
    const { answers, otherwise } = this.#options;
    const given = Object.hasOwn(answers, name) ? answers[name] : undefined;
    if (given === undefined) return otherwise;
    if (!isList(given)) return given;
    const count = this.#counts.get(name) ?? 0;
    this.#counts.set(name, count + 1);
    return given[Math.min(count, given.length - 1)];
  }
}

function isList(given: FunctionAnswer | readonly FunctionAnswer[]): given is readonly FunctionAnswer[] {
  return Array.isArray(given);
}

/** As a real answer would be judged. */
function checked(answers: Json, settings: FunctionSettings | undefined): FlowInvocationResult['result'] {
  if (settings === undefined) return { ok: true, values: answers };
  const required = Object.entries(settings.outputs ?? {})
    .filter(([, output]) => output.required)
    .map(([name]) => name);
  return readResponse(JSON.stringify(answers), {
    kind: settings.response,
    coerce: settings.coerce,
    required,
  });
}

function isCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERRORS, text);
}

function passed(clock: VirtualClock, ms: number, signal: CancelSignal): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, resolve);
    signal.addEventListener(
      'abort',
      () => {
        cancel();
        resolve();
      },
      { once: true },
    );
  });
}
