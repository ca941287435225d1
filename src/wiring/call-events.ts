import type { TraceEntry } from '../call/call.js';
import type { Origination } from '../call/originator.js';
import type { CallRunner } from '../call/runner.js';
import type { EventSubject, EventType } from '../events/event.js';
import type { EventLog } from '../events/event-log.js';
import { originationAnswer } from '../call/origination-view.js';
import type { SwitchState } from '../switch/switch-link.js';
import { shownTrace } from '../telemetry/shown-trace.js';

/** What a trace tells, in the words of events. What a block is about to do is told by what became of it. */
const OF_TRACE: Readonly<Partial<Record<TraceEntry['type'], EventType>>> = {
  handed_over: 'call.started',
  waiting: 'call.waiting',
  asked: 'call.asked',
  failure: 'call.failed',
  ended: 'call.ended',
  request: 'source.requested',
  answer: 'source.answered',
  run: 'actions.started',
  outcome: 'action.completed',
  block: 'flow.block',
  function: 'flow.function',
};

/** Tells the event log of calls, of calls that are placed, and of switches. */
export class CallEvents {
  readonly #log: EventLog;
  readonly #showsDigits: () => boolean;

  /** @param showsDigits what callers entered may be shown */
  constructor(log: EventLog, showsDigits: () => boolean) {
    this.#log = log;
    this.#showsDigits = showsDigits;
  }

  onTrace(entry: TraceEntry, runner: CallRunner): void {
    const type = OF_TRACE[entry.type];
    // The log must not keep the runner.
    if (type !== undefined) this.#log.add(type, runner.parties, entry, this.#ofTrace);
  }

  readonly #ofTrace = (entry: TraceEntry, { program, caller, destination }: EventSubject): object => {
    const shown = without('type', shownTrace(entry, this.#showsDigits()));
    const whole = entry.type === 'ended' ? { program, caller, destination } : {};
    return { ...whole, ...shown };
  };

  onOrigination(origination: Origination): void {
    const { state, uuid, program, to } = origination;
    const type = `origination.${state === 'dialling' ? 'started' : state}` as const;
    const subject = {
      ...(uuid === undefined ? {} : { uuid }),
      program,
      destination: to,
      switch: origination.switch,
    };
    this.#log.add(type, subject, origination, ofOrigination);
  }

  onSwitch({ name, connected, version, lastError }: SwitchState): void {
    const told = {
      switch: name,
      ...(version === undefined ? {} : { version }),
      ...(connected || lastError === undefined ? {} : { error: lastError }),
    };
    this.#log.add(connected ? 'switch.connected' : 'switch.disconnected', { switch: name }, told, asItIs);
  }

  onDraining(calls: number): void {
    this.#log.add('daemon.draining', {}, { calls }, asItIs);
  }
}

function ofOrigination(origination: Origination): object {
  return { ...without('id', originationAnswer(origination)), origination: origination.id };
}

function asItIs(told: object): object {
  return told;
}

function without(key: string, value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));
}
