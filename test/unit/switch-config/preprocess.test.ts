import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AppError } from '../../../src/errors.js';
import { glob } from '../../../src/switch-config/glob.js';
import { preprocessFile, preprocessText } from '../../../src/switch-config/preprocess.js';
import type { Preprocessed } from '../../../src/switch-config/preprocess.js';

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'switchhook-xml-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
  return folder;
}

const read = (text: string, globals?: Readonly<Record<string, string>>): Preprocessed =>
  preprocessText(text, 'x.xml', { folder: '/nowhere', ...(globals !== undefined && { globals }) });

describe('the preprocessor', () => {
  it('sets variables, and replaces them in one pass', () => {
    const text =
      '<X-PRE-PROCESS cmd="set" data="a = 1 "/>\n<x-pre-process CMD="SET" DATA="b=$${a}$${c}"/>\n<n v="$${b}" w="$${none}" x="${a}"/>\n';
    const { text: out, globals } = read(text, { c: '$${a}' });
    expect(out).toBe('<n v="1 $${a}" w="" x="${a}"/>\n');
    expect(globals.get('b')).toEqual({ value: '1 $${a}', place: { file: 'x.xml', line: 2 } });
    expect(globals.get('c')).toEqual({ value: '$${a}' });
  });

  it('drops whole lines, and the rest of a line', () => {
    const { text, notDone } = read(
      '<?xml version="1.0"?><lost/>\n<include><lost/>\n<kept/>\n<lost/> <X-PRE-PROCESS cmd="set" data="a=1"/> <lost/>\nXX-PRE-PROCESS lost\n$${a}</include>\n',
    );
    // The NUL at the end of the first name hides what comes behind it.
    expect(text).toBe('<kept/>\n1</include>\n');
    expect(notDone.map(({ place, what }) => `${place.line} ${what}`)).toEqual([
      '1 FreeSWITCH drops this line whole: <lost/>',
      '2 FreeSWITCH drops this line whole: <lost/>',
    ]);
  });

  it('works inside of comments', () => {
    const { text, globals } = read(
      '<!-- <X-PRE-PROCESS cmd="set" data="a=1"/> -->\n<!--\n<X-PRE-PROCESS cmd="set" data="b=2"/>\n-->\n',
    );
    expect(globals.get('a')?.value).toBe('1');
    expect(globals.get('b')?.value).toBe('2');
    expect(text).toBe('<!--\n-->\n');
  });

  it('knows commands in comments', () => {
    const { text, globals } = read('x<!--#set "a=1"-->y\n<!--#comment\nlost\nlost-->z\n<!--#set b=2-->\n');
    expect(globals.get('a')?.value).toBe('1');
    expect(globals.get('b')?.value).toBe('2');
    expect(text).toBe('xy\nz\n\n');
  });

  it('does without what only a running switch knows', () => {
    const { notDone, globals } = read(
      '<X-PRE-PROCESS cmd="exec" data="id"/>\n<X-PRE-PROCESS cmd="exec-set" data="a=id"/>\n<X-PRE-PROCESS cmd="stun-set" data="b=stun:stun.example.org"/>\n<X-PRE-PROCESS cmd="stun-set" data="c=198.51.100.1"/>\n<X-PRE-PROCESS cmd="env-set" data="d=$HOME"/>\n<X-PRE-PROCESS cmd="sett" data="e=1"/>\n',
    );
    expect(notDone.map(({ place }) => place.line)).toEqual([1, 2, 3, 5, 6]);
    expect(globals.get('a')?.value).toBe('$${a}');
    expect(globals.get('c')?.value).toBe('198.51.100.1');
    expect(globals.has('e')).toBe(false);
  });

  it('knows every character’s file and line', () => {
    const folder = folderWith({
      'freeswitch.xml': '<a>\r\n<X-PRE-PROCESS cmd="include" data="more/*.xml"/>\r\n</a>\r\n',
      'more/1.xml': '<include>\n<b/>\n</include>\n',
      'more/2.xml': '\n\n<c/>\n',
    });
    const { text, lines, files } = preprocessFile(path.join(folder, 'freeswitch.xml'), { folder });
    const place = (part: string): string => {
      const { file, line } = lines.placeOf(text.indexOf(part));
      return `${path.relative(folder, file)}:${line}`;
    };
    expect([place('<a>'), place('<b/>'), place('<c/>'), place('</a>')]).toEqual([
      'freeswitch.xml:1',
      'more/1.xml:2',
      'more/2.xml:3',
      'freeswitch.xml:3',
    ]);
    expect(files.map((file) => path.relative(folder, file))).toEqual([
      'freeswitch.xml',
      'more/1.xml',
      'more/2.xml',
    ]);
  });

  it('includes relative to the including file, and passes over what is not there', () => {
    const folder = folderWith({
      'freeswitch.xml':
        '<X-PRE-PROCESS cmd="include" data="a/one.xml"/>\n<X-PRE-PROCESS cmd="include" data="gone.xml"/>\n<X-PRE-PROCESS cmd="include" data="gone/*"/>\n<X-PRE-PROCESS cmd="include" data="a"/>\n',
      'a/one.xml': '<X-PRE-PROCESS cmd="include" data="../b/two.xml"/>\n',
      'b/two.xml': 'two\n',
    });
    const { text, notDone } = preprocessFile(path.join(folder, 'freeswitch.xml'), { folder });
    expect(text).toBe('two\n');
    expect(notDone.map(({ what }) => what)).toEqual([expect.stringContaining('could not be read')]);
  });

  it('stops at files that include each other', () => {
    const folder = folderWith({
      'freeswitch.xml': 'x\n<X-PRE-PROCESS cmd="include" data="freeswitch.xml"/>\n',
    });
    const { text, notDone } = preprocessFile(path.join(folder, 'freeswitch.xml'), { folder });
    expect(text).toBe('x\n'.repeat(101));
    expect(notDone).toHaveLength(1);

    const twice = '<X-PRE-PROCESS cmd="include" data="freeswitch.xml"/>\n';
    const wild = folderWith({ 'freeswitch.xml': twice + twice });
    expect(() => preprocessFile(path.join(wild, 'freeswitch.xml'), { folder: wild })).toThrow(AppError);
  });

  it('says that there is nothing to read', () => {
    expect(() => preprocessFile('/nowhere/freeswitch.xml', { folder: '/nowhere' })).toThrow(
      expect.objectContaining({ code: 'switch_config_unreadable' }) as AppError,
    );
  });

  it('takes what is not UTF-8', () => {
    const folder = folderWith({ 'freeswitch.xml': '' });
    writeFileSync(path.join(folder, 'freeswitch.xml'), Buffer.from('<a v="Z\xfcrich\0lost"/>\n', 'latin1'));
    const { text } = preprocessFile(path.join(folder, 'freeswitch.xml'), { folder });
    expect(text).toBe('<a v="Zürich');
  });
});

