import type { SecureContext } from 'node:tls';
import { Webhook } from 'standardwebhooks';
import type { Action } from '../../call/action.js';
import { toAction } from '../../call/action-list.js';
import { AppError } from '../../errors.js';
import { secureContextOf } from '../../http-client/certificates.js';
import type { Waiting } from '../port.js';
import type { AppDefaults, EndpointSettings } from './settings.js';
import { compileUrl, isRefusal } from './url-template.js';
import type { UrlTemplate } from './url-template.js';

/** How one app is asked: its settings over the defaults, with everything prepared that requests have in common. */
export interface Endpoint {
  /** `''`: URLs that no endpoint claims. */
  readonly name: string;
  readonly url: UrlTemplate | undefined;
  readonly method: 'GET' | 'POST';
  readonly variables: readonly string[];
  /** Names and values in turn, as undici takes them. */
  readonly headers: readonly string[];
  readonly signers: readonly Webhook[];
  /** In lower case. */
  readonly secretParameters: ReadonlySet<string>;
  readonly fallbackUrl: UrlTemplate | undefined;
  readonly fallbackActions: readonly Action[] | undefined;
  readonly waiting: Waiting | undefined;
  readonly policy: string;
  readonly secureContext: SecureContext | undefined;
  readonly connectTimeoutMs: number;
  readonly tryTimeoutMs: number;
  readonly totalTimeoutMs: number;
  readonly tries: number;
  readonly retryDelayMs: number;
  readonly connections: number;
  readonly keepAliveMs: number;
}

/** @throws AppError `config_unreadable`, `config_invalid` for files that can't be used */
export function makeEndpoint(name: string, settings: EndpointSettings, defaults: AppDefaults): Endpoint {
  const waiting = settings.while_waiting ?? defaults.while_waiting;
  return {
    name,
    url: template(name, 'url', settings.url),
    method: settings.method,
    variables: settings.variables,
    headers: commonHeaders(settings),
    signers: settings.signing_secrets.map((secret) => new Webhook(secret)),
    secretParameters: new Set(settings.secret_parameters.map((parameter) => parameter.toLowerCase())),
    fallbackUrl: template(name, 'fallback_url', settings.fallback_url),
    fallbackActions: settings.fallback_actions?.map(toAction),
    waiting: waiting && { play: waiting.play, afterMs: waiting.after_ms },
    policy: settings.policy ?? defaults.policy,
    secureContext: secureContextOf(`endpoints.${name}`, settings),
    connectTimeoutMs: settings.connect_timeout_ms ?? defaults.connect_timeout_ms,
    tryTimeoutMs: settings.try_timeout_ms ?? defaults.try_timeout_ms,
    totalTimeoutMs: settings.total_timeout_ms ?? defaults.total_timeout_ms,
    tries: settings.tries ?? defaults.tries,
    retryDelayMs: settings.retry_delay_ms ?? defaults.retry_delay_ms,
    connections: settings.connections ?? defaults.connections,
    keepAliveMs: settings.keep_alive_ms ?? defaults.keep_alive_ms,
  };
}

function template(name: string, key: string, text: string | undefined): UrlTemplate | undefined {
  if (text === undefined) return undefined;
  const compiled = compileUrl(text);
  if (isRefusal(compiled))
    throw new AppError('config_invalid', `endpoints.${name}.${key}: ${compiled.detail}`);
  return compiled;
}

function commonHeaders(settings: EndpointSettings): string[] {
  const own: Record<string, string> = {
    accept: 'application/json',
    'accept-encoding': 'identity',
    'user-agent': 'switchhook',
    ...(settings.method === 'POST' && { 'content-type': 'application/json' }),
  };
  for (const [header, value] of Object.entries(settings.headers)) own[header.toLowerCase()] = value;
  return Object.entries(own).flat();
}
