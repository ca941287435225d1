import { leadingDelimiter, splitArguments } from '../../switch/arguments.js';
import { parseHangupCause } from '../../switch/hangup-cause.js';
import {
  checkEngine,
  checkMedia,
  checkPhrase,
  checkRecording,
  checkSpeech,
  checkTones,
  checkVoice,
} from './media-rules.js';
import { matchesAny } from './pattern.js';
import type { Checked, RuleContext, RuleName } from './rule.js';
import { firstRefusal, refuse, shown } from './rule.js';
import { checkAssignment, checkExport, checkName, checkNames } from './variable-rules.js';

export type ApplicationRule = (data: string, context: RuleContext) => Checked;

function shaped(shape: RegExp, what: string): ApplicationRule {
  return (data) => (shape.test(data) ? undefined : refuse('argument', `${shown(data)} is not ${what}`));
}

const NO_DATA = shaped(/^$/, 'empty');

function checkNumber(text: string | undefined, max: number, what: string): Checked {
  return text === undefined || (/^\d{1,9}$/.test(text) && Number(text) <= max)
    ? undefined
    : refuse('argument', `${shown(text)} as ${what} is not a number from 0 to ${max}`);
}

/**
 * Arguments between blanks. A `^^` at the beginning would change the delimiter: it is read as FreeSWITCH reads it
 * when the delimiter is a plain sign, and refused otherwise.
 */
