import { AppError, ERRORS } from '../errors.js';
import type { Cli } from './cli.js';

/** `error <code>: message — detail`, and below it what to do; a stack only with SWITCHHOOK_DEBUG. */
export function printError(cli: Cli, error: unknown): void {
  const known =
    error instanceof AppError ? error : new AppError('internal', messageOf(error), { cause: error });
  cli.err(`${errorText(known)}\n`);
  if (cli.env['SWITCHHOOK_DEBUG']) {
    cli.err(`${printable(String(error instanceof Error ? error.stack : error))}\n`);
  }
}

export function errorText(error: AppError): string {
  const { message, remedy } = ERRORS[error.code];
  const lines = printable(error.detail).split('\n');
  const head = `error ${error.code}: ${message}`;
  const body =
    lines.length > 1
      ? `${head} — ${lines.length} problems\n${lines.map((line) => `  ${line}`).join('\n')}`
      : error.detail === ''
        ? head
        : `${head} — ${lines.join('')}`;
  return `${body}\n  ${remedy}`;
}

/** Text from elsewhere, safe for a terminal: control characters but the line break are shown as escapes. */
export function printable(text: string): string {
  return text.replaceAll(
    // eslint-disable-next-line no-control-regex -- those are what this is about
    /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g,
    (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
