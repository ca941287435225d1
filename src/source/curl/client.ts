import type { Outcome } from '../../call/outcome.js';
import { AppError } from '../../errors.js';
import type { ActionSource, CallView, SourceAnswer, SourceContext, Waiting } from '../port.js';
import type { ResolveHost } from '../../http-client/connector.js';
import { Egress } from '../../http-client/egress.js';
import { MASK, maskUrl } from '../../http-client/mask.js';
import type { Circuit, RequestObserver } from '../../http-client/observer.js';
import { Origins } from '../../http-client/origins.js';
import { sharedLookup } from '../../http-client/shared-lookup.js';
import { makeEndpoint } from './endpoint.js';
import type { Endpoint } from './endpoint.js';
import type { AppLog, InquiryTools } from './inquiry.js';
import { endpointSchema } from './settings.js';
import type { AppDefaults, EgressSettings, EndpointSettings } from './settings.js';
import { CurlSource } from './source.js';
import { compileUrl, isRefusal } from './url-template.js';
import type { Refusal, UrlTemplate } from './url-template.js';

export interface AppClientOptions {
  readonly endpoints: Readonly<Record<string, EndpointSettings>>;
  readonly defaults: AppDefaults;
  readonly egress: EgressSettings;
  readonly log?: AppLog;
  /** Show what callers entered in the URLs of logs and traces. */
  readonly showDigits?: boolean;
  /** Instead of the resolver of this machine. */
  readonly resolve?: ResolveHost;
  readonly observer?: RequestObserver;
}

/** A source that has nothing to be kept. */
export interface AppSource extends ActionSource {
  start(call: CallView, context: SourceContext): Promise<SourceAnswer>;
  next(call: CallView, outcomes: readonly Outcome[], context: SourceContext): Promise<SourceAnswer>;
}

interface Target {
  readonly endpoint: Endpoint;
  readonly url: UrlTemplate;
}

const NO_SECRETS: ReadonlySet<string> = new Set();

/** Dialplans may expand `${…}` themselves, so that every call brings another URL. */
const MAX_CACHED_TARGETS = 1000;

/** Asks HTTP apps what to do with calls. One for the daemon: it keeps connections and circuit breakers. */
export class AppClient {
  readonly #endpoints: ReadonlyMap<string, Endpoint>;
  readonly #fallthrough: Endpoint;
  /** The longest first. */
  readonly #matches: readonly { readonly prefix: string; readonly endpoint: Endpoint }[];
  readonly #tools: InquiryTools;
  readonly #targets = new Map<string, Target | Refusal>();

