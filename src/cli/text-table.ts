import { printable } from './print-error.js';

/** Columns as wide as they must be; the last is as long as it is. Cells come from anywhere and are made safe. */
export function textTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const safe = [head, ...rows].map((row) => row.map((cell) => printable(cell.replaceAll('\n', ' '))));
  const widths = head.map((_, column) => Math.max(...safe.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return safe.map((row) => `${line(row)}\n`).join('');
}
