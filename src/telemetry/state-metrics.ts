import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import type { Circuit } from '../http-client/observer.js';

/** What is looked up when the metrics are asked for. Every part has to be cheap. */
export interface DaemonState {
  readonly version: string;
  readonly health: () => 'ok' | 'degraded' | 'draining' | 'down';
  readonly calls: () => { readonly active: number; readonly limit: number };
  readonly switches: () => readonly SwitchMetrics[];
  readonly circuits: () => { readonly app: readonly Circuit[]; readonly function: readonly Circuit[] };
  /** Contact records that their receiver has not taken yet. */
  readonly recordsWaiting: () => number;
  readonly callbacks?: () => readonly CallbackMetrics[];
  /** Of /v1/actions; which are not among the answers of the other HTTP routes, for there may be many. */
  readonly actionAnswers?: () => readonly ActionAnswers[];
  /** Spans of calls, when they are sent anywhere. */
  readonly spans?: () => { readonly sent: number; readonly dropped: number };
}

export interface SwitchMetrics {
  readonly name: string;
  readonly connected: boolean;
  readonly reconnects: number;
  readonly attachedCalls: number;
  /** Of the last time that it was measured; undefined when FreeSWITCH did not answer. */
  readonly roundTripMs: number | undefined;
}

export interface ActionAnswers {
  readonly entry: string;
  /** An error code, or '' where the answer was what was asked for. */
  readonly reason: string;
  readonly count: number;
}

export interface CallbackMetrics {
  readonly receiver: string;
  readonly waiting: number;
  readonly delivered: number;
  readonly deadLetters: number;
}

const HEALTH_STATES = ['ok', 'degraded', 'draining', 'down'] as const;

/** Metrics that say how things are, rather than what has happened. */
export function addStateMetrics(registry: Registry, state: DaemonState): void {
  const registers = [registry];

  /** @param read all series, as label values and a value */
  const gauge = <Label extends string>(
    name: string,
    help: string,
    labelNames: Label[],
    read: () => Iterable<Series<Label>>,
  ): void => {
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        for (const [labels, value] of read()) this.set(labels, value);
      },
    });
  };
  const counter = <Label extends string>(
    name: string,
    help: string,
    labelNames: Label[],
    read: () => Iterable<Series<Label>>,
  ): void => {
    new Counter({
      name,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        for (const [labels, value] of read()) this.inc(labels, value);
      },
    });
  };

  gauge('switchhook_info', 'The version of the daemon; always 1.', ['version'], () => [
    [{ version: state.version }, 1],
  ]);
  gauge('switchhook_health', '1 for the state that /healthz tells, 0 for the others.', ['state'], () => {
    const now = state.health();
    return HEALTH_STATES.map((one) => [{ state: one }, one === now ? 1 : 0]);
  });
  gauge('switchhook_calls_active', 'Calls under control.', [], () => [[{}, state.calls().active]]);
  gauge('switchhook_calls_limit', 'limits.calls: further ones go back to the dialplan.', [], () => [
    [{}, state.calls().limit],
  ]);
  gauge('switchhook_switch_connected', 'Whether the daemon is connected to the switch.', ['switch'], () =>
    state.switches().map(({ name, connected }) => [{ switch: name }, connected ? 1 : 0]),
  );
  counter(
    'switchhook_switch_reconnects_total',
    'How often the daemon was connected to the switch again after it had been.',
    ['switch'],
    () => state.switches().map(({ name, reconnects }) => [{ switch: name }, reconnects]),
  );
  gauge(
    'switchhook_switch_round_trip_seconds',
    'Event Socket lag: a command and its reply, on the slower of the two connections, measured every ten seconds. Absent while there is no reply.',
    ['switch'],
    () =>
      state
        .switches()
        .flatMap(({ name, roundTripMs }): Series<'switch'>[] =>
          roundTripMs === undefined ? [] : [[{ switch: name }, roundTripMs / 1000]],
        ),
  );
  gauge('switchhook_switch_attached_calls', 'Calls that are attached through the switch.', ['switch'], () =>
    state.switches().map(({ name, attachedCalls }) => [{ switch: name }, attachedCalls]),
  );
  gauge(
    'switchhook_circuit_open',
    '1 while the circuit breaker leaves the peer alone. kind: app (by origin; those that no endpoint names are `other`) or function.',
    ['kind', 'peer'],
    () => {
      const circuits = state.circuits();
      return (['app', 'function'] as const).flatMap((kind) =>
        circuits[kind].map(({ peer, isOpen }): Series<'kind' | 'peer'> => [{ kind, peer }, isOpen ? 1 : 0]),
      );
    },
  );
  gauge('switchhook_records_waiting', 'Contact records that their receiver has not taken yet.', [], () => [
    [{}, state.recordsWaiting()],
  ]);

  const { actionAnswers, callbacks, spans } = state;
  if (actionAnswers !== undefined) {
    counter(
      'switchhook_action_answers_total',
      'Answers of /v1/actions. reason: why they were the fallback actions; empty where they were not.',
      ['entry', 'reason'],
      () => actionAnswers().map(({ entry, reason, count }) => [{ entry, reason }, count]),
    );
  }
  if (callbacks !== undefined) {
    const each = (value: (one: CallbackMetrics) => number) => (): Series<'receiver'>[] =>
      callbacks().map((one) => [{ receiver: one.receiver }, value(one)]);
    gauge(
      'switchhook_callbacks_waiting',
      'Status callbacks that their receiver has not taken yet.',
      ['receiver'],
      each(({ waiting }) => waiting),
    );
    gauge(
      'switchhook_callbacks_dead_letters',
      'Status callbacks that were given up and lie in the dead-letter file.',
      ['receiver'],
      each(({ deadLetters }) => deadLetters),
    );
    counter(
      'switchhook_callbacks_delivered_total',
      'Status callbacks that their receiver has taken.',
      ['receiver'],
      each(({ delivered }) => delivered),
    );
  }
  if (spans !== undefined) {
    counter(
      'switchhook_spans_total',
      'Spans of calls: sent, or dropped because the collector did not take them in time.',
      ['result'],
      () => {
        const { sent, dropped } = spans();
        return [
          [{ result: 'sent' }, sent],
          [{ result: 'dropped' }, dropped],
        ];
      },
    );
  }
}

type Series<Label extends string> = readonly [labels: Partial<Record<Label, string>>, value: number];
