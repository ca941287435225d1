import type { Dispatcher } from 'undici';
import type { Action } from '../../call/action.js';
import { MAX_LIST_BYTES, parseActionList } from '../../call/action-list.js';
import type { ErrorCode } from '../../errors.js';
import type { ExchangeResult } from '../../http-client/exchange.js';
import { exchangeFailure, GONE, statusFailure } from '../../http-client/failure.js';
import type { Failure } from '../../http-client/failure.js';
import { MASK, maskUrl } from '../../http-client/mask.js';
import type { RequestObserver } from '../../http-client/observer.js';
import type { Origins } from '../../http-client/origins.js';
import { traceIdOf } from '../../http-client/trace-context.js';
import { tryRepeatedly } from '../../http-client/tries.js';
import type { Usable } from '../../http-client/tries.js';
import type { CallView, SourceAnswer, SourceAttempt, SourceContext } from '../port.js';
import type { Endpoint } from './endpoint.js';
import { question, tryOf } from './request.js';
import type { Question } from './request.js';
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
  readonly observer?: RequestObserver;
}

interface Success extends Usable {
  readonly actions: readonly Action[];
  readonly warnings: readonly string[];
}

type Tried = Success | Failure;

const LIMITS = { maxBytes: MAX_LIST_BYTES, keepsErrorBody: false };

/** One answer for one call: tries, fallback URL and fallback actions, all inside the total budget. */
export class Inquiry {
  readonly #tools: InquiryTools;
  readonly #endpoint: Endpoint;
  readonly #call: CallView;
  readonly #context: SourceContext;
  readonly #beginMs = performance.now();
  #shownUrl = '';
  /** Of the try that is under way. */
  #spanId: string | undefined;

  constructor(tools: InquiryTools, endpoint: Endpoint, call: CallView, context: SourceContext) {
    this.#tools = tools;
    this.#endpoint = endpoint;
    this.#call = call;
    this.#context = context;
  }

