import type { Move, Turn } from '../block.js';
import { action } from '../block.js';
import type { FlowEvent } from '../port.js';
import type { Prompt } from './prompt.js';
import type { Sound } from './sound.js';
import { keyIn, needed, playing, soundsOf } from './sound.js';

/** Asking for digits: prompts that keys interrupt, two time-outs, several tries. Both get_digits and menu do it. */

export interface Question {
  readonly prompt: Prompt | undefined;
  readonly noInput: Prompt | undefined;
  readonly noMatch: Prompt | undefined;
  readonly language: string;
  readonly bargeIn: boolean;
  readonly min: number;
  readonly max: number;
  /** `''`: none. */
  readonly terminators: string;
  readonly timeoutMs: number;
  readonly digitTimeoutMs: number;
  readonly tries: number;
  readonly masked: boolean;
  /** Whether what was typed is good. */
  readonly accepts: (digits: string) => boolean;
}

/** The channel variable into which `read` puts the digits. */
export const DIGITS_VARIABLE = 'cti_digits';
/** As many as an outcome can carry for certain. */
export const MOST_DIGITS = 40;

export type Asked =
  | Move
  | { readonly to: 'digits'; readonly digits: string }
  | { readonly to: 'none'; readonly exit: 'no_input' | 'no_match' };

interface Place {
  /** From 1. */
  readonly try: number;
  /** Sounds of this try that have been played. */
  readonly part: number;
  /** Why the try before failed. */
  readonly why: '' | 'no_input' | 'no_match';
  /** What was typed in this try while prompts were playing. */
  readonly heard: string;
}

function placeOf({ progress, state }: Turn): Place {
  const { try: number, part, why, heard } = progress;
  return {
    try: typeof number === 'number' ? number : 1,
    part: typeof part === 'number' ? part : 0,
    why: why === 'no_input' || why === 'no_match' ? why : '',
    heard: typeof heard === 'string' ? heard : number === undefined ? state.typed : '',
  };
}

export function ask(question: Question, turn: Turn): Asked {
  const place = placeOf(turn);
  // What was typed ahead of the question is used up by it.
  if (turn.progress['try'] === undefined && turn.state.typed !== '') {
    turn.update({ typed: '' });
    return { to: 'again', progress: { ...place } };
  }
  if (place.heard !== '')
    return isComplete(question, place.heard) ? judge(question, place, '') : read(question, turn, place, '');
  const lead =
    place.why === 'no_input' ? question.noInput : place.why === 'no_match' ? question.noMatch : undefined;
  const made = soundsOf(turn, [lead, question.prompt], question.language, question.bargeIn);
  if ('error' in made) return { to: 'exit', exit: 'error', error: made.error };
  const rest = made.sounds.slice(place.part);
  const [first] = rest;
  if (first === undefined) return read(question, turn, place, '');
  if (!question.bargeIn) {
    const actions = [...playing(turn, rest, false), readAction(question, '', 'silence')];
    return { to: 'actions', actions, masked: maskedOf(question) };
  }
  const embedded = rest.length === 1 ? argumentOf(first) : undefined;
  if (embedded !== undefined) return read(question, turn, place, embedded, first);
  return { to: 'actions', actions: playing(turn, [first], true) };
}

/** A quote would end the argument, and there is no way to write one that everything on the way reads the same. */
function argumentOf({ media }: Sound): string | undefined {
  if (media === undefined || media.includes("'") || media.startsWith('^^')) return undefined;
  return media.includes(' ') ? `'${media}'` : media;
}

function maskedOf(question: Question): string[] {
  return question.masked ? [DIGITS_VARIABLE] : [];
}

function read(question: Question, turn: Turn, place: Place, prompt: string, sound?: Sound): Asked {
  const actions = [
    ...(sound === undefined ? [] : needed(turn, sound.needs)),
    readAction(question, place.heard, prompt === '' ? 'silence' : prompt, sound?.heard),
  ];
  return { to: 'actions', actions, masked: maskedOf(question) };
}

/** `read <min> <max> <prompt> <variable> <time-out> <terminators> <digit time-out>` (mod_dptools.c read_function). */
function readAction(question: Question, heard: string, prompt: string, says?: string) {
  const { min, max, terminators, timeoutMs, digitTimeoutMs } = question;
  const first = heard === '' ? timeoutMs : digitTimeoutMs;
  const parts = [
    Math.max(1, min - heard.length),
    Math.max(1, max - heard.length),
    prompt,
    DIGITS_VARIABLE,
    // FreeSWITCH waits at least a second for the first.
    Math.max(1000, first),
    terminators === '' ? 'none' : terminators,
    digitTimeoutMs,
  ];
  return action('read', parts.join(' '), { id: 'digits', ...(says === undefined ? {} : { heard: says }) });
}

function isComplete({ max, terminators }: Question, heard: string): boolean {
  return heard.length >= max || terminators.includes(heard.charAt(heard.length - 1));
}

export function heardBack(question: Question, turn: Turn, event: FlowEvent): Asked {
  const place = placeOf(turn);
  if (event.kind !== 'outcomes') return { to: 'exit', exit: 'error', error: 'flow_out_of_step' };
  const refused = event.outcomes.find(({ status }) => status === 'refused');
  if (refused !== undefined) return { to: 'exit', exit: 'error', error: 'action_refused' };
  const unplayed = event.outcomes.find(({ id, status }) => id === 'prompt' && status !== 'ok');
  if (unplayed !== undefined) return { to: 'exit', exit: 'error', error: 'action_failed' };
  const digits = event.outcomes.findLast(({ id }) => id === 'digits');
  if (digits === undefined) {
    const key = keyIn(event);
    const part = place.part + 1;
    return { to: 'again', progress: key === '' ? { ...place, part } : { ...place, heard: key } };
  }
  const { variables } = digits;
  // switch_ivr_read leaves no result when the prompt could not be played.
  if ((variables['read_result'] ?? '') === '') return { to: 'exit', exit: 'error', error: 'action_failed' };
  const typed = (variables[DIGITS_VARIABLE] ?? '').replaceAll(/[^0-9*#A-D]/g, '');
  return judge(question, { ...place, heard: place.heard + typed }, variables['read_terminator_used'] ?? '');
}

function judge(question: Question, place: Place, terminator: string): Asked {
  const { terminators, min, max, tries } = question;
  const last = place.heard.slice(-1);
  const ended = terminator !== '' || (last !== '' && terminators.includes(last));
  const digits = last !== '' && terminators.includes(last) ? place.heard.slice(0, -1) : place.heard;
  if (digits === '' && min === 0 && ended) return { to: 'digits', digits };
  if (digits !== '' && digits.length >= min && digits.length <= max && question.accepts(digits)) {
    return { to: 'digits', digits };
  }
  const exit = digits === '' && !ended ? 'no_input' : 'no_match';
  if (place.try < tries)
    return { to: 'again', progress: { try: place.try + 1, part: 0, why: exit, heard: '' } };
  return { to: 'none', exit };
}
