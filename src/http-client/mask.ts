/** What stands in place of a secret, in logs and traces. */
export const MASK = '***';

/** Names, or last words of names (`api_key`, `X-Amz-Signature`), of parameters that are nobody's business. */
const SECRET_NAME =
  /(^|[_.\-[])(access_?token|token|api_?key|key|passw(or)?d|passwd|pwd|pass|secret|signature|sig|auth|authorization|credentials?|session_?id)\]?$/i;

/** What callers enter: card numbers and PINs are among it. */
const ENTERED_NAME = /^(digits|dtmf|pin|stored_?input|cti_outcomes)$/i;

/**
 * A URL as it may be shown: user and password, the values of secret parameters and the fragment are masked.
 * @param secretNames further parameters to mask, in lower case
 */
export function maskUrl(url: string, secretNames: ReadonlySet<string>, showDigits = false): string {
  const fragment = url.indexOf('#');
  const bare = fragment === -1 ? url : url.slice(0, fragment);
  const query = bare.indexOf('?');
  const path = query === -1 ? bare : bare.slice(0, query);
  const base = path.includes('@') ? path.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/]*@/i, `$1${MASK}@`) : path;
  if (query === -1) return base;
  const shown = bare
    .slice(query + 1)
    .split('&')
    .map((pair) => {
      const equals = pair.indexOf('=');
      if (equals === -1 || equals === pair.length - 1) return pair;
      return isSecret(pair.slice(0, equals), secretNames, showDigits)
        ? `${pair.slice(0, equals)}=${MASK}`
        : pair;
    });
  return `${base}?${shown.join('&')}`;
}

function isSecret(encoded: string, secretNames: ReadonlySet<string>, showDigits: boolean): boolean {
  const name = decoded(encoded);
  return (
    SECRET_NAME.test(name) ||
    (!showDigits && ENTERED_NAME.test(name)) ||
    (secretNames.size > 0 && secretNames.has(name.toLowerCase()))
  );
}

function decoded(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
