import { CST, Document, isMap, isNode, isScalar, Lexer, parseDocument, visit, YAMLParseError } from 'yaml';
import type { LineCounter, Node, YAMLMap } from 'yaml';

/** Deeper than anything that an operator writes, and far from what the stack holds. */
const MOST_LEVELS = 100;
const MOST_COLUMNS = 200;
/** What stands before a value in a line, each a level or at least a step of the lexer into itself. */
const INDICATORS = new RegExp(`(?<!\\S)(?:(?:[-?:]|[!&]\\S*)[ \\t]+){${MOST_LEVELS}}`);

/** Maps and lists of other kinds have rules of their own: a `!!set` takes no values. */
const PLAIN_TAGS: ReadonlySet<string | undefined> = new Set([
  undefined,
  'tag:yaml.org,2002:map',
  'tag:yaml.org,2002:seq',
]);

/**
 * A file of the operator's, with its mistakes in `errors`, and nothing of it on stderr. Mistakes that the parser does
 * not know: nested deep, which would use up the stack, and Node.js with it when that happens while a regular
 * expression is compiled; maps and lists for keys, which are written as texts before they are one, each as long as
 * all that is in it; and sets and other kinds of maps and lists.
 */
export function readYaml(text: string, lines: LineCounter): Document {
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
    // It would compare each key with all others of its map.
    uniqueKeys: false,
  });
  if (document.errors.length === 0) lookForMistakes(document);
  return document;
}

/** Where there are too many levels; some that are none count as well, in texts that nobody writes. */
function tooDeepAt(text: string): number | undefined {
  const indicators = INDICATORS.exec(text);
  if (indicators !== null) return indicators.index;
  let brackets = 0;
  let inItem = 0;
  let at = 0;
  let before: CST.TokenType | null = 'newline';
  const tokens: Iterable<string> = new Lexer().lex(text);
  for (const token of tokens) {
    // After this mark comes a text of any kind.
    const type: CST.TokenType | null = before === 'scalar' ? null : CST.tokenType(token);
    if (type === 'flow-map-start' || type === 'flow-seq-start') brackets++;
    else if (type === 'flow-map-end' || type === 'flow-seq-end') brackets--;
    else if (type === 'map-value-ind') inItem++;
    // Between brackets an item ends with its comma, elsewhere with its line.
    if (type === 'comma' || (type === 'newline' && brackets <= 0)) inItem = 0;
    const columns = type === 'space' && before === 'newline' ? token.length : 0;
    if (brackets > MOST_LEVELS || inItem > MOST_LEVELS || columns > MOST_COLUMNS) return at;
    if (type !== 'scalar' && type !== 'doc-mode' && type !== 'flow-error-end') at += token.length;
    before = type;
  }
  return undefined;
}

function lookForMistakes(document: Document.Parsed): void {
  const found = (message: string, node: unknown): symbol => {
    document.errors.push(mistake(message, isNode(node) ? (node.range?.[0] ?? 0) : 0));
    return visit.BREAK;
  };
  visit(document, {
    Collection(_, node) {
      if (!PLAIN_TAGS.has(node.tag)) return found(`a map or list may not be ${node.tag ?? ''}`, node);
      const twice = isMap(node) ? keyTwice(node) : undefined;
      return twice === undefined ? undefined : found('Map keys must be unique', twice);
    },
    Pair(_, { key }) {
      return key === null || isScalar(key) ? undefined : found('a key must be a text', key);
    },
  });
}

/** The first key that its map has already. */
function keyTwice({ items }: YAMLMap): Node | undefined {
  const seen = new Set<unknown>();
  for (const { key } of items) {
    if (!isScalar(key)) continue;
    if (seen.has(key.value)) return key;
    seen.add(key.value);
  }
  return undefined;
}

function mistake(message: string, offset: number): YAMLParseError {
  return new YAMLParseError([offset, offset], 'IMPOSSIBLE', message);
}
