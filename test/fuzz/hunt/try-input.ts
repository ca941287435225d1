import type { Target } from '../target.js';
import type { Finding } from './messages.js';
import type { Mailbox } from './mailbox.js';
import type { Prototypes } from './pollution.js';

/** Tries inputs of a target in this thread, one after the other. */
export class Trier {
  readonly #target: Target;
  readonly #mailbox: Mailbox;
  readonly #prototypes: Prototypes;
  /** What was rejected and nobody waited for. */
  #unhandled: unknown;

  constructor(target: Target, mailbox: Mailbox, prototypes: Prototypes) {
    this.#target = target;
    this.#mailbox = mailbox;
    this.#prototypes = prototypes;
    process.on('unhandledRejection', (reason) => {
      this.#unhandled = reason ?? new Error('rejected with nothing');
    });
  }

  async try(input: unknown): Promise<Finding | undefined> {
    let bytes: Uint8Array;
    try {
      bytes = this.#target.form.write(input);
    } catch (error) {
      // Nested too deep for JSON: nobody could send it.
      if (error instanceof RangeError) return undefined;
      throw error;
    }
    this.#mailbox.begin(bytes);
    try {
      const running = this.#target.run(input);
      if (running !== undefined) await running;
    } catch (error) {
      return { kind: 'threw', message: messageOf(error), input: bytes };
    } finally {
      this.#mailbox.end();
    }
    const changed = this.#prototypes.changed(false);
    return changed === '' ? undefined : { kind: 'polluted', message: changed, input: bytes };
  }

  /** What was rejected since the last time it was asked, by an input tried since then. */
  rejected(): string | undefined {
    if (this.#unhandled === undefined) return undefined;
    const message = `unhandled rejection: ${messageOf(this.#unhandled)}`;
    this.#unhandled = undefined;
    return message;
  }

  /** A smaller input with which the same goes wrong. */
  async smaller(found: Finding, mostTries = 3_000): Promise<Finding> {
    const { form } = this.#target;
    let best = found;
    let tries = 0;
    for (let going = true; going && !this.#mailbox.stopped;) {
      going = false;
      for (const input of form.smaller(form.read(best.input))) {
        if (++tries > mostTries) return best;
        const again = await this.try(input);
        if (again === undefined || signature(again) !== signature(best)) continue;
        best = again;
        going = true;
        break;
      }
    }
    return best;
  }
}

/** The same for what is likely the same fault: numbers and quoted text left out. */
export function signature({ kind, message }: Finding): string {
  const [said = '', place = ''] = message.split('\n    at ');
  if (kind === 'hung' || kind === 'memory') return kind;
  const words = said
    .replaceAll(/["'`{[].*/gs, '')
    .replaceAll(/\d+/g, 'n')
    .slice(0, 80);
  return `${kind} ${words} ${place.replaceAll(/[?:]\S*$/g, '')}`;
}

/** The message, and where in the project it was thrown. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return `threw ${String(error)}`;
  const places = (error.stack ?? '').split('\n').filter((line) => line.startsWith('    at '));
  const place =
    places.find((line) => line.includes('/src/')) ?? places.find((line) => line.includes('/fuzz/targets/'));
  const where =
    place === undefined
      ? ''
      : `\n    at ${place
          .trim()
          .slice(3)
          .replace(/file:\/\/\S*?\/(?=src\/|test\/)/, '')}`;
  return `${error.name}: ${error.message.slice(0, 600)}${where}`;
}
