import { z } from 'zod';

/** What is used of a JSON Schema here. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly title?: string;
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly propertyNames?: JsonSchema;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly format?: string;
  /** `.meta({ secret: true })`: never shown, may be written as `{env: NAME}` or `{file: path}`. */
  readonly secret?: boolean;
  /** `.meta({ path: true })`: a file on this machine; relative to the configuration file that names it. */
  readonly path?: boolean;
}

/** Making one takes some 10 ms. */
const made = new WeakMap<z.ZodType, Shape>();

/** A place in the configuration as the schema describes it: which keys are there, and what a value may be. */
export class Shape {
  readonly #root: JsonSchema;
  /** The alternatives at this place; one, unless the schema has a union here. */
  readonly alternatives: readonly JsonSchema[];

  private constructor(root: JsonSchema, alternatives: readonly JsonSchema[]) {
    this.#root = root;
    this.alternatives = alternatives;
  }

  static of(schema: z.ZodType): Shape {
    let shape = made.get(schema);
    if (shape === undefined) {
      const root = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
      shape = new Shape(root, expand(root, root));
      made.set(schema, shape);
    }
    return shape;
  }

  /** The shape below `key` (a list index is a key too), or undefined when the schema has nothing there. */
  child(key: string | number): Shape | undefined {
    const found = this.alternatives.flatMap((alternative) => {
      const next = childOf(alternative, key);
      return next === undefined ? [] : expand(next, this.#root);
    });
    return found.length === 0 ? undefined : new Shape(this.#root, found);
  }

  at(path: readonly (string | number)[]): Shape | undefined {
    return path.reduce<Shape | undefined>((shape, key) => shape?.child(key), this);
  }

  /** Keys that the schema names at this place; not those that users choose (`endpoints.<name>`). */
  keys(): string[] {
    return [
      ...new Set(this.alternatives.flatMap((alternative) => Object.keys(alternative.properties ?? {}))),
    ];
  }

  hasKey(key: string): boolean {
    return this.alternatives.some((alternative) => Object.hasOwn(alternative.properties ?? {}, key));
  }

  /** Values that may be written here, where they are listed. */
  choices(): string[] {
    return this.alternatives.flatMap((alternative) =>
      [...(alternative.enum ?? []), alternative.const].filter((value) => typeof value === 'string'),
    );
  }

  /** Users choose the keys here. */
  get isOpen(): boolean {
    return this.alternatives.some((alternative) => typeof alternative.additionalProperties === 'object');
  }

  get takesText(): boolean {
    return this.alternatives.some(
      (alternative) => alternative.type === 'string' || typeof alternative.const === 'string',
    );
  }

  get takesOnlyText(): boolean {
    return this.alternatives.every((alternative) => alternative.type === 'string');
  }

  get isSecret(): boolean {
    return this.alternatives.some((alternative) => alternative.secret === true);
  }

  get isPath(): boolean {
    return this.alternatives.some((alternative) => alternative.path === true);
  }
}

function childOf(schema: JsonSchema, key: string | number): JsonSchema | undefined {
  if (typeof key === 'number') return schema.items;
  if (Object.hasOwn(schema.properties ?? {}, key)) return schema.properties?.[key];
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}

/** Resolves references and unions to the plain alternatives; marks written on a union count for all of it. */
function expand(schema: JsonSchema, root: JsonSchema): JsonSchema[] {
  if (schema.$ref !== undefined) {
    const target = schema.$ref === '#' ? root : root.$defs?.[schema.$ref.replace('#/$defs/', '')];
    return target === undefined ? [] : expand(target, root);
  }
  const branches = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (branches === undefined) return [schema];
  const marks = { ...(schema.secret && { secret: true }), ...(schema.path && { path: true }) };
  return branches.flatMap((branch) => expand(branch, root)).map((branch) => ({ ...branch, ...marks }));
}
