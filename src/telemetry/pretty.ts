/** Fields that have a place of their own in a line. */
const PLACED = new Set(['level', 'time', 'msg']);

/**
 * A line of the JSON log as people read it: `12:34:56.789 INFO  call handed over  uuid=… program=…`.
 * Control characters that came from outside stay escaped, so a log line can't steer the terminal.
 */
export function prettyLine(json: string): string {
  let line: Record<string, unknown>;
  try {
    line = JSON.parse(json) as Record<string, unknown>;
  } catch {
    return json;
  }
  const time = typeof line['time'] === 'string' ? line['time'].slice(11, 23) : '';
  const level = String(line['level']).toUpperCase().padEnd(5);
  const fields = Object.entries(line)
    .filter(([key]) => !PLACED.has(key) && key !== 'err')
    .map(([key, value]) => `${shown(key)}=${shown(value)}`);
  const head = [time, level, [typeof line['msg'] === 'string' ? line['msg'] : '', ...fields].join('  ')].join(
    ' ',
  );
  return `${head}\n${errorLines(line['err'])}`;
}

function shown(value: unknown): string {
  if (typeof value === 'string' && /^[\w.:/@+?&=%{}[\]-]+$/.test(value)) return value;
  return escaped(value);
}

/** JSON leaves DEL and the C1 controls as they are, and terminals obey those too. */
function escaped(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[\u007f-\u009f]/g,
    (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function errorLines(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('stack' in error)) return '';
  // The stack is our own text, but the message in its first line may not be.
  return String(error.stack)
    .split('\n')
    .map((line) => `    ${escaped(line.trim()).slice(1, -1)}\n`)
    .join('');
}