describe('a pattern of files', () => {
  it('matches as FreeSWITCH’s does', () => {
    const folder = folderWith({
      'a/1.xml': '',
      'a/10.xml': '',
      'a/.hidden.xml': '',
      'a/B.xml': '',
      'b/1.xml': '',
      'b/1.txt': '',
      'c+(1)/x.xml': '',
    });
    const found = (pattern: string): string[] =>
      glob(path.join(folder, pattern)).map((file) => path.relative(folder, file));
    expect(found('a/*.xml')).toEqual(['a/1.xml', 'a/10.xml', 'a/B.xml']);
    expect(found('*/1.xml')).toEqual(['a/1.xml', 'b/1.xml']);
    expect(found('a/?.xml')).toEqual(['a/1.xml', 'a/B.xml']);
    expect(found('a/[A-Z].xml')).toEqual(['a/B.xml']);
    expect(found('a/[!A-Z].xml')).toEqual(['a/1.xml']);
    expect(found('a/.*.xml')).toEqual(['a/.hidden.xml']);
    expect(found('c+(1)/*')).toEqual(['c+(1)/x.xml']);
    expect(found('a/[]B-].xml')).toEqual(['a/B.xml']);
    expect(found('a/[A-')).toEqual([]);
    expect(found('a/1*0*.x*l')).toEqual(['a/10.xml']);
    expect(found('gone/*')).toEqual([]);
    expect(found('a/gone.xml')).toEqual([]);
  });
});

describe('a hostile configuration', () => {
  it('can not fill the memory by doubling a variable', () => {
    const doubled = (lines: number): string =>
      '<X-PRE-PROCESS cmd="set" data="a=b$${a}$${a}"/>\n'.repeat(lines);
    expect(read(doubled(10)).globals.get('a')?.value).toHaveLength(1023);
    expect(() => read(doubled(40))).toThrow(/x.xml:20: a line of more than 1 MB/);
    const copies = Array.from({ length: 130 }, (_, at) => `<X-PRE-PROCESS cmd="set" data="n${at}=$\${a}"/>`);
    expect(() => read(`${doubled(19)}${copies.join('\n')}`)).toThrow(/more than 64 MB/);
    // Nor keep it busy with lines of which nothing is kept.
    const dropped = '<X-PRE-PROCESS cmd="none"/>$${a}\n'.repeat(130);
    expect(() => read(`${doubled(19)}${dropped}`)).toThrow(/more than 64 MB/);
  });

  it('can not have very many names looked at', () => {
    const folder = folderWith(Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`${at}.xml`, ''])));
    expect(glob(`${folder}/*/../1*.xml`)).toHaveLength(20 * 11);
    for (const pattern of ['*/../'.repeat(12), '*/../'.repeat(12) + '1.xml'])
      expect(() => glob(`${folder}/${pattern}`)).toThrow(/more than 200000 names/);
  });

  it('can not have files read that hold nothing, or never end', () => {
    expect(read('<X-PRE-PROCESS cmd="include" data="/proc/self/status"/>\n<a/>').text).toBe('<a/>');
  });

  it('can not break off the reading by a name that no file can have', () => {
    const folder = folderWith({ 'x.xml': '' });
    symlinkSync('round', path.join(folder, 'round'));
    for (const name of ['x'.repeat(300), 'x/'.repeat(3_000), 'x.xml/x', 'round', 'round/x.xml', 'a\0b'])
      expect(glob(path.join(folder, name))).toEqual([]);
    expect(read(`<X-PRE-PROCESS cmd="include" data="${'x'.repeat(300)}"/>\n<a/>`).text).toBe('<a/>');
  });

  it('can not take long by braces that are never closed', () => {
    const begins = '$${'.repeat(300_000);
    expect(read(`${begins}a}\n`).text).toContain('$${');
  });

  it('can not take long by many * in a pattern', () => {
    const folder = folderWith({ [`a/${'a'.repeat(200)}.xml`]: '' });
    expect(glob(path.join(folder, `a/${'*a'.repeat(60)}*b`))).toEqual([]);
    expect(glob(path.join(folder, `a/${'*a'.repeat(60)}*`))).toHaveLength(1);
  });
});
