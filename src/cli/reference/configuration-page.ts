import type { JsonSchema } from '../../config/shape.js';
import { code, page, table } from './markdown.js';
import { configurationSchema } from './schemas.js';

interface Row {
  readonly path: string;
  readonly schema: JsonSchema;
  readonly required: boolean;
}

/** docs/reference/configuration.md, from the schema. */
export function configurationPage(): string {
  const root = configurationSchema();
  const sections = Object.entries(root.properties ?? {}).map(([key, schema]) => sectionOf(key, schema));
  return page(
    '# Configuration',
    [
      'Read once at the start, in this order; what comes later wins:',
      '',
      '1. the file named by `--config` or `SWITCHHOOK_CONFIG`, else `conf/switchhook.yaml`, else `/etc/switchhook/switchhook.yaml`;',
      '2. `conf.d/*.yaml` beside it, in the order of their names: maps are merged key by key, lists and values replaced;',
      '3. the environment: `SWITCHHOOK_LIMITS__CALLS=500` sets `limits.calls`. Two underscores stand between levels; `-` and `.` in a name are written `_`. Text is taken as it is, everything else is read as YAML. With `_FILE` at its end (`SWITCHHOOK_ENDPOINTS__BILLING__HEADERS__AUTHORIZATION_FILE=/run/secrets/billing`) the variable names a file that holds the value.',
    ].join('\n'),
    'Every text can be written as `{env: NAME}` or `{file: path}`, so that secrets stay out of the file. Relative paths are meant from the folder of the file that names them. An unknown key is an error. `switchhook check` prints what is in force, secrets masked. For editors: `schemas/configuration.schema.json`.',
    ...sections,
  );
}

function sectionOf(key: string, schema: JsonSchema): string {
  const open = valuesOf(schema);
  const inner = open ?? schema;
  const prefix = open === undefined ? key : `${key}.<name>`;
  const rows = rowsOf(inner, prefix);
  return [
    `## ${key}`,
    schema.description ?? '',
    rows.length === 0 ? '' : table(['Key', 'Value', 'Default', 'Meaning'], rows.map(rowText)),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function rowsOf(schema: JsonSchema, prefix: string): Row[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, value]): Row[] => {
    const path = `${prefix}.${key}`;
    const row = { path, schema: value, required: schema.required?.includes(key) === true };
    const entries = valuesOf(value);
    const items = value.items;
    if (value.properties !== undefined) return [...headRow(row), ...rowsOf(value, path)];
    if (entries?.properties !== undefined) return [row, ...rowsOf(entries, `${path}.<name>`)];
    if (items?.properties !== undefined) return [row, ...rowsOf(items, `${path}[]`)];
    return [row];
  });
}

/** A map of known keys needs a row of its own only where there is something to say about it. */
function headRow(row: Row): Row[] {
  return row.schema.description === undefined ? [] : [row];
}

function rowText({ path, schema, required }: Row): string[] {
  return [code(path), typeText(schema), required ? 'required' : defaultText(path, schema), meaning(schema)];
}

function meaning(schema: JsonSchema): string {
  return schema.description ?? valuesOf(schema)?.description ?? schema.items?.description ?? '';
}

function defaultText(path: string, schema: JsonSchema): string {
  const [, own] = /^endpoints\.<name>\.(\w+)$/.exec(path) ?? [];
  if (own !== undefined && configurationSchema().properties?.['app']?.properties?.[own] !== undefined) {
    return `that of ${code(`app.${own}`)}`;
  }
  if (schema.default === undefined || schema.properties !== undefined) return '';
  return code(JSON.stringify(schema.default));
}

function valuesOf(schema: JsonSchema): JsonSchema | undefined {
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}

function typeText(schema: JsonSchema): string {
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches !== undefined) {
    const texts = branches.filter((branch) => !isReference(branch)).map(typeText);
    return `${[...new Set(texts)].join(', or ')}${branches.some(isReference) ? ' (secret)' : ''}`;
  }
  if (schema.enum !== undefined) return schema.enum.map((value) => code(String(value))).join(', ');
  if (schema.const !== undefined) return code(JSON.stringify(schema.const));
  if (schema.items !== undefined) return `list of ${typeText(schema.items)}`;
  const values = valuesOf(schema);
  if (values !== undefined) return `map of ${typeText(values)}`;
  if (schema.properties !== undefined) return 'map';
  if (schema.type === 'integer' || schema.type === 'number') return rangeText(schema);
  if (schema.type === 'boolean') return '`true`, `false`';
  return schema.type === 'string' ? 'text' : (schema.type ?? 'anything');
}

function isReference(schema: JsonSchema): boolean {
  return schema.properties?.['env'] !== undefined || schema.properties?.['file'] !== undefined;
}

function rangeText({ minimum, maximum }: JsonSchema): string {
  const low = minimum ?? Number.MIN_SAFE_INTEGER;
  const high = maximum ?? Number.MAX_SAFE_INTEGER;
  const hasLow = low > Number.MIN_SAFE_INTEGER;
  const hasHigh = high < Number.MAX_SAFE_INTEGER;
  if (hasLow && hasHigh) return `number, ${low} to ${high}`;
  if (hasLow) return `number, at least ${low}`;
  return hasHigh ? `number, at most ${high}` : 'number';
}
