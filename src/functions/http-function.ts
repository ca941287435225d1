import type { CancelSignal } from '../cancellation.js';
import { randomUUID } from 'node:crypto';
import type { SecureContext } from 'node:tls';
import { Webhook } from 'standardwebhooks';
import type { Dispatcher } from 'undici';
import { Breaker } from '../http-client/breaker.js';
import { secureContextOf } from '../http-client/certificates.js';
import type { ExchangeResult } from '../http-client/exchange.js';
import { headerOf } from '../http-client/exchange.js';
import { exchangeFailure, statusFailure } from '../http-client/failure.js';
import type { Failure } from '../http-client/failure.js';
import { maskUrl } from '../http-client/mask.js';
import type { Circuit } from '../http-client/observer.js';
import type { ConnectionSettings, Origins } from '../http-client/origins.js';
import { sign } from '../http-client/signature.js';
import { newSpanId, traceIdOf, traceparent } from '../http-client/trace-context.js';
import type { TraceContext } from '../http-client/trace-context.js';
import { tryRepeatedly } from '../http-client/tries.js';
import type { Usable } from '../http-client/tries.js';
import type { FunctionAttempt } from './attempt.js';
import type { JsonObject } from './json.js';
import { exceptionOf, MAX_RESPONSE_BYTES, parseJson, readResponse } from './response.js';
import type { ResponseRules } from './response.js';
import type { FunctionSettings } from './settings.js';

interface Success extends Usable {
  readonly values: JsonObject;
}

export interface HttpQuestion {
  /** JSON. */
  readonly event: string;
  readonly callUuid: string;
  readonly timeoutMs: number;
  readonly signal: CancelSignal;
  readonly onAttempt: (attempt: FunctionAttempt, sent: SentTry) => void;
  /** Absent: the call's own. */
  readonly trace?: TraceContext | undefined;
  /** Whether the trace of the call is recorded; absent: it is. */
  readonly isSampled?: ((traceId: string) => boolean) | undefined;
  readonly onResponse?: ((body: string) => void) | undefined;
}

/** What only an observer wants to know of a try. */
export interface SentTry {
  readonly method?: string;
  /** The span that it was told; absent where nothing was sent. */
  readonly spanId?: string;
}

const LIMITS = { maxBytes: MAX_RESPONSE_BYTES, keepsErrorBody: true };

/** A function that is asked over HTTP. */
export class HttpFunction implements ConnectionSettings {
  readonly secureContext: SecureContext | undefined;
  readonly connectTimeoutMs: number;
  readonly connections: number;
  readonly keepAliveMs: number;
  readonly #name: string;
  readonly #url: URL;
  readonly #shownUrl: string;
  readonly #secretNames: ReadonlySet<string>;
  readonly #settings: FunctionSettings;
  readonly #rules: ResponseRules;
  readonly #headers: readonly string[];
  readonly #signers: readonly Webhook[];
  readonly #breaker: Breaker;
  readonly #origins: Origins;

  /** @throws AppError `config_unreadable`, `config_invalid` for certificates that can't be used */
  constructor(
    name: string,
    url: string,
    settings: FunctionSettings,
    rules: ResponseRules,
    origins: Origins,
    onCircuit: (state: 'open' | 'closed') => void,
  ) {
    this.#name = name;
    this.#url = new URL(url);
    this.#secretNames = new Set(settings.secret_parameters.map((one) => one.toLowerCase()));
    this.#shownUrl = maskUrl(this.#url.href, this.#secretNames);
    this.#settings = settings;
    this.#rules = rules;
    this.#headers = commonHeaders(settings);
    this.#signers = settings.signing_secrets.map((secret) => new Webhook(secret));
    this.#breaker = new Breaker(settings.breaker, onCircuit);
    this.#origins = origins;
    this.secureContext = secureContextOf(`functions.${name}`, settings);
    this.connectTimeoutMs = settings.connect_timeout_ms;
    this.connections = settings.connections;
    this.keepAliveMs = settings.keep_alive_ms;
  }

  /** Closes its connections; nothing is asked any more. */
  async close(): Promise<void> {
    await this.#origins.drop(this);
  }

