/** What every peer has to run on a call; the floor's dialplan holds the same actions natively. */
export interface ListedAction {
  readonly application: string;
  readonly data: string;
}

export const PROMPT_MS = 100;
export const PROMPT = `silence_stream://${PROMPT_MS}`;

/** Answer, then three actions. */
export const PLAY_LIST: readonly ListedAction[] = [
  { application: 'answer', data: '' },
  { application: 'playback', data: PROMPT },
  { application: 'playback', data: PROMPT },
  { application: 'hangup', data: '' },
];

/** What is heard of it. */
export const AUDIO_MS = 2 * PROMPT_MS;

/** A prompt without an end, for calls to be held in. */
export const HOLD_LIST: readonly ListedAction[] = [
  { application: 'answer', data: '' },
  { application: 'playback', data: 'silence_stream://-1' },
];
