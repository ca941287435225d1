import { CST, Document, isNode, isScalar, Lexer, parseDocument, visit, YAMLParseError } from 'yaml';
import type { LineCounter } from 'yaml';

/** Deeper than anything that an operator writes, and far from what the stack holds. */
const MOST_LEVELS = 100;
const MOST_COLUMNS = 200;
/** What stands before a value in a line, each a level or at least a step of the lexer into itself. */
const INDICATORS = new RegExp(`(?<!\\S)(?:(?:[-?:]|[!&]\\S*)[ \\t]+){${MOST_LEVELS}}`);

/**
 * A file of the operator's, with its mistakes in `errors`, and nothing of it on stderr. Two mistakes that the parser
 * does not know: nested deep, which would use up the stack, and Node.js with it when that happens while a regular
 * expression is compiled; and maps and lists for keys, which are written as texts before they are one, each as long
 * as all that is in it.
 */
export function readYaml(text: string, lines: LineCounter, uniqueKeys = true): Document {
  const deep = tooDeepAt(text);
  if (deep !== undefined) {
    for (let at = -1; (at = text.indexOf('\n', at + 1)) >= 0;) lines.addNewLine(at + 1);
    lines.lineStarts.unshift(0);
    const document = new Document();
    document.errors.push(mistake(`nested more than ${MOST_LEVELS} levels deep`, deep));
    return document;
  }
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'error',
    uniqueKeys,
  });
  if (document.errors.length === 0) lookForLargeKeys(document);
  return document;
}

/** Where there are too many levels; some that are none count as well, in texts that nobody writes. */
function tooDeepAt(text: string): number | undefined {
  const indicators = INDICATORS.exec(text);
  if (indicators !== null) return indicators.index;
  let brackets = 0;
  let inLine = 0;
  let at = 0;
  let before: CST.TokenType | null = 'newline';
  const tokens: Iterable<string> = new Lexer().lex(text);
  for (const token of tokens) {
    // After this mark comes a text of any kind.
    const type: CST.TokenType | null = before === 'scalar' ? null : CST.tokenType(token);
    if (type === 'newline') inLine = 0;
    else if (type === 'flow-map-start' || type === 'flow-seq-start') brackets++;
    else if (type === 'flow-map-end' || type === 'flow-seq-end') brackets--;
    else if (type === 'map-value-ind' && brackets <= 0) inLine++;
    const columns = type === 'space' && before === 'newline' ? token.length : 0;
    if (brackets > MOST_LEVELS || inLine > MOST_LEVELS || columns > MOST_COLUMNS) return at;
    if (type !== 'scalar' && type !== 'doc-mode' && type !== 'flow-error-end') at += token.length;
    before = type;
  }
  return undefined;
}

function lookForLargeKeys(document: Document.Parsed): void {
  visit(document, {
    Pair(_, { key }) {
      if (key === null || isScalar(key)) return undefined;
      document.errors.push(mistake('a key must be a text', isNode(key) ? (key.range?.[0] ?? 0) : 0));
      return visit.BREAK;
    },
  });
}

function mistake(message: string, offset: number): YAMLParseError {
  return new YAMLParseError([offset, offset], 'IMPOSSIBLE', message);
}
