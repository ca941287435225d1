import { MASK, maskUrl } from '../http-client/mask.js';
import type { FunctionSettings } from './settings.js';

/** Settings as they may be shown: headers, signing secrets and environment masked, and secrets in the URL. */
export function redacted(settings: FunctionSettings): Record<string, unknown> {
  const masked = (map: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(Object.keys(map).map((name) => [name, MASK]));
  const secretNames = new Set(settings.secret_parameters.map((name) => name.toLowerCase()));
  return {
    ...settings,
    ...(settings.url !== undefined && { url: maskUrl(settings.url, secretNames) }),
    headers: masked(settings.headers),
    environment: masked(settings.environment),
    signing_secrets: settings.signing_secrets.map(() => MASK),
  };
}
