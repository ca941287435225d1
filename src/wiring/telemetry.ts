import type { CallTable } from '../call/call-table.js';
import type { Config } from '../config/schema.js';
import type { FunctionObserver } from '../functions/invoke.js';
import type { SwitchLinks } from '../switch/switch-link.js';
import type { Logger } from '../telemetry/log.js';
import { Metrics } from '../telemetry/metrics.js';
import { addStateMetrics } from '../telemetry/state-metrics.js';
import type { DaemonState } from '../telemetry/state-metrics.js';
import type { ServedRequest } from '../telemetry/traces/request-spans.js';
import type { Traces } from '../telemetry/traces/start.js';
import { RoundTrips } from './round-trips.js';

export interface TelemetryOptions {
  readonly config: Config;
  readonly version: string;
  readonly instance: string;
  readonly log: Logger;
}

/** Metrics and traces of a daemon: what is made for them, fed, and ended. Either may be off. */
export class Telemetry {
  readonly metrics: Metrics | undefined;
  readonly #traces: Traces | undefined;
  readonly #roundTrips = new RoundTrips();

  /** @throws AppError `config_invalid`, `config_unreadable` for a collector that can't be used */
  static async start({ config, version, instance, log }: TelemetryOptions): Promise<Telemetry> {
    const { endpoint } = config.traces;
    let traces: Traces | undefined;
    if (endpoint !== undefined) {
      const { startTraces } = await import('../telemetry/traces/start.js');
      const settings = { ...config.traces, endpoint };
      traces = startTraces({ settings, egress: config.egress, version, instance, log });
    }
    return new Telemetry(config.metrics.enabled ? new Metrics() : undefined, traces);
  }

  private constructor(metrics: Metrics | undefined, traces: Traces | undefined) {
    this.metrics = metrics;
    this.#traces = traces;
  }

  /** For those who ask apps and functions; undefined when nobody wants to know. */
  get observer(): FunctionObserver | undefined {
    const { metrics } = this;
    const tracer = this.#traces?.tracer;
    if (metrics === undefined && tracer === undefined) return undefined;
    return {
      tried(one) {
        metrics?.tried(one);
        tracer?.tried(one);
      },
      invoked: (one) => metrics?.invoked(one),
      ...(tracer === undefined ? {} : { isSampled: (traceId) => tracer.isSampled(traceId) }),
    };
  }

  /** Is told of requests that go on with somebody's trace; undefined while no spans are made. */
  get onTraced(): ((request: ServedRequest) => void) | undefined {
    const tracer = this.#traces?.tracer;
    return tracer === undefined ? undefined : (request) => tracer.served(request);
  }

  /** What happens on calls from now on. */
  follow(table: CallTable): void {
    const { metrics } = this;
    const tracer = this.#traces?.tracer;
    if (metrics !== undefined) {
      table.onTrace((_uuid, entry) => metrics.onTrace(entry));
      table.onCallEnded((record) => metrics.onCallEnded(record));
      table.onDefect(() => metrics.onDefect());
    }
    if (tracer !== undefined) {
      table.onTrace((uuid, entry, runner) => tracer.onTrace(uuid, entry, runner));
      table.onDefect((uuid, runner) => tracer.onDefect(uuid, runner));
    }
  }

  /** How things are, whenever the metrics are asked for. */
  watch(links: SwitchLinks, state: Omit<DaemonState, 'switches' | 'spans'>): void {
    if (this.metrics === undefined) return;
    this.#roundTrips.watch(links);
    const traces = this.#traces;
    addStateMetrics(this.metrics.registry, {
      ...state,
      switches: () =>
        links.all.map((link) => ({
          name: link.name,
          connected: link.state().connected,
          reconnects: link.reconnects,
          attachedCalls: link.attachedCalls,
          roundTripMs: this.#roundTrips.of(link),
        })),
      ...(traces === undefined ? {} : { spans: () => traces.counts() }),
    });
  }

  /** Spans that were not sent yet get a moment. */
  async close(): Promise<void> {
    this.#roundTrips.close();
    this.metrics?.close();
    await this.#traces?.close();
  }
}
