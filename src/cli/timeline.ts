import type { TraceEntry } from '../call/call.js';
import type { Cli } from './cli.js';
import { printable } from './print-error.js';

/** `good` and `bad` are coloured where the terminal can. */
export type Tone = 'plain' | 'good' | 'bad';

/** Lines of `when  who  what`, as things happen. */
export class Timeline {
  readonly #cli: Cli;
  readonly #startMs = performance.now();

  constructor(cli: Cli) {
    this.#cli = cli;
  }

  line(who: string, what: string, tone: Tone = 'plain'): void {
    const ms = Math.round(performance.now() - this.#startMs);
    const text = printable(what.replaceAll('\n', ' '));
    this.#cli.out(`${String(ms).padStart(7)} ms  ${who.padEnd(10)}  ${this.#coloured(text, tone)}\n`);
  }

  /** One thing that happened on a call under control. */
  entry(entry: TraceEntry): void {
    const { who, what, tone } = described(entry);
    this.line(who, what, tone);
  }

  #coloured(text: string, tone: Tone): string {
    if (!this.#cli.colour || tone === 'plain') return text;
    return `\u001b[${tone === 'good' ? 32 : 31}m${text}\u001b[0m`;
  }
}

function described(entry: TraceEntry): { readonly who: string; readonly what: string; readonly tone: Tone } {
  const plain = (who: string, what: string): { who: string; what: string; tone: Tone } => ({
    who,
    what,
    tone: 'plain',
  });
  switch (entry.type) {
    case 'handed_over':
      return plain(
        'call',
        `${entry.caller} → ${entry.destination} handed over by the dialplan, program ${entry.program}`,
      );
    case 'waiting':
      return plain('call', 'the app is slow: the caller hears the waiting prompt');
    case 'request': {
      const result = [
        entry.status === undefined ? '' : `HTTP ${entry.status}`,
        entry.code ?? '',
        entry.detail ?? '',
      ];
      const what = `${entry.url}  ${result.filter((part) => part !== '').join(' ')}  in ${Math.round(entry.durationMs)} ms`;
      return { who: 'request', what, tone: entry.code === undefined ? 'plain' : 'bad' };
    }
    case 'answer': {
      const instead = entry.fallbackFor === undefined ? '' : `, fallback for ${entry.fallbackFor}`;
      return plain('answer', `${entry.actions} actions under policy ${entry.policy}${instead}`);
    }
    case 'run':
      return plain('run', `${entry.steps} actions handed to FreeSWITCH in one go`);
    case 'outcome': {
      const took = entry.durationMs === undefined ? '' : `${Math.round(entry.durationMs)} ms`;
      const parts = [entry.application, entry.status, entry.response ?? '', entry.detail ?? '', took];
      const what = parts.filter((part) => part !== '').join('  ');
      return { who: 'outcome', what, tone: entry.status === 'ok' ? 'good' : 'bad' };
    }
    case 'asked': {
      const what = { appended: 'a list is to follow', interrupted: 'interrupted', dropped: 'came too late' };
      return plain('call', `${what[entry.what]}, by ${entry.by}`);
    }
    case 'block': {
      const parts = [`${entry.flow}/${entry.block}`, `(${entry.blockType})`, entry.exit, entry.error ?? ''];
      return plain('flow', parts.filter((part) => part !== '').join('  '));
    }
    case 'doing':
      return plain('flow', `${entry.block}  ${entry.id}  ${entry.target}`);
    case 'function': {
      const parts = [entry.function, entry.code ?? 'answered', entry.detail ?? ''];
      const what = `${parts.filter((part) => part !== '').join('  ')}  in ${Math.round(entry.durationMs)} ms`;
      return { who: 'function', what, tone: entry.code === undefined ? 'plain' : 'bad' };
    }
    case 'failure':
      return { who: 'failure', what: `${entry.code}  ${entry.detail}`, tone: 'bad' };
    case 'ended': {
      const good = entry.result === 'done';
      return {
        who: 'released',
        what: [entry.result, entry.detail].join('  ').trim(),
        tone: good ? 'good' : 'bad',
      };
    }
  }
}