  /** @param shown the same as it may be shown */
  async run(template: UrlTemplate, shown = template): Promise<SourceAnswer> {
    if (this.#context.signal.aborted) return { kind: 'failed', code: GONE.code, detail: GONE.detail };
    const { totalTimeoutMs, tryTimeoutMs, fallbackUrl, fallbackActions, policy, name } = this.#endpoint;
    const end = this.#beginMs + totalTimeoutMs;
    // Tries that use the budget up would leave none to the fallback URL: the time of one try is kept for it.
    const reserve = fallbackUrl === undefined ? 0 : Math.min(tryTimeoutMs, totalTimeoutMs / 2);
    const first = await this.#ask(template, shown, end - reserve);
    if (first.ok) return this.#toAnswer(first);
    if (first.code === 'call_gone') return { kind: 'failed', code: first.code, detail: first.detail };

    let detail = first.detail;
    if (fallbackUrl !== undefined) {
      const second = await this.#ask(fallbackUrl, fallbackUrl, end, first.code);
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
  async #ask(
    template: UrlTemplate,
    shown: UrlTemplate,
    deadlineMs: number,
    failedBefore?: ErrorCode,
  ): Promise<Tried> {
    const endpoint = this.#endpoint;
    const url = fillUrl(template, (name) => this.#call.get(name));
    if (isRefusal(url)) return { ok: false, health: 'unknown', code: url.code, detail: url.detail };
    const asked = question(endpoint, this.#call, url, failedBefore);
    const whole = url.origin + asked.path;
    const bare = this.#bare(shown, shown === template ? whole : undefined, url.origin, failedBefore);
    this.#shownUrl = maskUrl(bare, endpoint.secretParameters, this.#tools.showDigits);

    const origin = this.#tools.origins.get(url.origin);
    if (origin.refusal !== undefined) {
      return this.#report(1, 0, {
        ok: false,
        health: 'unknown',
        code: 'egress_refused',
        detail: origin.refusal,
      });
    }
    return tryRepeatedly({
      peer: origin.name,
      pool: this.#tools.origins.pool(origin, endpoint),
      breaker: origin.breaker,
      limits: LIMITS,
      tries: endpoint.tries,
      isSafe: endpoint.method === 'GET',
      tryTimeoutMs: endpoint.tryTimeoutMs,
      retryDelayMs: endpoint.retryDelayMs,
      deadlineMs,
      signal: this.#context.signal,
      request: () => this.#request(asked),
      judge: (result) => judge(result, endpoint),
      onTried: (attempt, durationMs, tried) => this.#report(attempt, durationMs, tried),
    });
  }

  /** @param whole the URL itself, where nothing but placeholders may have to be hidden */
  #bare(
    shown: UrlTemplate,
    whole: string | undefined,
    origin: string,
    failedBefore: ErrorCode | undefined,
  ): string {
    const call = this.#call;
    const { showDigits } = this.#tools;
    const isMasked = (name: string): boolean =>
      call.isMasked?.(name) === true || (!showDigits && call.isEntered?.(name) === true);
    const hides = shown.parts.some((part, index) => index % 2 === 1 && isMasked(part));
    if (whole !== undefined && !hides) return whole;
    const filled = fillUrl(shown, (name) => (isMasked(name) ? MASK : call.get(name)));
    if (isRefusal(filled)) return `${origin}/${MASK}`;
    return filled.origin + question(this.#endpoint, call, filled, failedBefore).path;
  }

  #request(asked: Question): Dispatcher.DispatchOptions {
    const { trace } = this.#context;
    const traceId = trace?.traceId ?? traceIdOf(this.#call.uuid);
    const isSampled = trace?.isSampled ?? this.#tools.observer?.isSampled?.(traceId) ?? true;
    const { options, spanId } = tryOf(this.#endpoint, asked, { traceId, isSampled });
    this.#spanId = spanId;
    return options;
  }

  #report<Result extends Tried>(attempt: number, durationMs: number, tried: Result): Result {
    const record: SourceAttempt = {
      url: this.#shownUrl,
      attempt,
      durationMs: Math.round(durationMs * 10) / 10,
      ...(tried.status !== undefined && { status: tried.status }),
      ...(!tried.ok && { code: tried.code, detail: tried.detail }),
    };
    this.#observe(record);
    this.#context.onAttempt(record);
    const fields = { uuid: this.#call.uuid, ...record };
    if (tried.ok || tried.code === 'call_gone') this.#tools.log?.debug(fields, 'app asked');
    else this.#tools.log?.warn(fields, 'app failed');
    return tried;
  }

  #observe({ url, attempt, durationMs, status, code }: SourceAttempt): void {
    const spanId = this.#spanId;
    this.#spanId = undefined;
    this.#tools.observer?.tried({
      kind: 'app',
      peer: this.#endpoint.name,
      callUuid: this.#call.uuid,
      url,
      method: this.#endpoint.method,
      attempt,
      durationMs,
      ...(status !== undefined && { status }),
      ...(code !== undefined && { code }),
      ...(spanId !== undefined && { spanId }),
      ...(this.#context.trace !== undefined && { trace: this.#context.trace }),
    });
  }
}

/** What an exchange means: a list, nothing to do, or a failure with its code. */
function judge(result: ExchangeResult, endpoint: Endpoint): Tried {
  if (result.kind === 'failed') return exchangeFailure(result);
  const { status } = result;
  if (status === 204) return { ok: true, health: 'good', status, actions: [], warnings: [] };
  if (status !== 200) return statusFailure(result, endpoint.secretParameters);
  const parsed = parseActionList(result.body);
  if (parsed.ok) {
    return { ok: true, health: 'good', status, actions: parsed.actions, warnings: parsed.warnings };
  }
  // The app is there and answers: what it answers is no reason to stop asking it about other calls.
  return { ok: false, health: 'good', code: parsed.code, detail: parsed.detail, status };
}
