import type { Tone } from './timeline.js';

/** An event of a switch, real or simulated. */
export interface WatchedEvent {
  readonly name: string;
  get(header: string): string | undefined;
}

/** What a watcher subscribes to. */
export const WATCHED_EVENTS =
  'CHANNEL_ANSWER CHANNEL_EXECUTE CHANNEL_EXECUTE_COMPLETE CHANNEL_BRIDGE CHANNEL_UNBRIDGE CHANNEL_HANGUP DTMF';

/** How the daemon keeps its books on a channel; nobody's business in a timeline. */
const BOOKKEEPING: readonly { readonly application: RegExp; readonly data: RegExp }[] = [
  { application: /^set$/, data: /^(cti_[odt]\d*=|\w+=$)/ },
  { application: /^multiset$/, data: /^\^\^!/ },
  { application: /^multiunset$/, data: /^\^\^!cti_status!/ },
  { application: /^execute_extension$/, data: / inline$/ },
  { application: /^execute_extension$/, data: /^switchhook_again / },
];

/** Applications whose end tells nothing that the next line does not tell. */
const QUIET_END = /^(_none_|)$/;

/** Tells what one channel of a switch does: the first that runs anything. */
export class SwitchWatch {
  readonly #tell: (what: string, tone: Tone) => void;
  readonly #hidden: ReadonlySet<string>;
  #uuid: string | undefined;
  #hungUp: ((last: WatchedEvent) => void) | undefined;

  /** Resolves with the event that reports the channel's hang-up. */
  readonly hungUp: Promise<WatchedEvent>;

  /** @param hidden applications that are not told */
  constructor(tell: (what: string, tone: Tone) => void, hidden: Iterable<string> = []) {
    this.#tell = tell;
    this.#hidden = new Set(hidden);
    this.hungUp = new Promise((resolve) => {
      this.#hungUp = resolve;
    });
  }

  /** The channel that is watched. */
  get uuid(): string | undefined {
    return this.#uuid;
  }

  onEvent(event: WatchedEvent): void {
    const uuid = event.get('Unique-ID');
    if (event.name === 'CHANNEL_EXECUTE') this.#uuid ??= uuid;
    if (uuid === undefined || uuid !== this.#uuid) return;
    const told = this.#hidden.has(event.get('Application') ?? '') ? undefined : described(event);
    if (told !== undefined) this.#tell(told.what, told.tone);
    if (event.name === 'CHANNEL_HANGUP') this.#hungUp?.(event);
  }
}

function described(event: WatchedEvent): { readonly what: string; readonly tone: Tone } | undefined {
  const plain = (what: string): { what: string; tone: Tone } => ({ what, tone: 'plain' });
  switch (event.name) {
    case 'CHANNEL_ANSWER':
      return plain('the call is answered');
    case 'CHANNEL_EXECUTE': {
      const [application, data] = executed(event);
      return isBookkeeping(application, data) ? undefined : plain(`${application} ${data}`.trimEnd());
    }
    case 'CHANNEL_EXECUTE_COMPLETE': {
      const [application, data] = executed(event);
      const response = event.get('Application-Response') ?? '';
      if (QUIET_END.test(response) || isBookkeeping(application, data)) return undefined;
      return plain(`${application} ended: ${response}`);
    }
    case 'CHANNEL_BRIDGE':
      return { what: `talks to ${event.get('Other-Leg-Channel-Name') ?? 'another channel'}`, tone: 'good' };
    case 'CHANNEL_UNBRIDGE':
      return plain('the other side has gone');
    case 'CHANNEL_HANGUP':
      return plain(`hung up, ${event.get('Hangup-Cause') ?? 'no cause'}`);
    case 'DTMF':
      return plain(`the caller pressed ${event.get('DTMF-Digit') ?? '?'}`);
    default:
      return undefined;
  }
}

function executed(event: WatchedEvent): [string, string] {
  return [event.get('Application') ?? '', event.get('Application-Data') ?? ''];
}

function isBookkeeping(application: string, data: string): boolean {
  return BOOKKEEPING.some((one) => one.application.test(application) && one.data.test(data));
}