  /** @throws AppError `config_invalid`, `config_unreadable` */
  constructor(options: AppClientOptions) {
    const { endpoints, defaults, egress: egressSettings, log } = options;
    const egress = new Egress(egressSettings);
    this.#endpoints = new Map(
      Object.entries(endpoints).map(([name, settings]) => [name, makeEndpoint(name, settings, defaults)]),
    );
    for (const endpoint of this.#endpoints.values()) checkEgress(endpoint, egress);
    this.#fallthrough = makeEndpoint('', endpointSchema.parse({}), defaults);
    this.#matches = [...this.#endpoints]
      .flatMap(([name, endpoint]) =>
        (endpoints[name]?.match ?? []).map((text) => ({ prefix: new URL(text).href, endpoint })),
      )
      .sort((a, b) => b.prefix.length - a.prefix.length);
    this.#tools = {
      log,
      showDigits: options.showDigits ?? false,
      ...(options.observer && { observer: options.observer }),
      origins: new Origins({
        egress,
        breaker: defaults.breaker,
        resolve: options.resolve ?? sharedLookup,
        onCircuit: (origin, state) => log?.warn({ origin, state }, 'circuit breaker changed'),
      }),
    };
  }

  /**
   * @param target the name of an endpoint, or a URL with placeholders
   * @param options waiting: instead of what the settings say; shown: the target as it may be shown
   */
  source(
    target: string,
    options: { readonly waiting?: Waiting; readonly shown?: string } = {},
  ): AppSource | Refusal {
    const found = this.#target(target);
    if ('code' in found) return found;
    const { waiting = found.endpoint.waiting, shown: shownTarget } = options;
    if (shownTarget === undefined) return new CurlSource(this.#tools, found.endpoint, found.url, waiting);
    const shown = compileUrl(shownTarget.trim());
    const usable = isRefusal(shown) ? { ...found.url, parts: [`${found.url.origin}/${MASK}`] } : shown;
    return new CurlSource(this.#tools, found.endpoint, found.url, waiting, usable);
  }

  /** The target as it may be shown: with the secrets masked of which its endpoint knows. */
  describe(target: string): string {
    if (this.#endpoints.has(target)) return target;
    const found = this.#target(target);
    const secrets = 'code' in found ? NO_SECRETS : found.endpoint.secretParameters;
    return maskUrl(target.trim(), secrets, this.#tools.showDigits);
  }

  /**
   * The circuit breakers of the origins that endpoints name, whether they were asked or not; those of other origins
   * are one, under the name `other`, which is open when any of them is.
   */
  get circuits(): Circuit[] {
    const named = [...this.#endpoints.values()].flatMap(({ url, fallbackUrl }) =>
      [url, fallbackUrl].flatMap((one) => (one === undefined ? [] : [one.origin])),
    );
    const found = new Map([...named, 'other'].map((peer) => [peer, false]));
    for (const { peer, isOpen } of this.#tools.origins.circuits)
      if (isOpen) found.set(found.has(peer) ? peer : 'other', true);
    return Array.from(found, ([peer, isOpen]) => ({ peer, isOpen }));
  }

  /** The endpoint to which a target or a URL belongs, also one with masked secrets. */
  endpointOf(target: string): string | undefined {
    const found = this.#find(target);
    return 'code' in found || found.endpoint.name === '' ? undefined : found.endpoint.name;
  }

  /** Closes all connections; requests under way fail. */
  async close(): Promise<void> {
    await this.#tools.origins.destroy();
  }

  #target(text: string): Target | Refusal {
    const known = this.#targets.get(text);
    if (known !== undefined) return known;
    const found = this.#find(text);
    if (this.#targets.size >= MAX_CACHED_TARGETS) this.#targets.clear();
    this.#targets.set(text, found);
    return found;
  }

  #find(text: string): Target | Refusal {
    const named = this.#endpoints.get(text);
    if (named !== undefined) {
      if (named.url !== undefined) return { endpoint: named, url: named.url };
      return { code: 'invalid_url', detail: `endpoint ${text} has no url: it is for URLs that it matches` };
    }
    if (!text.includes(':')) {
      return { code: 'invalid_url', detail: `no endpoint is named ${JSON.stringify(text.slice(0, 64))}` };
    }
    const url = compileUrl(text.trim());
    if (isRefusal(url)) return url;
    const match = this.#matches.find(({ prefix }) => beginsWith(url.literalPrefix, prefix));
    return { endpoint: match?.endpoint ?? this.#fallthrough, url };
  }
}

/** `https://a/ivr` covers `https://a/ivr`, `https://a/ivr/x` and `https://a/ivr?x`, not `https://a/ivrx`. */
function beginsWith(url: string, prefix: string): boolean {
  if (!url.startsWith(prefix)) return false;
  return prefix.endsWith('/') || url.length === prefix.length || /[/?]/.test(url.charAt(prefix.length));
}

/** A contradiction in the configuration is better told at the start than with the first call. */
function checkEgress(endpoint: Endpoint, egress: Egress): void {
  for (const [key, url] of [
    ['url', endpoint.url],
    ['fallback_url', endpoint.fallbackUrl],
  ] as const) {
    const refusal = url === undefined ? undefined : egress.refusesOrigin(url.origin);
    if (refusal !== undefined)
      throw new AppError('config_invalid', `endpoints.${endpoint.name}.${key}: ${refusal}`);
  }
}
