import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { AppError } from '../../../src/errors.js';
import { FlowLibrary } from '../../../src/flow-files/library.js';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'switchhook-flows-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

const FLOW = 'start: bye\nblocks:\n  bye: { type: disconnect }\n';
const OTHER = 'start: bye\nblocks:\n  bye: { type: disconnect, cause: USER_BUSY }\n';

function load(folder: string | undefined, before?: FlowLibrary, versionsFolder?: string): FlowLibrary {
  return FlowLibrary.load({ folder, versionsFolder, context: {} }, before);
}

function problemsOf(folder: string): string[] {
  try {
    load(folder);
  } catch (error) {
    if (error instanceof AppError && error.code === 'flow_invalid') {
      return error.detail.split('\n').map((line) => line.replace(`${folder}/`, ''));
    }
    throw error;
  }
  return [];
}

describe('flows of a folder', () => {
  it('have the names of their files', () => {
    const folder = folderWith({ 'a.yaml': FLOW, 'b.yml': OTHER, 'notes.txt': 'x', '.hidden.yaml': '[' });
    mkdirSync(join(folder, 'tests'));
    writeFileSync(join(folder, 'tests/a.yaml'), 'cases: []');
    expect([...load(folder).current.flows.keys()]).toEqual(['a', 'b']);
  });

  it('are none without a folder', () => expect(load(undefined).current.flows.size).toBe(0));

  it('are broken when they are nested deeper than can be read', () => {
    const deep = 10_000;
    const texts = [
      ...['- ', '? ', '- ? ', '!a ', '&a ', '- a: '].map(
        (piece) => `a:\n  b:\n    ${piece.repeat(deep)}\n\n  e`,
      ),
      `a:\n  b:\n    c: ${'d: '.repeat(deep)}\n\n  e`,
      ...['[', '{a: ', '[a: '].map((piece) => `a:\n  b:\n    c: ${piece.repeat(deep)}`),
      `\n\na:\n${Array.from({ length: 300 }, (_, level) => `${' '.repeat(level)}a:`).join('\n')}`,
    ];
    for (const text of texts) {
      const [first = ''] = problemsOf(folderWith({ 'x.yaml': text }));
      expect(first.slice(0, 80)).toMatch(/^x\.yaml:(?:3|205):\d+: nested more than 100 levels deep/);
    }
  });

  it('are told to be missing when the folder is', () => {
    expect(() => load('/nonexistent/flows')).toThrow(/\/nonexistent\/flows can't be read \(ENOENT\)/);
  });

  it.each([
    [
      'start: bye\nblocks:\n  bye: { type: disconect }\n',
      /^x\.yaml:3:10: "disconect" is not a type of block/,
    ],
    ['start: nowhere\nblocks:\n  bye: { type: disconnect }\n', /^x\.yaml:1:1: there is no block "nowhere"/],
    ['start: [\n', /^x\.yaml:2:1: /],
    ['a: &a [*a, *a]\n', /^x\.yaml:1:1: /],
    ['start:\n  ? [a]\n  : b\n', /^x\.yaml:2:5: a key must be a text/],
    [`start:\n ${'? '.repeat(90)}`, /^x\.yaml:2:\d+: a key must be a text/],
    ['start: &a [*a]\n', /^x\.yaml:1:1: nested more than 64 levels deep/],
    [`start: ${'{not: '.repeat(80)}x${'}'.repeat(80)}\n`, /^x\.yaml:1:1: nested more than 64 levels deep/],
    ['just text', /^x\.yaml:1:1: /],
    ['', /^x\.yaml: /],
    [
      'start: bye\nblocks:\n  bye: { type: disconnect }\n  bye: { type: end }\n',
      /^x\.yaml:4:3: Map keys must be unique/,
    ],
  ])('tell where they are broken: %j', (text, expected) => {
    const [first = ''] = problemsOf(folderWith({ 'x.yaml': text }));
    expect(first).toMatch(expected);
  });

  it('tell of everything that is broken, in all of the files', () => {
    const broken = 'start: nowhere\nblocks:\n  bye: { type: disconnect }\n';
    const folder = folderWith({
      'a.yaml': broken,
      'b.yaml': broken,
      'c.yaml': 'start: [',
      'bad name.yaml': FLOW,
    });
    expect(problemsOf(folder).map((line) => line.split(/[ :]/)[0])).toEqual([
      'bad',
      'c.yaml',
      'a.yaml',
      'b.yaml',
    ]);
  });

  it('may not have the same name', () => {
    expect(problemsOf(folderWith({ 'a.yaml': FLOW, 'a.yml': FLOW }))[0]).toMatch(/two files of the name "a"/);
  });

  it('are not read when they are too large', () => {
    const folder = folderWith({ 'a.yaml': `# ${'x'.repeat(5_000_000)}\n${FLOW}` });
    expect(problemsOf(folder)[0]).toMatch(/at most \d+ are read/);
  });
});

describe('versions', () => {
  it('go by the content, not by how it is written', () => {
    const one = load(folderWith({ 'a.yaml': FLOW })).current;
    const same = load(folderWith({ 'a.yaml': `# a remark\n${FLOW}` })).current;
    const other = load(folderWith({ 'a.yaml': OTHER })).current;
    expect(same.version).toBe(one.version);
    expect(other.version).not.toBe(one.version);
  });

  it('are kept for the calls that are on them', () => {
    const first = load(folderWith({ 'a.yaml': FLOW }));
    const second = load(folderWith({ 'a.yaml': OTHER }), first);
    expect(second.version(first.current.version)).toBe(first.current);
    expect(second.version('0123456789ab')).toBeUndefined();
  });

  it('outlive the daemon, in a folder', () => {
    const versions = join(folderWith({}), 'versions');
    const first = load(folderWith({ 'a.yaml': FLOW }), undefined, versions);
    const second = load(folderWith({ 'a.yaml': OTHER }), undefined, versions);
    const again = second.version(first.current.version);
    expect(again?.version).toBe(first.current.version);
    expect(again?.flows.get('a')?.blocks.get('bye')?.parameters).toEqual(
      first.current.flows.get('a')?.blocks.get('bye')?.parameters,
    );
  });

  it('are not what somebody has made of them', () => {
    const versions = folderWith({});
    const { current } = load(folderWith({ 'a.yaml': FLOW }), undefined, versions);
    writeFileSync(join(versions, `${current.version}.json`), JSON.stringify({ a: { start: 'x' } }));
    const second = load(folderWith({ 'a.yaml': OTHER }), undefined, versions);
    expect(second.version(current.version)).toBeUndefined();
    expect(second.version('../../etc/passwd')).toBeUndefined();
  });

  it('are forgotten after a week', () => {
    const versions = folderWith({});
    const { current } = load(folderWith({ 'a.yaml': FLOW }), undefined, versions);
    const file = join(versions, `${current.version}.json`);
    const old = new Date(Date.now() - 8 * 24 * 3600 * 1000);
    utimesSync(file, old, old);
    load(folderWith({ 'a.yaml': OTHER }), undefined, versions);
    expect(existsSync(file)).toBe(false);
    expect(readdirSync(versions)).toHaveLength(1);
  });

  it('need no folder that can be written', () => {
    const warnings: object[] = [];
    const options = {
      versionsFolder: join(folderWith({ file: '' }), 'file/versions'),
      context: {},
      log: { warn: (fields: object) => warnings.push(fields) },
    };
    const library = FlowLibrary.load({ folder: folderWith({ 'a.yaml': FLOW }), ...options });
    expect(library.current.flows.size).toBe(1);
    expect(warnings).toHaveLength(1);
  });
});
