import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../../gate/packages.js';

const PAGE = 'docs/reference/reliability.md';
const text = readFileSync(join(ROOT, PAGE), 'utf8');

interface Promised {
  readonly promise: string;
  readonly held: readonly Link[];
}

interface Link {
  readonly title: string;
  readonly file: string;
}

/** Links to tests in a piece of Markdown. */
function linksIn(markdown: string): Link[] {
  return [...markdown.matchAll(/\[([^\]]+)\]\(([^)]+\.test\.ts)\)/g)].map(([, title = '', path = '']) => ({
    title,
    file: normalize(join('docs/reference', path)),
  }));
}

const promises: Promised[] = text
  .split('\n## ')
  .filter((section) => section.includes('| Promise |'))
  .flatMap((section) => section.split('\n').filter((line) => /^\| (?!Promise)/.test(line)))
  .map((line) => {
    const [, promise = '', held = ''] = /^\| (.*?) \| (.*) \|$/.exec(line) ?? [];
    return { promise, held: linksIn(held) };
  });

/**
 * What is wrong with a link; undefined when the file has a test of that title. `…` stands for what a title is made of,
 * `all of it` for whatever the file has.
 */
function faultOf({ title, file }: Link, source: string | undefined): string | undefined {
  if (source === undefined) return `${file} is not there`;
  if (title === 'all of it') return undefined;
  for (const part of title.split(' › ')) {
    const pattern = part
      .split('…')
      .map((piece) => piece.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('\\$\\{.+\\}');
    // The first argument of a call, or an entry of a table of cases.
    const there = new RegExp(`(?:\\(\\s*|title: )(['"\`])${pattern}\\1`);
    if (!there.test(source)) return `${file} has no test "${part}"`;
  }
  return undefined;
}

function sourceOf(file: string): string | undefined {
  return existsSync(join(ROOT, file)) ? readFileSync(join(ROOT, file), 'utf8') : undefined;
}

describe('docs/reference/reliability.md', () => {
  it('has a test for every promise', () => {
    expect(promises.length).toBeGreaterThan(25);
    expect(promises.filter(({ held }) => held.length === 0)).toEqual([]);
  });

  it('names tests that are there', () => {
    const faults = promises.flatMap(({ held }) =>
      held.flatMap((link) => faultOf(link, sourceOf(link.file)) ?? []),
    );
    expect(faults).toEqual([]);
  });

  it('names every file of tests of faults', () => {
    const named = new Set(promises.flatMap(({ held }) => held.map(({ file }) => file)));
    const files = readdirSync(join(ROOT, 'test/faults')).filter((name) => name.endsWith('.test.ts'));
    expect(files.length).toBeGreaterThan(5);
    expect(files.filter((name) => !named.has(`test/faults/${name}`))).toEqual([]);
  });

  it('leads nowhere else', () => {
    const paths = [...text.matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, path = '']) => path);
    expect(paths.filter((path) => !existsSync(join(ROOT, 'docs/reference', path)))).toEqual([]);
  });

  it('would not pass with a title that is not there', () => {
    const source =
      "describe('a daemon', () => {\n  it(\n    'lives',\n  );\n  it(`in ${one.name} dies (${n})`, x);";
    const at = (title: string): string | undefined => faultOf({ title, file: 'a.test.ts' }, source);
    expect(at('a daemon › lives')).toBeUndefined();
    expect(at('a daemon › in … dies (…)')).toBeUndefined();
    expect(at('a daemon › live')).toContain('"live"');
    expect(at('the daemon › lives')).toContain('"the daemon"');
    expect(at('a daemon › in x dies (…)')).toContain('"in x dies (…)"');
    expect(faultOf({ title: 'a › b', file: 'gone.test.ts' }, undefined)).toContain('gone.test.ts');
  });
});