function splitBlanks(data: string, max: number): string[] | undefined {
  const { delimiter } = leadingDelimiter(data, ' ');
  return /^[ :;,~|!#%&*+/?@.^-]$/.test(delimiter) ? splitArguments(data, ' ', max) : undefined;
}

function withArguments(
  max: number,
  rule: (args: readonly string[], context: RuleContext) => Checked,
): ApplicationRule {
  return (data, context) => {
    const args = splitBlanks(data, max);
    if (args === undefined) return refuse('argument', `an unusual delimiter after ^^ in ${shown(data)}`);
    return rule(args, context);
  };
}

/** `''`, `silence` or something to play. */
function checkPrompt(prompt: string | undefined, context: RuleContext): Checked {
  return prompt === undefined || prompt === '' || prompt === 'silence'
    ? undefined
    : checkMedia(prompt, context);
}

const TERMINATORS = /^(?:none|=?(?:[+x]?[0-9*#A-D]){1,16})?$/;

function checkTerminators(text: string | undefined): Checked {
  return text === undefined || TERMINATORS.test(text)
    ? undefined
    : refuse('argument', `${shown(text)} is not a list of terminators`);
}

/** `$` only as an anchor: never before a brace. */
function checkRegexp(text: string | undefined): Checked {
  return text === undefined ||
    (text.length <= 256 && /^[\x20-\x7e]*$/.test(text) && !/\$(?![|)]|$)/.test(text))
    ? undefined
    : refuse('argument', `${shown(text)} is not a plain regular expression`);
}

/** `read <min> <max> <file> <variable> <timeout> <terminators> [<digit timeout>]` */
const read = withArguments(
  8,
  ([min, max, prompt, variable, timeout, terminators, digitTimeout, more], context) =>
    checkNumber(min, 128, 'minimum') ??
    checkNumber(max, 128, 'maximum') ??
    checkPrompt(prompt, context) ??
    (variable === undefined ? undefined : checkName(variable, context, 'digits')) ??
    checkNumber(timeout, 600_000, 'time-out') ??
    checkTerminators(terminators) ??
    checkNumber(digitTimeout, 600_000, 'digit time-out') ??
    (more === undefined ? undefined : refuse('argument', `${shown(more)} is one argument too many`)),
);

/**
 * `play_and_get_digits <min> <max> <tries> <timeout> <terminators> <file> <invalid file> <variable> <regexp>
 * [<digit timeout> [<where to transfer on failure>]]`
 */
const playAndGetDigits = withArguments(12, (args, context) => {
  const [
    min,
    max,
    tries,
    timeout,
    terminators,
    prompt,
    invalid,
    variable,
    regexp,
    digitTimeout,
    transfer,
    more,
  ] = args;
  return (
    checkNumber(min, 128, 'minimum') ??
    checkNumber(max, 128, 'maximum') ??
    checkNumber(tries, 100, 'tries') ??
    (tries !== undefined && Number(tries) === 0 ? refuse('argument', 'no tries at all') : undefined) ??
    checkNumber(timeout, 600_000, 'time-out') ??
    checkTerminators(terminators) ??
    checkPrompt(prompt, context) ??
    checkPrompt(invalid, context) ??
    (variable === undefined ? undefined : checkName(variable, context, 'digits')) ??
    checkRegexp(regexp) ??
    checkNumber(digitTimeout, 600_000, 'digit time-out') ??
    (transfer === undefined ? undefined : checkTransfer(transfer, context)) ??
    (more === undefined ? undefined : refuse('argument', `${shown(more)} is one argument too many`))
  );
});

/** `<extension> <dialplan> <context>`: nothing may be left to what the channel happens to be in. */
function checkTransfer(data: string, context: RuleContext): Checked {
  const match = /^([A-Za-z0-9+*#_.-]{1,64}) ([A-Za-z0-9_]+) ([A-Za-z0-9_.-]+)$/.exec(data);
  const [, extension = '', dialplan = '', name = ''] = match ?? [];
  const known =
    match !== null &&
    !extension.startsWith('-') &&
    context.profile.transfers.some(
      (to) => to.dialplan === dialplan && to.context === name && matchesAny([to.extension], extension),
    );
  return known
    ? undefined
    : refuse(
        'transfer.destination',
        `${shown(data)} is not "extension dialplan context" of transfer.destinations`,
      );
}

/** `<path> [[+]<seconds> [<silence threshold> [<silence hits>]]]` */
const record = withArguments(5, ([path = '', limit, threshold, hits, more], context) => {
  const max = context.profile.source.record.max_seconds;
  return (
    checkRecording(path, context) ??
    checkNumber(limit?.replace(/^\+/, ''), max, 'limit in seconds') ??
    checkNumber(threshold, 1_000_000, 'silence threshold') ??
    checkNumber(hits, 1_000_000, 'silence hits') ??
    (more === undefined ? undefined : refuse('argument', `${shown(more)} is one argument too many`))
  );
});

/** `<path> [+<seconds>]`; the third argument, percent-encoded `{variables}`, is refused (mod_dptools.c). */
const recordSession = withArguments(3, ([path = '', limit, more], context) => {
  const refusal = checkRecording(path, context);
  if (refusal !== undefined || limit === undefined) return refusal;
  return /^\+\d{1,6}$/.test(limit) && more === undefined
    ? checkNumber(limit.slice(1), context.profile.source.record.max_seconds, 'limit in seconds')
    : refuse('record.params', `${shown(more ?? limit)} is not +<seconds>`);
});

/** `<path> [<flags>] [+<milliseconds>]` */
const displaceSession = withArguments(
  4,
  ([path = '', ...more], context) =>
    checkMedia(path, context) ??
    firstRefusal(
      more,
      shaped(/^(?:\+\d{1,9}|[a-z]{1,8})$/, 'flags or +<milliseconds>') as (text: string) => Checked,
    ),
);

/** `[<engine>|[<voice>|]]<text>`; the text keeps its own `|` (mod_dptools.c: speak_function). */
const speak: ApplicationRule = (data, context) => {
  if (data.startsWith('^^')) return refuse('argument', 'the text to speak begins with ^^');
  const args = splitArguments(data, '|', 3);
  const text = args.at(-1) ?? '';
  const voice = args.length > 1 ? (args.at(-2) ?? '') : '';
  const engine = args.length > 2 ? (args[0] ?? '') : '';
  return checkEngine(engine, context) ?? checkVoice(voice) ?? checkSpeech(text, context);
};

/** `<module>[:<language>] <type> <method> [<gender>] <text>` */
const say = withArguments(5, (args, context) => {
  const [module = '', type = '', method = '', ...rest] = args;
  const text = rest.at(-1) ?? '';
  const words = [type, method, ...rest.slice(0, -1)];
  return (
    shaped(/^[A-Za-z_]{2,8}(?::[A-Za-z_-]{2,16})?$/, 'a say module')(module, context) ??
    firstRefusal(words, (word) => shaped(/^[A-Za-z_/]{1,40}$/, 'a word')(word, context)) ??
    checkSpeech(text, context)
  );
});

/** `[+<times> ]<file>`: FreeSWITCH takes everything from a leading `+` to the first blank for the times. */
const loopPlayback: ApplicationRule = (data, context) => {
  const file = data.replace(/^\+-?\d{1,6} /, '');
  return file.startsWith('+')
    ? refuse('argument', `${shown(data)} does not begin with +<times>`)
    : checkMedia(file, context);
};

const gentones: ApplicationRule = (data) => checkTones(data.replace(/\|-?\d{1,6}$/, ''));

const playback: ApplicationRule = (data, context) => checkMedia(data.replace(/@@\d{1,12}$/, ''), context);

const media: ApplicationRule = (data, context) => checkMedia(data, context);

const recording: ApplicationRule = (data, context) =>
  data === 'all' ? undefined : checkRecording(data, context);

const sleep: ApplicationRule = (data, context) => {
  const max = context.profile.source.sleep.max_ms;
  return /^\d{1,9}$/.test(data) && Number(data) <= max
    ? undefined
    : refuse('sleep', `${shown(data)} is not a number of milliseconds up to ${max}`);
};

const hangup: ApplicationRule = (data, context) => {
  const { causes } = context.profile.source.hangup;
  const cause = data === '' ? 'NORMAL_CLEARING' : parseHangupCause(data);
  return cause !== undefined && (data === '' || causes === undefined || causes.includes(cause))
    ? undefined
    : refuse('hangup.cause', `${shown(data)} is not a hangup cause that may be given`);
};

/**
 * What multiset and multiunset are about: between blanks, or `^^<delimiter>` (mod_dptools.c: multiset_function).
 * @returns undefined when the delimiter is an unusual one
 */
export function pieces(data: string): string[] | undefined {
  if (!data.startsWith('^^')) return splitArguments(data, ' ');
  const delimiter = data.charAt(2);
  const rest = data.slice(3);
  return /^[:;,~|!#%&*+/?@. -]$/.test(delimiter) && !rest.startsWith('^^')
    ? splitArguments(rest, delimiter)
    : undefined;
}

function many(rule: (items: readonly string[], context: RuleContext) => Checked): ApplicationRule {
  return (data, context) => {
    const items = pieces(data);
    if (items === undefined) return refuse('argument', `an unusual delimiter after ^^ in ${shown(data)}`);
    return items.length > 100 ? refuse('argument', 'more than 100 variables') : rule(items, context);
  };
}

function named(
  rule: RuleName,
  patterns: (context: RuleContext) => readonly RegExp[],
): (name: string, context: RuleContext) => Checked {
  return (name, context) =>
    /^[A-Za-z0-9_.@-]{1,64}$/.test(name) && matchesAny(patterns(context), name)
      ? undefined
      : refuse(rule, `${shown(name)} is not a name that the profile allows`);
}

const queue = named('callcenter.queue', ({ profile }) => profile.queues);
const fifoQueue = named('fifo.queue', ({ profile }) => profile.fifos);

/** `<name> in [<announcement> [<music>]]`: to enter as a caller, not to serve as an agent. */
const fifo = withArguments(
  5,
  ([name = '', role, announcement, music, more], context) =>
    fifoQueue(name, context) ??
    (role === 'in' && more === undefined ? undefined : refuse('fifo.queue', 'only "<name> in" is allowed')) ??
    firstRefusal([announcement, music], (file) =>
      file === 'undef' ? undefined : checkPrompt(file, context),
    ),
);

/** `<room>[@<profile>]`; what conference takes besides (a pin, flags, bridge:) is refused. */
const conference: ApplicationRule = (data, context) => {
  const match = /^([A-Za-z0-9_.-]{1,64})(?:@([A-Za-z0-9_.-]{1,64}))?$/.exec(data);
  const [, room = '', profile = 'default'] = match ?? [];
  const { source, conferences } = context.profile;
  return match !== null && matchesAny(conferences, room) && source.conference.profiles.includes(profile)
    ? undefined
    : refuse(
        'conference.room',
        `${shown(data)} is not a room of conference.rooms with a profile of conference.profiles`,
      );
};

const DTMF = shaped(/^[0-9*#A-DWw+]{1,128}(?:@\d{1,5})?$/, 'digits, w, W and @<milliseconds>');

const waitForSilence = withArguments(
  6,
  ([threshold, hits, listenHits, timeout, file, more], context) =>
    checkNumber(threshold, 1_000_000, 'threshold') ??
    checkNumber(hits, 1_000_000, 'silence hits') ??
    checkNumber(listenHits, 1_000_000, 'listen hits') ??
    checkNumber(timeout, 3_600_000, 'time-out') ??
    checkPrompt(file, context) ??
    (more === undefined ? undefined : refuse('argument', `${shown(more)} is one argument too many`)),
);

/** `bridge` is not here: dial-rules.ts has it, and it can also bound the number of calls. */
export const APPLICATION_RULES: ReadonlyMap<string, ApplicationRule> = new Map<string, ApplicationRule>([
  ['answer', NO_DATA],
  ['pre_answer', NO_DATA],
  ['ring_ready', NO_DATA],
  ['park', NO_DATA],
  ['echo', NO_DATA],
  ['flush_dtmf', NO_DATA],
  ['start_dtmf', NO_DATA],
  ['stop_dtmf', NO_DATA],
  ['start_dtmf_generate', shaped(/^(?:write)?$/, 'empty or write')],
  ['stop_dtmf_generate', NO_DATA],
  ['hangup', hangup],
  ['respond', shaped(/^[4-6]\d\d(?: [A-Za-z0-9 ]{1,64})?$/, 'a SIP status from 400 with its phrase')],
  ['playback', playback],
  ['endless_playback', media],
  ['loop_playback', loopPlayback],
  ['displace_session', displaceSession],
  ['stop_displace_session', media],
  ['gentones', gentones],
  ['speak', speak],
  ['say', say],
  ['phrase', (data) => checkPhrase(data)],
  ['read', read],
  ['play_and_get_digits', playAndGetDigits],
  ['record', record],
  ['record_session', recordSession],
  ['stop_record_session', recording],
  ['record_session_mask', recording],
  ['record_session_unmask', recording],
  ['record_session_pause', recording],
  ['record_session_resume', recording],
  ['set', checkAssignment],
  ['push', checkAssignment],
  ['unshift', checkAssignment],
  ['export', checkExport],
  ['bridge_export', checkExport],
  ['unset', (data, context) => checkName(data, context, 'channel')],
  ['multiset', many((items, context) => firstRefusal(items, (item) => checkAssignment(item, context)))],
  ['multiunset', many(checkNames)],
  ['sleep', sleep],
  ['delay_echo', (data) => checkNumber(data === '' ? undefined : data, 10_000, 'delay in milliseconds')],
  ['wait_for_silence', waitForSilence],
  ['send_dtmf', DTMF],
  ['queue_dtmf', DTMF],
  ['callcenter', queue],
  ['fifo', fifo],
  ['conference', conference],
  ['transfer', checkTransfer],
  ['sched_hangup', shaped(/^\+\d{1,6}(?: [A-Z_]{1,40})?$/, '+<seconds> [<cause>]')],
]);
