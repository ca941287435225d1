import { isPlainMap } from './layer.js';
import { pathText } from './problem.js';
import type { Problem } from './problem.js';
import { DEFAULT_POLICY } from './schema.js';
import type { Config } from './schema.js';
import { suggestion } from './suggestion.js';

/**
 * What no single value can tell. Works on the configuration as it is written, so that it finds its problems even
 * while others are there.
 */
export function crossCheck(written: unknown): Problem[] {
  if (!isPlainMap(written)) return [];
  return [
    ...unknownPolicies(written),
    ...samePort(written),
    ...openApi(written),
    ...sameTokens(written),
    ...callbackScopes(written),
  ];
}

function unknownPolicies(written: Record<string, unknown>): Problem[] {
  const profiles = [
    DEFAULT_POLICY,
    ...Object.keys(isPlainMap(written['policies']) ? written['policies'] : {}),
  ];
  const named = [
    { at: ['app'], holder: written['app'] },
    { at: ['flows'], holder: written['flows'] },
    ...Object.entries(isPlainMap(written['endpoints']) ? written['endpoints'] : {}).map(([name, holder]) => ({
      at: ['endpoints', name],
      holder,
    })),
  ];
  return named.flatMap(({ at, holder }): Problem[] => {
    const policy = isPlainMap(holder) ? holder['policy'] : undefined;
    if (typeof policy !== 'string' || profiles.includes(policy)) return [];
    const path = [...at, 'policy'];
    const hint = suggestion(policy, profiles);
    const message = `${pathText(path)}: no policy profile is named ${JSON.stringify(policy)}`;
    return [{ at: path, message, ...(hint !== undefined && { suggestion: hint }) }];
  });
}

function samePort(written: Record<string, unknown>): Problem[] {
  const portOf = (section: string, fallback: number): unknown => {
    const value = written[section];
    return isPlainMap(value) ? (value['port'] ?? fallback) : fallback;
  };
  const [listen, http] = [portOf('listen', 8084), portOf('http', 8085)];
  if (listen !== http || listen === 0) return [];
  return [{ at: ['http', 'port'], message: `http.port: the same port as listen.port (${String(listen)})` }];
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

/** The API can end calls and change the switch: nobody is to reach it from elsewhere without a token. */
function openApi(written: Record<string, unknown>): Problem[] {
  const http = isPlainMap(written['http']) ? written['http'] : {};
  const { host, tokens } = http;
  if (typeof host !== 'string' || LOOPBACK.test(host)) return [];
  if (Array.isArray(tokens) && tokens.length > 0) return [];
  const message = `http.host: ${host} is not a loopback address: beyond this machine the API needs http.tokens`;
  return [{ at: ['http', 'host'], message }];
}

/** The audit log could not tell them apart. */
function sameTokens(written: Record<string, unknown>): Problem[] {
  const http = isPlainMap(written['http']) ? written['http'] : {};
  const tokens: readonly unknown[] = Array.isArray(http['tokens']) ? http['tokens'] : [];
  return (['name', 'token'] as const).flatMap((key) => {
    const seen = new Set<unknown>();
    return tokens.flatMap((entry, index): Problem[] => {
      const value = isPlainMap(entry) ? entry[key] : undefined;
      if (typeof value !== 'string' || !seen.has(value)) {
        seen.add(value);
        return [];
      }
      const path = ['http', 'tokens', index, key];
      return [{ at: path, message: `${pathText(path)}: the same ${key} as another entry's` }];
    });
  });
}

/** A receiver that listens to an endpoint which is not there would never hear anything. */
function callbackScopes(written: Record<string, unknown>): Problem[] {
  const callbacks = isPlainMap(written['callbacks']) ? written['callbacks'] : {};
  const receivers = isPlainMap(callbacks['receivers']) ? callbacks['receivers'] : {};
  const endpoints = Object.keys(isPlainMap(written['endpoints']) ? written['endpoints'] : {});
  const found: Problem[] = [];
  if (Object.keys(receivers).length > 0 && callbacks['folder'] === undefined) {
    const message = 'callbacks.folder: is needed where there are receivers';
    found.push({ at: ['callbacks', 'folder'], message });
  }
  for (const [name, receiver] of Object.entries(receivers)) {
    const named: unknown = isPlainMap(receiver) ? receiver['endpoints'] : undefined;
    for (const [index, endpoint] of (Array.isArray(named) ? (named as readonly unknown[]) : []).entries()) {
      if (typeof endpoint !== 'string' || endpoints.includes(endpoint)) continue;
      const path = ['callbacks', 'receivers', name, 'endpoints', index];
      const hint = suggestion(endpoint, endpoints);
      const message = `${pathText(path)}: no endpoint is named ${JSON.stringify(endpoint)}`;
      found.push({ at: path, message, ...(hint !== undefined && { suggestion: hint }) });
    }
  }
  return found;
}

/** What is allowed but worth a look. */
export function remarks(config: Config): string[] {
  const found: string[] = [];
  if (!LOOPBACK.test(config.listen.host)) {
    found.push(
      `listen.host ${config.listen.host} is not a loopback address: the Event Socket has no password in this direction, so let only FreeSWITCH reach port ${config.listen.port} (firewall or private network).`,
    );
  }
  return found;
}
