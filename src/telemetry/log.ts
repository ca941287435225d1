import { pino } from 'pino';
import type { Logger } from 'pino';
import { prettyLine } from './pretty.js';

export type { Logger } from 'pino';

export interface LogOptions {
  readonly level: string;
  readonly format: 'json' | 'pretty';
  /** Write what callers entered. */
  readonly show_digits?: boolean;
}

/** Where lines go: standard output, or what a test listens to. */
export interface LogDestination {
  write(line: string): unknown;
}

const REDACTED = '[redacted]';

const SECRET = /secret|passw|token|authorization|cookie|credential|signature|api[-_]?key/i;
/** Keys that hold what a caller entered. */
const DIGITS = /digits|dtmf|stored_?input/i;
/**
 * Values of an outcome that can't be something a caller entered. The others may be: applications put digits into
 * whichever variable the app names.
 */
const PLAIN_VARIABLE =
  /^(originate_disposition|originate_failed_cause|DIALSTATUS|(last_)?bridge_hangup_cause|hangup_cause|bridge_(uuid|channel)|(playback|record)_(ms|samples|seconds)|read_result|read_terminator_used|current_application_response|cc_(cause|cancel_reason|agent|queue)|fifo_status|transfer_source|endpoint_disposition)$/;

const MAX_DEPTH = 6;

/**
 * The daemon's log. Messages are constant, data stands in fields. What looks like a secret is masked, and unless
 * `show_digits` is set, so is whatever callers may have entered.
 */
export function createLogger(options: LogOptions, destination: LogDestination = process.stdout): Logger {
  const showDigits = options.show_digits ?? false;
  const write =
    options.format === 'json'
      ? (line: string) => destination.write(line)
      : (line: string) => destination.write(prettyLine(line));
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        // Fields bound to a child are the code's own and don't pass here (pino resets this for children).
        log: (fields) => clean(fields, showDigits) as Record<string, unknown>,
      },
    },
    { write },
  );
}

/** The log of one call: every line carries its uuid. */
export function callLogger(log: Logger, uuid: string): Logger {
  return log.child({ uuid });
}

/** A copy in which what callers may have entered is masked, as in the log; so is what looks like a secret. */
export function withoutDigits(value: unknown): unknown {
  return clean(value, false);
}

function clean(value: unknown, showDigits: boolean, depth = 0): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Error || value instanceof Date)
    return value;
  if (depth >= MAX_DEPTH) return '[deep]';
  if (Array.isArray(value)) return value.map((item: unknown) => clean(item, showDigits, depth + 1));
  const result: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value as Record<string, unknown>)) {
    if (item !== undefined && item !== '' && (SECRET.test(key) || (!showDigits && DIGITS.test(key)))) {
      result[key] = REDACTED;
    } else if (key === 'variables' && !showDigits && typeof item === 'object' && item !== null) {
      result[key] = Object.fromEntries(
        Object.entries(item as Record<string, unknown>).map(([name, text]) => [
          name,
          text === '' || PLAIN_VARIABLE.test(name) ? text : REDACTED,
        ]),
      );
    } else {
      result[key] = clean(item, showDigits, depth + 1);
    }
  }
  return result;
}
