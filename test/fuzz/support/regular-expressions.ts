import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** The regular expressions that stand in the source. */

const SRC = path.join(import.meta.dirname, '../../../src');

export interface WrittenExpression {
  /** `/…/g` */
  readonly text: string;
  readonly file: string;
  readonly line: number;
}

/** Every literal below src/, once. */
export function writtenExpressions(): readonly WrittenExpression[] {
  const found = new Map<string, WrittenExpression>();
  for (const entry of readdirSync(SRC, { recursive: true, withFileTypes: true })) {
    if (!/\.(?:ts|js)$/.test(entry.name)) continue;
    const file = path.join(entry.parentPath, entry.name);
    const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
    const visit = (node: ts.Node): void => {
      if (ts.isRegularExpressionLiteral(node)) {
        const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
        const text = node.getText(source);
        if (!found.has(text)) found.set(text, { text, file: path.relative(SRC, file), line: line + 1 });
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return [...found.values()];
}

export function compiled(text: string): RegExp {
  const end = text.lastIndexOf('/');
  return new RegExp(text.slice(1, end), text.slice(end + 1));
}

const CLASSES: Readonly<Record<string, readonly string[]>> = {
  s: [' ', '\t', '\n'],
  d: ['1', '0'],
  w: ['a', '_', '1'],
  S: ['a', '.'],
  D: ['a', ' '],
  W: [' ', '-'],
  n: ['\n'],
  r: ['\r'],
  t: ['\t'],
  b: [''],
  B: [''],
};

/** Texts that its parts match, in the order in which they stand: what may be pumped. Roughly; nothing depends on it. */
export function partsOf(text: string): readonly string[] {
  const source = text.slice(1, text.lastIndexOf('/'));
  const parts: string[] = [];
  const tokens = source.matchAll(
    /\\u\{?([0-9a-fA-F]{4,6})\}?|\\x([0-9a-fA-F]{2})|\\(.)|\[(\^?)((?:\\.|[^\]\\])*)\]|\(\?(?:[:=!]|<[=!]|<\w+>)|[(){}|^$*+?]|(.)/gsu,
  );
  for (const [, code, byte, escaped, negated, members, plain] of tokens) {
    if (code !== undefined || byte !== undefined)
      parts.push(String.fromCodePoint(Number.parseInt(code ?? byte ?? '', 16)));
    else if (escaped !== undefined) parts.push(...(CLASSES[escaped] ?? [escaped]));
    else if (members !== undefined)
      parts.push(...(negated === '^' ? ['a', ' ', '1', '/', '.'] : []), ...membersOf(members));
    else if (plain === '.') parts.push('x', ' ');
    else if (plain !== undefined) parts.push(plain);
  }
  return parts;
}

function membersOf(members: string): string[] {
  const escaped = Array.from(members.matchAll(/\\(.)/gs), ([, one = '']) => CLASSES[one] ?? [one]).flat();
  const plain = Array.from(members.replaceAll(/\\./gs, '')).filter((one) => one !== '-');
  return [...escaped, ...plain.slice(0, 6)];
}
