import { MASK, maskUrl } from '../http-client/mask.js';
import { isPlainMap } from './layer.js';
import { configSchema } from './schema.js';
import type { Config } from './schema.js';
import { Shape } from './shape.js';

/** Keys of values that are shown to nobody, should the schema not say so. */
const SECRET_KEY = /(^|_)(secret|password|token|credential)s?$/i;

/** A copy to show: secrets are masked, and so are the passwords and tokens in URLs. */
export function redactConfig(config: Config): unknown {
  return redact(config, Shape.of(configSchema), false, new Set());
}

function redact(
  value: unknown,
  shape: Shape | undefined,
  isSecret: boolean,
  secretParameters: ReadonlySet<string>,
): unknown {
  if (typeof value === 'string') {
    if (value === '') return value;
    if (isSecret || shape?.isSecret === true) return MASK;
    return /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? maskUrl(value, secretParameters) : value;
  }
  if (Array.isArray(value)) {
    return value.map((item: unknown) => redact(item, shape?.child(0), isSecret, secretParameters));
  }
  if (!isPlainMap(value)) return value;
  const parameters = namesIn(value['secret_parameters']) ?? secretParameters;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      redact(item, shape?.child(key), isSecret || isSecretKey(key, shape?.child(key)), parameters),
    ]),
  );
}

/** `http.tokens` holds more than secrets, and the schema says which of it is one. */
function isSecretKey(key: string, shape: Shape | undefined): boolean {
  return SECRET_KEY.test(key) && (shape?.child(0)?.keys() ?? []).length === 0;
}

function namesIn(value: unknown): ReadonlySet<string> | undefined {
  return Array.isArray(value) ? new Set(value.map((name) => String(name).toLowerCase())) : undefined;
}
