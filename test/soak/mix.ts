import type { ListedAction } from '../bench/lists.js';

/** One kind of call. */
export interface CallKind {
  readonly name: string;
  /** Of a hundred calls. */
  readonly share: number;
  /** The app's list; none for a flow. */
  readonly list?: readonly ListedAction[];
  readonly flow?: string;
  /** Parked by the dialplan and taken over the Event Socket, instead of connected by `socket`. */
  readonly isParked?: boolean;
  /** The caller hangs up so long after the answer. */
  readonly callerLeavesAfterMs?: number;
  /** How it ends when nothing is wrong: by the list itself, behind it in the dialplan, or by the caller. */
  readonly end: 'program' | 'dialplan' | 'caller';
  /** INVITE to BYE at least, when it ends as it should: a shorter one was cut off. */
  readonly leastMs: number;
}

const silence = (ms: number): ListedAction => ({
  application: 'playback',
  data: `silence_stream://${ms}`,
});
const ANSWER: ListedAction = { application: 'answer', data: '' };
const HANGUP: ListedAction = { application: 'hangup', data: '' };

/** The app's second list, of calls that ask again. */
export const SECOND_LIST: readonly ListedAction[] = [silence(200), HANGUP];

/** `{second}` is the URL of the second list. */
const ASK_AGAIN: ListedAction = { application: 'cti_curl', data: '{second}' };

export const KINDS: readonly CallKind[] = [
  {
    name: 'list',
    share: 40,
    list: [ANSWER, silence(200), silence(200), HANGUP],
    end: 'program',
    leastMs: 360,
  },
  { name: 'back', share: 15, list: [ANSWER, silence(300)], end: 'dialplan', leastMs: 260 },
  { name: 'chain', share: 10, list: [ANSWER, silence(200), ASK_AGAIN], end: 'program', leastMs: 360 },
  { name: 'flow', share: 12, flow: 'soak', end: 'program', leastMs: 360 },
  {
    name: 'digits',
    share: 5,
    list: [
      ANSWER,
      {
        application: 'play_and_get_digits',
        data: '1 4 1 1000 # silence_stream://100 silence_stream://100 cti_digits \\d+',
      },
      HANGUP,
    ],
    end: 'program',
    leastMs: 1000,
  },
  {
    name: 'bridge',
    share: 5,
    list: [ANSWER, { application: 'bridge', data: 'user/operator' }, silence(100), HANGUP],
    end: 'program',
    leastMs: 300,
  },
  {
    name: 'parked',
    share: 5,
    list: [ANSWER, silence(200), HANGUP],
    isParked: true,
    end: 'program',
    leastMs: 180,
  },
  {
    name: 'leaver',
    share: 6,
    list: [ANSWER, silence(10_000), HANGUP],
    callerLeavesAfterMs: 700,
    end: 'caller',
    leastMs: 0,
  },
  // So that faults find calls in the middle of something.
  { name: 'stayer', share: 2, list: [ANSWER, silence(20_000), ASK_AGAIN], end: 'program', leastMs: 20_000 },
];

/** Which of the two daemons the dialplan names, in which order. With `only-b` there is nobody to take over. */
export const HOSTS = ['a-b', 'a-b', 'b-a', 'only-b'] as const;

const TURN: readonly number[] = KINDS.flatMap(({ share }, kind) => Array.from({ length: share }, () => kind));

/** Serial numbers that follow each other are of different kinds; a hundred of them are the mix. */
export function kindOf(serial: number): number {
  return TURN[(serial * 37) % TURN.length] ?? 0;
}

/** What is dialled: `soak-list-a-b-17`. */
export function destinationOf(serial: number): string {
  const kind = KINDS[kindOf(serial)]?.name ?? '';
  const hosts = HOSTS[(serial + Math.floor(serial / TURN.length)) % HOSTS.length] ?? 'a-b';
  return `soak-${kind}-${hosts}-${serial}`;
}

/** Contact records and callbacks tell what was dialled. */
export function serialOf(destination: string): number | undefined {
  const serial = /^soak-[a-z]+-[a-z-]+-(\d+)$/.exec(destination)?.[1];
  return serial === undefined ? undefined : Number(serial);
}

export const FLOW = `
start: answer
error: failed
blocks:
  answer:
    type: run_actions
    actions: [{ application: answer }]
    next: greet
  greet:
    type: play_prompt
    prompt: { silence_ms: 200 }
    next: lookup
  lookup:
    type: invoke_function
    function: lookup
    parameters: { caller: $.CustomerEndpoint.Address, number: $.SystemEndpoint.Address }
    next: mark
  mark:
    type: set_attributes
    attributes: { tier: $.External.tier }
    next: choose
  choose:
    type: branch
    cases: [{ name: gold, when: { value: $.Attributes.tier, equals: gold }, next: tell }]
    next: failed
  tell:
    type: play_prompt
    prompt: { silence_ms: 200 }
    next: bye
  bye: { type: disconnect }
  failed: { type: end }
`;
