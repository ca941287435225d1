import type { Action } from '../../call/action.js';
import { parseActionList } from '../../call/action-list.js';
import type { ErrorCode } from '../../errors.js';
import type { CallView, SourceAnswer, SourceAttempt, SourceContext } from '../port.js';
import type { Health } from './breaker.js';
import type { Endpoint } from './endpoint.js';
import { Exchange, headerOf } from './exchange.js';
import type { ExchangeResult } from './exchange.js';
import { maskUrl } from './mask.js';
import type { OriginPool } from './origin-pool.js';
import type { Origins } from './origins.js';
import { dispatchOptions, question } from './request.js';
import type { Question } from './request.js';
import { backoffMs, isOutage, isRetried, retryAfterMs } from './retry.js';
import { fillUrl, isRefusal } from './url-template.js';
import type { UrlTemplate } from './url-template.js';

/** The part of pino that is used here. */
export interface AppLog {
  debug(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface InquiryTools {
  readonly origins: Origins;
  readonly log: AppLog | undefined;
  readonly showDigits: boolean;
}

interface Failure {
  readonly ok: false;
  readonly health: Health;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly status?: number;
  readonly retryAfterMs?: number;
}

interface Success {
  readonly ok: true;
  readonly health: 'good';
  readonly status: number;
  readonly actions: readonly Action[];
  readonly warnings: readonly string[];
}

type Tried = Success | Failure;

const GONE: Failure = { ok: false, health: 'unknown', code: 'call_gone', detail: 'the call ended' };

/** One answer for one call: tries, fallback URL and fallback actions, all inside the total budget. */
export class Inquiry {
  readonly #tools: InquiryTools;
  readonly #endpoint: Endpoint;
  readonly #call: CallView;
  readonly #context: SourceContext;
  readonly #beginMs = performance.now();
  #shownUrl = '';
  /** Ends whatever is waited for at the moment. */
  #interrupt: (() => void) | undefined;

  constructor(tools: InquiryTools, endpoint: Endpoint, call: CallView, context: SourceContext) {
    this.#tools = tools;
    this.#endpoint = endpoint;
    this.#call = call;
    this.#context = context;
  }

  async run(template: UrlTemplate): Promise<SourceAnswer> {
    const { signal } = this.#context;
    if (signal.aborted) return { kind: 'failed', code: GONE.code, detail: GONE.detail };
    const onAbort = (): void => this.#interrupt?.();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await this.#answer(template);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  async #answer(template: UrlTemplate): Promise<SourceAnswer> {
    const { totalTimeoutMs, tryTimeoutMs, fallbackUrl, fallbackActions, policy, name } = this.#endpoint;
    const end = this.#beginMs + totalTimeoutMs;
    // Tries that use the budget up would leave none to the fallback URL: the time of one try is kept for it.
    const reserve = fallbackUrl === undefined ? 0 : Math.min(tryTimeoutMs, totalTimeoutMs / 2);
    const first = await this.#ask(template, end - reserve);
    if (first.ok) return this.#toAnswer(first);
    if (first.code === 'call_gone') return { kind: 'failed', code: first.code, detail: first.detail };

    let detail = first.detail;
    if (fallbackUrl !== undefined) {
      const second = await this.#ask(fallbackUrl, end, first.code);
      if (second.ok) return this.#toAnswer(second, first.code);
      if (second.code === 'call_gone') return { kind: 'failed', code: second.code, detail: second.detail };
      detail = `${detail}; fallback URL: ${second.code}, ${second.detail}`;
    }
    if (fallbackActions !== undefined) {
      return {
        kind: 'actions',
        actions: fallbackActions,
        policy,
        origin: `fallback_actions of ${name}`,
        fallbackFor: first.code,
        warnings: [],
        final: true,
      };
    }
    return { kind: 'failed', code: first.code, detail };
  }

  #toAnswer(success: Success, fallbackFor?: ErrorCode): SourceAnswer {
    if (success.actions.length === 0) return { kind: 'done' };
    return {
      kind: 'actions',
      actions: success.actions,
      policy: this.#endpoint.policy,
      origin: this.#shownUrl,
      ...(fallbackFor !== undefined && { fallbackFor }),
      warnings: success.warnings,
      final: true,
    };
  }

  /** Asks one URL, as often as it takes and the time allows. */
  async #ask(template: UrlTemplate, deadlineMs: number, failedBefore?: ErrorCode): Promise<Tried> {
    const endpoint = this.#endpoint;
    const url = fillUrl(template, (name) => this.#call.get(name));
    if (isRefusal(url)) return { ok: false, health: 'unknown', code: url.code, detail: url.detail };
    const asked = question(endpoint, this.#call, url, failedBefore);
    this.#shownUrl = maskUrl(url.origin + asked.path, endpoint.secretParameters, this.#tools.showDigits);

    const origin = this.#tools.origins.get(url.origin);
    if (origin.refusal !== undefined) {
      return this.#report(1, 0, {
        ok: false,
        health: 'unknown',
        code: 'egress_refused',
        detail: origin.refusal,
      });
    }
    const pool = this.#tools.origins.pool(origin, endpoint);
    let last: Failure | undefined;
    for (let attempt = 1; ; attempt += 1) {
      const begunMs = performance.now();
      const timeoutMs = Math.ceil(Math.min(endpoint.tryTimeoutMs, deadlineMs - begunMs));
      if (timeoutMs <= 0) return last ?? outOfTime(endpoint.totalTimeoutMs);
      const tried = await origin.breaker.run(() => this.#try(pool, asked, timeoutMs));
      if (tried === undefined) return last ?? this.#report(attempt, 0, circuitOpen(origin.name));
      this.#report(attempt, performance.now() - begunMs, tried);
      if (tried.ok || attempt >= endpoint.tries || !isRetried(tried.code, tried.status)) return tried;
      last = tried;

      const backoff = backoffMs(attempt, endpoint.retryDelayMs, Math.random());
      const pauseMs = Math.max(backoff, tried.retryAfterMs ?? 0);
      if (performance.now() + pauseMs >= deadlineMs) {
        return { ...tried, detail: `${tried.detail}; no time left for a further try` };
      }
      await this.#pause(pauseMs);
      if (this.#context.signal.aborted) return GONE;
    }
  }

  async #try(pool: OriginPool, asked: Question, timeoutMs: number): Promise<Tried> {
    const exchange = new Exchange(pool, dispatchOptions(this.#endpoint, asked), timeoutMs);
    this.#interrupt = () => exchange.cancel();
    const result = await exchange.result;
    this.#interrupt = undefined;
    return judge(result, this.#endpoint);
  }

  async #pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#interrupt = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#interrupt = undefined;
  }

  #report<Result extends Tried>(attempt: number, durationMs: number, tried: Result): Result {
    const record: SourceAttempt = {
      url: this.#shownUrl,
      attempt,
      durationMs: Math.round(durationMs * 10) / 10,
      ...(tried.status !== undefined && { status: tried.status }),
      ...(!tried.ok && { code: tried.code, detail: tried.detail }),
    };
    this.#context.onAttempt(record);
    const fields = { uuid: this.#call.uuid, ...record };
    if (tried.ok || tried.code === 'call_gone') this.#tools.log?.debug(fields, 'app asked');
    else this.#tools.log?.warn(fields, 'app failed');
    return tried;
  }
}

/** What an exchange means: a list, nothing to do, or a failure with its code. */
function judge(result: ExchangeResult, endpoint: Endpoint): Tried {
  if (result.kind === 'failed') {
    const unclear = result.unsent === true || !isOutage(result.code, undefined);
    return {
      ok: false,
      health: result.code === 'call_gone' || unclear ? 'unknown' : 'bad',
      code: result.code,
      detail: result.detail,
      ...(result.status !== undefined && { status: result.status }),
    };
  }
  const { status } = result;
  if (status === 204) return { ok: true, health: 'good', status, actions: [], warnings: [] };
  if (status !== 200) return badStatus(result, endpoint);
  const parsed = parseActionList(result.body);
  if (parsed.ok) {
    return { ok: true, health: 'good', status, actions: parsed.actions, warnings: parsed.warnings };
  }
  // The app is there and answers: what it answers is no reason to stop asking it about other calls.
  return { ok: false, health: 'good', code: parsed.code, detail: parsed.detail, status };
}

function badStatus(answer: ExchangeResult & { kind: 'answer' }, endpoint: Endpoint): Failure {
  const { status, headers } = answer;
  const location = headerOf(headers, 'location');
  const waits = status === 429 || status === 503;
  const after = waits ? retryAfterMs(headerOf(headers, 'retry-after'), Date.now()) : undefined;
  let detail = `HTTP ${status}`;
  if (status >= 300 && status < 400 && location !== undefined) {
    const shown = maskUrl(location.slice(0, 200), endpoint.secretParameters);
    detail += ` to ${JSON.stringify(shown)}; redirects are not followed`;
  }
  if (after !== undefined) detail += `, Retry-After ${Math.ceil(after / 1000)} s`;
  return {
    ok: false,
    health: isOutage('http_status', status) ? 'bad' : 'good',
    code: 'http_status',
    detail,
    status,
    ...(after !== undefined && { retryAfterMs: after }),
  };
}

function circuitOpen(origin: string): Failure {
  return {
    ok: false,
    health: 'unknown',
    code: 'circuit_open',
    detail: `${origin} failed repeatedly and is left alone for a while`,
  };
}

function outOfTime(totalTimeoutMs: number): Failure {
  return {
    ok: false,
    health: 'unknown',
    code: 'response_timeout',
    detail: `nothing left of the ${totalTimeoutMs} ms in all`,
  };
}
