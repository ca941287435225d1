/** A page of the OpenAPI document: made here, of text alone, so that it needs no script and nothing from elsewhere. */

interface Operation {
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly operationId?: string;
  readonly security?: readonly object[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content?: Content };
  readonly responses?: Readonly<
    Record<string, { readonly description?: string; readonly content?: Content }>
  >;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema?: Schema;
  readonly example?: unknown;
}

type Content = Readonly<Record<string, { readonly schema?: Schema; readonly example?: unknown }>>;

interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly additionalProperties?: boolean | Schema;
  readonly minimum?: number;
  readonly maximum?: number;
}

export interface ApiDocument {
  readonly info: { readonly title: string; readonly description?: string; readonly version: string };
  readonly tags?: readonly { readonly name: string; readonly description?: string }[];
  readonly paths?: Readonly<Record<string, Readonly<Record<string, Operation>> | undefined>>;
}

export const STYLE = `
:root{color-scheme:light dark;--line:#8884;--soft:#8881}
body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;max-width:60rem;padding:1rem 1.5rem 6rem}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin:2.5rem 0 .5rem;border-bottom:1px solid var(--line)}
nav a{margin-right:.8rem}code,pre{font:13px/1.45 ui-monospace,monospace}
pre{background:var(--soft);padding:.7rem;overflow-x:auto;border-radius:4px}
details{border:1px solid var(--line);border-radius:4px;margin:.4rem 0}
summary{cursor:pointer;padding:.45rem .7rem}details>div{padding:0 .9rem .7rem}
b.m{display:inline-block;width:4.2rem;font-size:.8rem}.s{opacity:.75;margin-left:.6rem}
table{border-collapse:collapse;width:100%}td{border-top:1px solid var(--line);padding:.25rem .6rem .25rem 0;vertical-align:top}
td:first-child{white-space:nowrap}i{opacity:.7}`;

export function documentationPage(document: ApiDocument): string {
  const operations = operationsOf(document);
  const tags = (document.tags ?? []).filter(({ name }) => operations.some(({ tag }) => tag === name));
  const links = tags.map(({ name }) => `<a href="#${text(name)}">${text(name)}</a>`).join('');
  const parts = tags.map(({ name, description = '' }) => {
    const own = operations.filter(({ tag }) => tag === name);
    return `<h2 id="${text(name)}">${text(name)}</h2><p>${prose(description)}</p>${own.map(operationHtml).join('')}`;
  });
  const { title, description = '' } = document.info;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${text(title)}: the HTTP API</title><style>${STYLE}</style></head><body>
<h1>${text(title)}: the HTTP API</h1>${paragraphs(description)}
<p>For programs: <a href="/openapi.json">openapi.json</a> (OpenAPI 3.1).</p><nav>${links}</nav>${parts.join('')}</body></html>`;
}

interface Placed {
  readonly path: string;
  readonly method: string;
  readonly tag: string;
  readonly operation: Operation;
}

function operationsOf({ paths = {} }: ApiDocument): Placed[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods ?? {}).map(([method, operation]) => ({
      path,
      method: method.toUpperCase(),
      tag: operation.tags?.[0] ?? '',
      operation,
    })),
  );
}

function operationHtml({ path, method, operation }: Placed): string {
  const {
    summary = '',
    description = '',
    parameters = [],
    requestBody,
    responses = {},
    operationId = '',
  } = operation;
  const asked = requestBody?.content?.['application/json'];
  const body = asked?.schema;
  const [type, answer] = Object.entries(responses['200']?.content ?? {})[0] ?? [];
  const shownAnswer = answer?.example ?? answer?.schema?.examples?.[0];
  const shown = parameters.map((one) =>
    row(
      `${one.name}${one.required === true ? ' *' : ''}`,
      `<i>${text(one.in)}</i> ${kind(one.schema)}`,
      one.description ?? '',
    ),
  );
  const errors = Object.entries(responses).flatMap(([status, { description: meanings = '' }]) =>
    /^2/.test(status)
      ? []
      : meanings
          .split('\n\n')
          .map((meaning) => `<tr><td><code>${text(status)}</code></td><td>${prose(meaning)}</td></tr>`),
  );
  return `<details id="${text(operationId)}"><summary><b class="m">${text(method)}</b><code>${text(path)}</code><span class="s">${text(summary)}</span></summary><div>
${paragraphs(description)}${shown.length === 0 ? '' : `<table>${shown.join('')}</table>`}
${body === undefined ? '' : `<p><b>Body</b> ${prose(body.description ?? '')}</p>${fields(body)}`}
${answer?.schema === undefined ? '' : `<p><b>Answer</b> <i>${text(type ?? '')}</i> ${prose(answer.schema.description ?? '')}</p>${fields(answer.schema)}`}
<p><b>Example</b></p><pre>${text(example(method, filled(path, parameters), asked, operation.security !== undefined))}</pre>
${shownAnswer === undefined ? '' : `<pre>${text(written(shownAnswer))}</pre>`}
${errors.length === 0 ? '' : `<p><b>Errors</b></p><table>${errors.join('')}</table>`}</div></details>`;
}

/** The path with values of examples in it, and with the query. */
function filled(path: string, parameters: readonly Parameter[]): string {
  const examples = parameters.filter(({ example: value }) => value !== undefined);
  const query = examples
    .filter((one) => one.in === 'query')
    .map(({ name, example: value }) => `${name}=${encodeURIComponent(String(value)).replaceAll('%3A', ':')}`);
  const place = path.replaceAll(/\{([^{}]+)\}/g, (whole, name: string) => {
    const found = examples.find((one) => one.in === 'path' && one.name === name);
    return found === undefined ? whole : encodeURIComponent(String(found.example));
  });
  return query.length === 0 ? place : `${place}?${query.join('&')}`;
}

/** As a person would write it. */
function written(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}

/** What to type to try it. */
function example(method: string, path: string, asked: Content[string] | undefined, secured: boolean): string {
  const url = path.includes('?') ? `'http://127.0.0.1:8085${path}'` : `http://127.0.0.1:8085${path}`;
  const lines = [
    `curl -X ${method} ${url}`,
    ...(secured ? ['  -H "Authorization: Bearer $SWITCHHOOK_TOKEN"'] : []),
    ...(asked?.schema === undefined
      ? []
      : [
          "  -H 'Content-Type: application/json'",
          `  -d '${JSON.stringify(asked.example ?? sample(asked.schema)).replaceAll("'", String.raw`'\''`)}'`,
        ]),
  ];
  return lines.join(' \\\n');
}

