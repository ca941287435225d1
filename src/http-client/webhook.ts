import type { SecureContext } from 'node:tls';
import { Webhook } from 'standardwebhooks';
import { AppError } from '../errors.js';
import { secureContextOf } from './certificates.js';
import type { CertificateFiles } from './certificates.js';
import type { ResolveHost } from './connector.js';
import { Egress } from './egress.js';
import type { EgressRules } from './egress.js';
import { Exchange, MOST_STALE } from './exchange.js';
import type { ExchangeResult } from './exchange.js';
import { exchangeFailure, statusFailure } from './failure.js';
import { maskUrl } from './mask.js';
import { Origins } from './origins.js';
import type { ConnectionSettings } from './origins.js';
import { sharedLookup } from './shared-lookup.js';
import { sign } from './signature.js';

export interface WebhookReceiver extends CertificateFiles {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signing_secrets: readonly string[];
  readonly timeout_ms: number;
  readonly connections: number;
}

export interface WebhookOptions {
  /** Where the receiver stands in the configuration, for messages: `records.http`. */
  readonly place: string;
  readonly receiver: WebhookReceiver;
  readonly egress: EgressRules;
  readonly resolve?: ResolveHost | undefined;
}

/**
 * What became of one try. `taken`: it answered 2xx. `refused`: it understood the message and will never take it.
 * `later`: everything else; `afterMs` is what it asked for with `Retry-After`, and `answered` tells whether it
 * answered at all.
 */
export interface WebhookVerdict {
  readonly kind: 'taken' | 'refused' | 'later';
  readonly detail: string;
  readonly afterMs: number;
  readonly answered: boolean;
}

export interface WebhookTry {
  readonly result: Promise<WebhookVerdict>;
  cancel(): void;
}

const NO_SECRETS: ReadonlySet<string> = new Set();
const LIMITS = { maxBytes: 64 * 1024, keepsErrorBody: false };
/** Asking again brings nothing. The other 4xx may be mended at the receiver. */
const REFUSALS: ReadonlySet<number> = new Set([400, 410, 413, 415, 422]);

/** Sends messages to one receiver, signed by Standard Webhooks. Whether and when to try again is up to others. */
export class WebhookSender implements ConnectionSettings {
  readonly secureContext: SecureContext | undefined;
  readonly connectTimeoutMs: number;
  readonly connections: number;
  readonly keepAliveMs = 4000;
  /** As it may be shown. */
  readonly shownUrl: string;
  readonly #url: URL;
  readonly #headers: readonly string[];
  readonly #signers: readonly Webhook[];
  readonly #origins: Origins;

  /** @throws AppError `config_invalid`, `config_unreadable` */
  constructor({ place, receiver, egress, resolve }: WebhookOptions) {
    this.#url = new URL(receiver.url);
    this.shownUrl = maskUrl(this.#url.href, NO_SECRETS);
    const rules = new Egress(egress);
    const refusal = rules.refusesOrigin(this.#url.origin);
    if (refusal !== undefined) throw new AppError('config_invalid', `${place}.url: ${refusal}`);
    this.#headers = [
      ...['accept', '*/*', 'accept-encoding', 'identity', 'content-type', 'application/json'],
      ...['user-agent', 'switchhook'],
      ...Object.entries(receiver.headers).flatMap(([name, value]) => [name.toLowerCase(), value]),
    ];
    this.#signers = receiver.signing_secrets.map((secret) => new Webhook(secret));
    this.secureContext = secureContextOf(place, receiver);
    this.connectTimeoutMs = receiver.timeout_ms;
    this.connections = receiver.connections;
    this.#origins = new Origins({
      egress: rules,
      breaker: { failures: Number.MAX_SAFE_INTEGER, open_ms: 1 },
      resolve: resolve ?? sharedLookup,
      onCircuit: () => undefined,
    });
  }

  /**
   * A message that meets a kept connection which was being closed is sent again at once: that is no failure of the
   * receiver.
   *
   * @param id the same for every try of one message, so that the receiver can know it again
   */
  send(id: string, body: string): WebhookTry {
    let exchange = this.#exchange(id, body);
    let isCancelled = false;
    const settled = async (): Promise<WebhookVerdict> => {
      for (let again = 0; ; again += 1) {
        const result = await exchange.result;
        const isStale = result.kind === 'failed' && result.stale === true;
        if (!isStale || again === MOST_STALE) return verdictOf(result);
        // Behind what has arrived: connections that were closed at the same time are noticed first.
        await new Promise((resolve) => setImmediate(resolve));
        if (isCancelled) return verdictOf(result);
        exchange = this.#exchange(id, body);
      }
    };
    const cancel = (): void => {
      isCancelled = true;
      exchange.cancel();
    };
    return { result: settled(), cancel };
  }

  async close(): Promise<void> {
    await this.#origins.destroy();
  }

  #exchange(id: string, body: string): Exchange {
    const origin = this.#origins.get(this.#url.origin);
    const headers = [...this.#headers];
    if (this.#signers.length > 0) sign(headers, this.#signers, id, body);
    else headers.push('webhook-id', id);
    return new Exchange(
      this.#origins.pool(origin, this),
      { path: this.#url.pathname + this.#url.search, method: 'POST', headers, body },
      this.connectTimeoutMs,
      LIMITS,
    );
  }
}

function verdictOf(result: ExchangeResult): WebhookVerdict {
  if (result.kind === 'failed') {
    const { code, detail } = exchangeFailure(result);
    // A status whose body could not be read is an answer all the same.
    if (result.status !== undefined && result.status >= 200 && result.status < 300)
      return { kind: 'taken', detail: '', afterMs: 0, answered: true };
    return { kind: 'later', detail: `${code}: ${detail}`, afterMs: 0, answered: false };
  }
  if (result.status >= 200 && result.status < 300)
    return { kind: 'taken', detail: '', afterMs: 0, answered: true };
  const { detail, retryAfterMs } = statusFailure(result, NO_SECRETS);
  const kind = REFUSALS.has(result.status) ? 'refused' : 'later';
  return { kind, detail, afterMs: retryAfterMs ?? 0, answered: true };
}
