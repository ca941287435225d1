import type { Channel } from '../channel.js';
import { runLoop } from '../media/loop.js';
import { playFile } from '../media/play.js';
import { matchRegex } from '../regex.js';
import { preAnswer } from '../session/answering.js';
import { transfer } from '../session/transfer.js';
import { equalsIgnoringCase, separate, toInteger } from '../text.js';
import { application, type Application } from './application.js';

interface ReadRequest {
  readonly min: number;
  readonly max: number;
  readonly prompt: string;
  readonly variable: string | undefined;
  readonly timeoutMs: number;
  readonly terminators: string;
  readonly digitTimeoutMs: number;
}

/** `restart` is a terminator marked with `x`: it counts as a digit and ends everything. */
type ReadStatus = 'success' | 'timeout' | 'too_small' | 'restart' | 'failed';

interface ReadResult {
  readonly status: ReadStatus;
  readonly digits: string;
}

interface Collected {
  readonly status: 'success' | 'timeout' | 'failed';
  readonly digits: string;
  readonly terminator: string;
}

/** switch_ivr_collect_digits_count: the first digit may take as long as `firstMs`, each further one `nextMs`. */
async function collect(
  channel: Channel,
  before: string,
  request: ReadRequest,
  firstMs: number,
): Promise<Collected> {
  let digits = before;
  for (const digit of before) {
    if (!request.terminators.includes(digit)) continue;
    return { status: 'success', digits: before.slice(0, before.indexOf(digit)), terminator: digit };
  }
  if (digits.length >= request.max) return { status: 'failed', digits, terminator: '' };
  let terminator = '';
  let waitMs = firstMs;
  for (;;) {
    const { end } = await runLoop(channel, {
      durationMs: waitMs,
      pausesForMessages: false,
      onDigit: (digit) => {
        if (request.terminators.includes(digit)) terminator = digit;
        else digits += digit;
        return true;
      },
    });
    if (end === 'elapsed') return { status: 'timeout', digits, terminator };
    if (end === 'not_ready') return { status: 'success', digits, terminator };
    if (terminator !== '' || digits.length >= request.max) return { status: 'success', digits, terminator };
    // uuid_break does not end the collecting: it only looks at the channel.
    waitMs = request.digitTimeoutMs;
  }
}

/** switch_ivr_read. */
async function readDigits(channel: Channel, request: ReadRequest): Promise<ReadResult> {
  channel.setVariable('read_result', undefined);
  if (request.variable !== undefined) channel.setVariable(request.variable, undefined);
  if (request.min > 128 || request.max > 128) return { status: 'failed', digits: '' };
  if (!preAnswer(channel)) return { status: 'failed', digits: '' };
  channel.onAsked?.(request);
  let digits = '';
  let status: ReadStatus = 'success';
  if (request.prompt !== '' && !equalsIgnoringCase(request.prompt, 'silence')) {
    const played = await playFile(channel, request.prompt, {
      onDigit: (digit) => {
        digits += digit;
        return true;
      },
    });
    if (played !== 'success' && played !== 'break') status = 'failed';
  }
  if (status === 'success') {
    const result = await finishReading(channel, request, digits);
    digits = result.digits;
    status = result.status;
  }
  if (
    status !== 'restart' &&
    request.max === 1 &&
    digits.length === 1 &&
    request.terminators.includes(digits)
  ) {
    digits = '';
  }
  if (request.variable !== undefined && digits !== '') channel.setVariable(request.variable, digits);
  return { status, digits };
}

async function finishReading(channel: Channel, request: ReadRequest, heard: string): Promise<ReadResult> {
  let digits = heard;
  let status: ReadStatus = 'success';
  let terminator = '';
  if (digits.length < Math.max(request.min, request.max)) {
    const firstMs = digits === '' ? request.timeoutMs : request.digitTimeoutMs;
    const collected = await collect(channel, digits, request, firstMs);
    ({ digits, terminator } = collected);
    status = collected.status;
  }
  if (terminator !== '') {
    channel.setVariable('read_terminator_used', terminator);
    const mark = request.terminators.charAt(request.terminators.indexOf(terminator) - 1);
    if (mark === '+' || mark === 'x') digits += terminator;
    if (mark === 'x') status = 'restart';
  } else if (request.terminators.startsWith('=')) {
    status = 'too_small';
  }
  if (digits.length < request.min) status = 'too_small';
  channel.setVariable('read_result', status === 'success' || status === 'timeout' ? status : 'failure');
  return { status, digits };
}