function sample(schema: Schema): unknown {
  if (schema.default !== undefined) return schema.default;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  const [branch] = schema.anyOf ?? schema.oneOf ?? [];
  if (branch !== undefined) return sample(branch);
  if (schema.properties !== undefined)
    return Object.fromEntries(
      (schema.required ?? [])
        .filter((name) => schema.properties?.[name]?.default === undefined)
        .map((name) => [name, sample(schema.properties?.[name] ?? {})]),
    );
  if (schema.items !== undefined) return [sample(schema.items)];
  if (schema.type === 'number' || schema.type === 'integer') return schema.minimum ?? 0;
  return schema.type === 'boolean' ? false : '…';
}

const MAX_DEPTH = 3;

function fields(schema: Schema, depth = 0): string {
  const of = schema.items ?? schema;
  const { properties } = of;
  if (properties === undefined) return depth === 0 ? `<p>${kind(schema)}</p>` : '';
  const required = new Set(of.required);
  const rows = Object.entries(properties).map(([name, field]) => {
    const below = depth < MAX_DEPTH ? fields(field, depth + 1) : '';
    return row(`${name}${required.has(name) ? ' *' : ''}`, `${kind(field)}${below}`, field.description ?? '');
  });
  return `<table>${rows.join('')}</table>`;
}

function kind(schema: Schema | undefined): string {
  if (schema === undefined) return '';
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches !== undefined) return branches.map(kind).join(' or ');
  const values = schema.const === undefined ? schema.enum : [schema.const];
  const what =
    values === undefined
      ? typeof schema.type === 'string'
        ? schema.type
        : (schema.type ?? ['any']).join(' or ')
      : values.map((value) => JSON.stringify(value)).join(' | ');
  const least = schema.minimum === undefined || schema.minimum < -1e9 ? '' : ` ≥ ${schema.minimum}`;
  const most = schema.maximum === undefined || schema.maximum > 1e12 ? '' : ` ≤ ${schema.maximum}`;
  const usual = schema.default === undefined ? '' : ` = ${JSON.stringify(schema.default)}`;
  const item =
    schema.type === 'array' && schema.items?.properties === undefined ? ` of ${kind(schema.items)}` : '';
  return `<code>${text(what)}${text(least)}${text(most)}${text(usual)}</code>${item}`;
}

function row(name: string, what: string, description: string): string {
  return `<tr><td><code>${text(name)}</code></td><td>${what}</td><td>${prose(description)}</td></tr>`;
}

function paragraphs(given: string): string {
  return given
    .split('\n\n')
    .filter((one) => one !== '')
    .map((one) => `<p>${prose(one)}</p>`)
    .join('');
}

/** `code` of Markdown, and nothing else of it. */
function prose(given: string): string {
  return text(given).replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}

function text(given: string): string {
  return given
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