  get circuit(): Circuit {
    return { peer: this.#name, isOpen: this.#breaker.isOpen };
  }

  async ask(question: HttpQuestion): Promise<Success | Failure> {
    const { event, timeoutMs, signal, onAttempt } = question;
    let spanId: string | undefined;
    const report = (attempt: number, durationMs: number, tried: Success | Failure): void => {
      const shown: FunctionAttempt = {
        attempt,
        url: this.#shownUrl,
        durationMs: Math.round(durationMs * 10) / 10,
        ...(tried.status !== undefined && { status: tried.status }),
        ...(!tried.ok && { code: tried.code, detail: tried.detail }),
      };
      onAttempt(shown, { method: this.#settings.method, ...(spanId !== undefined && { spanId }) });
      spanId = undefined;
    };
    const origin = this.#origins.get(this.#url.origin);
    if (origin.refusal !== undefined) {
      const refused: Failure = {
        ok: false,
        health: 'unknown',
        code: 'egress_refused',
        detail: origin.refusal,
      };
      report(1, 0, refused);
      return refused;
    }
    const { trace } = question;
    const traceId = trace?.traceId ?? traceIdOf(question.callUuid);
    const messageId = `msg_${randomUUID()}`;
    return tryRepeatedly({
      peer: this.#name,
      pool: this.#origins.pool(origin, this),
      breaker: this.#breaker,
      limits: LIMITS,
      tries: this.#settings.retries + 1,
      isSafe: false,
      tryTimeoutMs: this.#settings.try_timeout_ms ?? timeoutMs,
      retryDelayMs: this.#settings.retry_delay_ms,
      deadlineMs: performance.now() + timeoutMs,
      signal,
      request: () => {
        spanId = newSpanId();
        const context = traceparent(traceId, spanId, trace?.isSampled ?? question.isSampled?.(traceId));
        return this.#request(event, context, messageId);
      },
      judge: (result) => {
        if (result.kind === 'answer') question.onResponse?.(result.body.toString());
        return this.#judge(result);
      },
      onTried: report,
    });
  }

  #request(body: string, context: string, messageId: string): Dispatcher.DispatchOptions {
    const headers = [...this.#headers, 'traceparent', context];
    if (this.#signers.length > 0) sign(headers, this.#signers, messageId, body);
    return { path: this.#url.pathname + this.#url.search, method: this.#settings.method, headers, body };
  }

  #judge(result: ExchangeResult): Success | Failure {
    if (result.kind === 'failed') return exchangeFailure(result);
    const { status } = result;
    if (status === 204) return { ok: true, health: 'good', status, values: {} };
    if (status !== 200) return this.#badStatus(result);
    // Lambda's own API says so in a header, whatever the body is.
    const failed = headerOf(result.headers, 'x-amz-function-error');
    const response = readResponse(result.body, this.#rules);
    if (failed !== undefined && (response.ok || response.code !== 'function_exception')) {
      return { ok: false, health: 'good', code: 'function_exception', detail: failed.slice(0, 100), status };
    }
    if (response.ok) return { ok: true, health: 'good', status, values: response.values };
    return { ok: false, health: 'good', code: response.code, detail: response.detail, status };
  }

  /** The status decides about a further try; the exception that the body tells of, about the detail. */
  #badStatus(answer: ExchangeResult & { kind: 'answer' }): Failure {
    const failure = statusFailure(answer, this.#secretNames);
    const parsed = parseJson(answer.body);
    const exception = typeof parsed === 'string' ? undefined : exceptionOf(parsed.value);
    return exception === undefined ? failure : { ...failure, detail: `${failure.detail}, ${exception}` };
  }
}

function commonHeaders(settings: FunctionSettings): string[] {
  const own: Record<string, string> = {
    accept: 'application/json',
    'accept-encoding': 'identity',
    'content-type': 'application/json',
    'user-agent': 'switchhook',
  };
  for (const [header, value] of Object.entries(settings.headers)) own[header.toLowerCase()] = value;
  return Object.entries(own).flat();
}
