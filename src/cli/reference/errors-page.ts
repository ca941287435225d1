import { ERRORS } from '../../errors.js';
import type { ErrorCode } from '../../errors.js';
import { exitCodeOf } from '../exit-code.js';
import { code, page, table } from './markdown.js';

/** docs/reference/errors.md */
export function errorsPage(): string {
  const rows = (Object.keys(ERRORS) as ErrorCode[]).map((name) => {
    const { message, remedy, statusCode } = ERRORS[name];
    return [code(name), message, remedy, String(statusCode), String(exitCodeOf(name))];
  });
  return page(
    '# Error codes',
    'Every failure has one code. It stands in the channel variable `cti_error` when a call comes back to the dialplan with `cti_status=failed`, in log lines, in the trace of a call and on the command line. The last two columns say with which HTTP status the API and with which exit code the command line report it.',
    table(['Code', 'What it means', 'What to do', 'HTTP', 'Exit'], rows),
  );
}
