import { configSchema } from '../../../src/config/schema.js';
import { Shape } from '../../../src/config/shape.js';
import { functionsFileSchema } from '../../../src/functions/settings.js';
import { MASK, maskUrl } from '../../../src/http-client/mask.js';

export interface PlacedSecret {
  readonly place: string;
  readonly secret: string;
}

let shapes: { readonly config: Shape; readonly functions: Shape } | undefined;

/** Everything in a configuration that the schema calls a secret, and what is masked in its URLs. */
export function secretsOfConfig(config: unknown): PlacedSecret[] {
  return secretsIn(config, known().config, []);
}

/** The same of a functions.yaml. */
export function secretsOfFunctions(file: unknown): PlacedSecret[] {
  return secretsIn(file, known().functions, []);
}

function known(): NonNullable<typeof shapes> {
  shapes ??= { config: Shape.of(configSchema), functions: Shape.of(functionsFileSchema) };
  return shapes;
}

function secretsIn(value: unknown, shape: Shape | undefined, path: readonly string[]): PlacedSecret[] {
  if (typeof value === 'string') {
    if (shape?.isSecret === true) {
      // `whsec_` is how it is written; the secret is what follows.
      const bare = value.replace(/^whsec_/, '');
      return [{ place: path.join('.'), secret: bare }];
    }
    return secretsInUrl(value, path.join('.'));
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    secretsIn(item, shape?.child(Array.isArray(value) ? Number(key) : key), [...path, key]),
  );
}

function secretsInUrl(text: string, place: string): PlacedSecret[] {
  const query = /^https?:\/\/[^?#]*\?([^#]*)/i.exec(text)?.[1];
  return (query ?? '').split('&').flatMap((pair) => {
    const [name = '', ...rest] = pair.split('=');
    const secret = rest.join('=');
    const isMasked = maskUrl(`http://a/?${name}=b`, new Set()).endsWith(MASK);
    // What callers enter is filled in by each call.
    return isMasked && secret !== '' && !secret.includes('{') ? [{ place: `${place} ${name}`, secret }] : [];
  });
}