/** The time-outs have a floor of one second. */
function timeoutMs(text: string | undefined): number {
  return Math.max(1000, toInteger(text));
}

/** What is said to `read` and `play_and_get_digits` alike. */
interface SaidOfReading {
  readonly max: string | undefined;
  readonly prompt: string;
  readonly variable: string | undefined;
  readonly timeout: string | undefined;
  readonly terminators: string;
  readonly digitTimeout: string | undefined;
}

function requestOf(min: number, said: SaidOfReading): ReadRequest {
  const { max, prompt, variable, timeout, terminators, digitTimeout } = said;
  const wholeMs = timeoutMs(timeout);
  return {
    min,
    max: Math.max(min, toInteger(max)),
    prompt,
    variable,
    timeoutMs: wholeMs,
    terminators: terminators === '' ? '#' : terminators,
    digitTimeoutMs: Math.max(0, toInteger(digitTimeout)) || wholeMs,
  };
}

async function read(channel: Channel, data: string): Promise<void> {
  const [min, max, prompt = '', variable, timeout, terminators = '', digitTimeout] = separate(data, ' ', 7);
  if (min === undefined) return;
  const atLeast = Math.max(1, toInteger(min));
  await readDigits(
    channel,
    requestOf(atLeast, { max, prompt, variable, timeout, terminators, digitTimeout }),
  );
}

async function playAndGetDigits(channel: Channel, data: string): Promise<void> {
  const [
    min,
    max,
    tries,
    timeout,
    terminators = '',
    prompt = '',
    invalid = '',
    variable,
    regexp = '',
    digitTimeout,
    onFailure,
  ] = separate(data, ' ', 11);
  if (min === undefined) return;
  const atLeast = Math.max(0, toInteger(min));
  const request = requestOf(atLeast, { max, prompt, variable, timeout, terminators, digitTimeout });
  if (await tryReading(channel, request, toInteger(tries), invalid, regexp)) return;
  const [extension, dialplan, context] = separate(onFailure ?? '', ' ', 4);
  if (extension !== undefined) transfer(channel, extension, dialplan, context);
}

/** switch_play_and_get_digits; true when it is over, with or without digits. */
async function tryReading(
  channel: Channel,
  request: ReadRequest,
  tries: number,
  invalid: string,
  regexp: string,
): Promise<boolean> {
  const { variable } = request;
  const invalidVariable = variable === undefined ? undefined : `${variable}_invalid`;
  if (regexp !== '' && invalidVariable !== undefined) channel.setVariable(invalidVariable, undefined);
  // A negative number of tries never comes down to 0.
  for (let left = tries; channel.ready && left !== 0; left -= 1) {
    const { status, digits } = await readDigits(channel, request);
    if (status === 'restart') return true;
    const enough = status === 'success' || (status === 'timeout' && digits.length >= request.min);
    if (request.min === 0 && digits === '' && channel.getVariable('read_terminator_used') !== undefined)
      return true;
    if (enough && digits !== '') {
      if (regexp === '' || matchRegex(digits, regexp) !== undefined) return true;
      if (variable !== undefined && invalidVariable !== undefined) {
        channel.setVariable(variable, undefined);
        channel.setVariable(invalidVariable, digits);
      }
    }
    if (!isReady(channel)) break;
    await playFile(channel, invalid);
  }
  return false;
}

/** A call, so that the compiler does not take an earlier answer for the present one. */
function isReady(channel: Channel): boolean {
  return channel.ready;
}

export const digitApplications: readonly Application[] = [
  application('read', {}, read),
  application('play_and_get_digits', {}, playAndGetDigits),
];
