import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parse } from 'yaml';
import { EXIT_CODES } from '../../../src/cli/exit-code.js';
import { createProgram } from '../../../src/cli/program.js';
import { referenceFiles } from '../../../src/cli/reference.js';
import { configurationSchema } from '../../../src/cli/reference/schemas.js';
import { ERRORS } from '../../../src/errors.js';
import { configSchema } from '../../../src/config/schema.js';
import { Shape } from '../../../src/config/shape.js';
import { harness, runCli } from './harness.js';

const files = referenceFiles(createProgram(harness().cli));

describe('the generated reference', () => {
  it.each([...files])('%s is up to date', (path, content) => {
    expect(readFileSync(path, 'utf8')).toBe(content);
  });

  it('is what the command checks', async () => {
    expect(await runCli(['reference', '--check'])).toMatchObject({ code: 0, err: '' });
  });
});

describe('docs/reference/errors.md', () => {
  it('has every code of the table, and no other', () => {
    const page = readFileSync('docs/reference/errors.md', 'utf8');
    const documented = [...page.matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, code]) => code);
    expect(documented.toSorted()).toEqual(Object.keys(ERRORS).toSorted());
  });
});

describe('docs/reference/cli.md', () => {
  const page = readFileSync('docs/reference/cli.md', 'utf8');

  it('has every command that users see, with its options', () => {
    for (const command of createProgram(harness().cli).commands) {
      const visible = command.name() !== 'reference';
      expect(page.includes(`\n## ${command.name()}\n`), command.name()).toBe(visible);
      if (visible) for (const option of command.options) expect(page).toContain(`\`${option.flags}\``);
    }
  });

  it('has every exit code', () => {
    for (const { code } of EXIT_CODES) expect(page).toContain(`\n| ${code} | `);
  });
});

describe('docs/reference/configuration.md', () => {
  const page = readFileSync('docs/reference/configuration.md', 'utf8');

  /** All keys of the schema, as the page writes them. */
  function keysBelow(shape: Shape, prefix: string): string[] {
    return shape.keys().flatMap((key) => {
      const path = `${prefix}${key}`;
      const child = shape.child(key);
      if (child === undefined) return [path];
      if (child.keys().length > 0) return keysBelow(child, `${path}.`);
      const values = child.isOpen ? child.child('any name') : undefined;
      if (values !== undefined && values.keys().length > 0) return keysBelow(values, `${path}.<name>.`);
      return [path];
    });
  }

  it('has every key, and says something about each', () => {
    const keys = keysBelow(Shape.of(configSchema), '');
    expect(keys.length).toBeGreaterThan(40);
    for (const key of keys) {
      // What stands at the top by itself has a section; everything else a row in one.
      const row = page.split('\n').find((line) => line.startsWith(`| \`${key}\` |`) || line === `## ${key}`);
      expect(row, key).toBeDefined();
      expect(row, key).not.toMatch(/\| {2}\|$/);
    }
  });
});

describe('the published schema of the configuration', () => {
  const schema = z.fromJSONSchema(JSON.parse(JSON.stringify(configurationSchema())) as never);

  it('takes the configuration that comes with the package, and secrets kept elsewhere', () => {
    expect(schema.safeParse(parse(readFileSync('conf/switchhook.yaml', 'utf8'))).error).toBeUndefined();
    const headers = { 'X-Key': { env: 'KEY' }, 'X-Other': 'plain' };
    expect(
      schema.safeParse({ endpoints: { a: { url: 'https://a.example/', headers } } }).error,
    ).toBeUndefined();
  });

  it('refuses what the daemon refuses', () => {
    expect(schema.safeParse({ listen: { prot: 1 } }).success).toBe(false);
    expect(schema.safeParse({ listen: { port: 'x' } }).success).toBe(false);
  });
});
