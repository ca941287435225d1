import type { EgressRules } from '../../http-client/egress.js';
import { WebhookSender } from '../../http-client/webhook.js';
import type { TracesSettings } from '../settings.js';
import { CallTracer } from './call-tracer.js';
import { SpanExporter } from './exporter.js';
import type { ExporterLog } from './exporter.js';
import { otlpBody } from './otlp.js';

export interface TracesOptions {
  readonly settings: TracesSettings & { readonly endpoint: string };
  readonly egress: EgressRules;
  readonly version: string;
  readonly instance: string;
  readonly log: ExporterLog;
}

export interface Traces {
  readonly tracer: CallTracer;
  readonly counts: () => { readonly sent: number; readonly dropped: number };
  close(): Promise<void>;
}

/** How long a stopping daemon waits for the collector. */
const CLOSE_MS = 2000;

/**
 * Spans of calls, sent to a collector. This file and what it needs is only loaded when one is configured.
 * @throws AppError `config_invalid`, `config_unreadable`
 */
export function startTraces({ settings, egress, version, instance, log }: TracesOptions): Traces {
  const { endpoint: url, sample_ratio: ratio, ...rest } = settings;
  const sender = new WebhookSender({
    place: 'traces',
    receiver: { ...rest, url, signing_secrets: [], connections: 1 },
    egress,
  });
  const resource = {
    'service.name': 'switchhook',
    'service.version': version,
    'service.instance.id': instance,
  };
  const exporter = new SpanExporter({
    send: (id, body) => sender.send(id, body),
    encode: (spans) => otlpBody(resource, spans),
    log,
  });
  return {
    tracer: new CallTracer(exporter, ratio),
    counts: () => exporter.counts,
    async close() {
      await exporter.close(CLOSE_MS);
      await sender.close();
    },
  };
}
