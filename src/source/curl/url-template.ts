/**
 * URL templates: `https://apps.example/ivr?from={caller_id_number}`. `{name}` is filled in with a value of the
 * call, percent-encoded; `{{` and `}}` stand for the braces themselves. Placeholders may stand behind the host
 * only, so that nothing that a caller can influence decides whom the daemon talks to.
 */

/** Servers refuse longer ones (8 kB is the usual limit), and logs carry them. */
const MAX_URL_LENGTH = 8192;

/** Takes the place of placeholders while the template is normalised; no character of it is ever escaped. */
const MARK = 'switchhook-0placeholder0';

export interface UrlTemplate {
  readonly origin: string;
  /** What every URL of this template begins with, normalised. */
  readonly literalPrefix: string;
  /** Literals at even, names of placeholders at odd positions. */
  readonly parts: readonly string[];
}

export interface Refusal {
  readonly code: 'invalid_url' | 'egress_refused';
  readonly detail: string;
}

/** @returns the compiled template, or why it can't be used; the detail never quotes what may be a secret */
export function compileUrl(template: string): UrlTemplate | Refusal {
  // WHATWG URL drops blanks, tabs and line breaks and takes "\" for "/", so that what looks like a path becomes
  // a host: none of them is let in. The host has to be spelled out, too ("http:/x" and "http:x" name host x).
  if (/[\s\\]|\p{Cc}/u.test(template))
    return invalid('a URL has no blanks, control characters or backslashes');
  const authority = /^https?:\/\/([^/?#]+)/i.exec(template)?.[1];
  if (authority === undefined)
    return invalid('expected an absolute URL that begins with http:// or https://');
  if (/[{}]/.test(authority))
    return invalid('placeholders may stand in path and query only, not in the host');
  if (authority.includes('@')) {
    return { code: 'egress_refused', detail: 'user and password in a URL; put credentials into headers' };
  }

  const parts = splitTemplate(template);
  if (typeof parts === 'string') return invalid(parts);
  let normalised: URL;
  try {
    normalised = new URL(parts.map((part, index) => (index % 2 === 0 ? part : MARK)).join(''));
  } catch {
    return invalid('not a URL');
  }
  const href = normalised.origin + normalised.pathname + normalised.search;
  const end = href.indexOf(MARK);
  return { origin: normalised.origin, literalPrefix: end === -1 ? href : href.slice(0, end), parts };
}

export function isRefusal(value: object): value is Refusal {
  return 'code' in value;
}

/**
 * @param get a value of the call; what is missing becomes empty
 * @returns the URL to ask, or why there is none for this call
 */
export function fillUrl(template: UrlTemplate, get: (name: string) => string | undefined): URL | Refusal {
  let text = '';
  template.parts.forEach((part, index) => {
    text += index % 2 === 0 ? part : encode(get(part) ?? '');
  });
  if (text.length > MAX_URL_LENGTH) {
    return invalid(`the URL has ${text.length} characters, at most ${MAX_URL_LENGTH} are allowed`);
  }
  const url = new URL(text);
  // Dots can't be escaped in a URL ("%2e%2e" counts as ".." too), so a value of ".." would climb out of its
  // folder. What was written before the first placeholder has to be there still.
  if (template.parts.length > 1 && /\/(\.|%2e)/i.test(text) && climbs(template.parts, text)) {
    return invalid('a value of the call would make a path segment "." or ".."');
  }
  if (url.origin !== template.origin) return invalid('a value of the call would change the host');
  return url;
}

/** @returns literals and names in turn, or what is wrong */
function splitTemplate(template: string): string[] | string {
  const parts: string[] = [];
  let literal = '';
  for (const piece of template.match(/\{\{|\}\}|\{[^{}]*\}|[^{}]+|[{}]/g) ?? []) {
    if (piece === '{{') literal += '{';
    else if (piece === '}}') literal += '}';
    else if (piece === '{' || piece === '}')
      return 'a brace without its partner; write {{ or }} for a literal one';
    else if (piece.startsWith('{')) {
      const name = piece.slice(1, -1);
      if (!/^[A-Za-z0-9_.:-]{1,128}$/.test(name))
        return 'a placeholder needs a name, such as {destination_number}';
      parts.push(literal, name);
      literal = '';
    } else literal += piece;
  }
  parts.push(literal);
  return parts;
}

function encode(value: string): string {
  try {
    return encodeURIComponent(value);
  } catch {
    return encodeURIComponent(value.replaceAll(/\p{Surrogate}/gu, '\uFFFD'));
  }
}

/** Whether the filled path has more dot segments than the template itself was written with. */
function climbs(parts: readonly string[], text: string): boolean {
  const written = parts.map((part, index) => (index % 2 === 0 ? part : MARK)).join('');
  return dotSegments(text) !== dotSegments(written);
}

function dotSegments(text: string): number {
  const path = /^[^?#]*/.exec(text)?.[0] ?? '';
  return path.split('/').filter((segment) => /^(\.|%2e){1,2}$/i.test(segment)).length;
}

function invalid(detail: string): Refusal {
  return { code: 'invalid_url', detail };
}
