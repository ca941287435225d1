import type { Channel } from '../simulator/channel.js';
import type { CallerStep } from './case-file.js';

/** Something is asked of the caller. */
export interface Asked {
  readonly what: 'digits' | 'record';
  readonly max: number;
}

/** Who is at the other end of the call. */
export interface Caller {
  /** @returns once it is known what to do; the switch's time may go on or be held meanwhile */
  asked(asked: Asked, hands: Hands): void;
  /** A prompt begins that keys interrupt. */
  prompted(hands: Hands): void;
}

/** What a caller can do. */
export interface Hands {
  press(keys: string, afterMs?: number): void;
  hangUp(afterMs?: number): void;
  /** For a recording: how long he speaks. */
  speak(ms: number): void;
}

const REACTION_MS = 300;
const BETWEEN_KEYS_MS = 100;

export function handsOn(channel: Channel, onSpeech: (ms: number) => void): Hands {
  const { clock } = channel.core;
  return {
    press(keys, afterMs = REACTION_MS) {
      Array.from(keys).forEach((key, index) => {
        clock.after(afterMs + index * BETWEEN_KEYS_MS, () => {
          if (channel.up) channel.queueDigits(key);
        });
      });
    },
    hangUp(afterMs = REACTION_MS) {
      clock.after(afterMs, () => {
        channel.hangup(channel.has('ANSWERED') ? 'NORMAL_CLEARING' : 'ORIGINATOR_CANCEL');
      });
    },
    speak: onSpeech,
  };
}

/** A caller who does one thing after the other. */
export class ScriptedCaller implements Caller {
  readonly #left: CallerStep[];

  constructor(steps: readonly CallerStep[]) {
    this.#left = [...steps];
  }

  /** What was never asked for. */
  get left(): readonly CallerStep[] {
    return this.#left;
  }

  asked({ what }: Asked, hands: Hands): void {
    const step = this.#left.shift();
    if (step === undefined || step === 'nothing') return;
    if (step === 'hang_up') hands.hangUp();
    else if ('says_ms' in step) {
      if (what === 'record') hands.speak(step.says_ms);
    } else if (what === 'digits') hands.press('press' in step ? step.press : step.interrupt);
    // Nobody presses keys of his own accord while he is recorded: the step is for the next question.
    else this.#left.unshift(step);
  }

  prompted(hands: Hands): void {
    const [step] = this.#left;
    if (typeof step !== 'object' || !('interrupt' in step)) return;
    this.#left.shift();
    hands.press(step.interrupt);
  }
}
