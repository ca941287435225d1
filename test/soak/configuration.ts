import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { CONTEXT } from '../bench/sip-profile.js';
import type { DaemonPlace } from './daemon.js';
import { FLOW } from './mix.js';

interface Around {
  /** Ports. */
  readonly app: number;
  readonly receiver: number;
  readonly eventSocket: number;
  readonly password: string;
}

export interface Configuration {
  /** @param turn another number, another configuration */
  write(place: DaemonPlace, turn: number): Promise<void>;
}

/** What both daemons have in common: flows, functions, and the folders of what must outlive them. */
export async function writeConfiguration(folder: string, around: Around): Promise<Configuration> {
  const stateKey = randomBytes(24).toString('hex');
  const flows = join(folder, 'flows');
  await mkdir(flows, { recursive: true });
  await writeFile(join(flows, 'soak.yaml'), FLOW);
  const functions = join(folder, 'functions.yaml');
  const url = `http://127.0.0.1:${around.app}/lookup`;
  await writeFile(functions, stringify({ functions: { lookup: { url, timeout_ms: 4000 } } }));
  return {
    write: (place, turn) =>
      writeFile(
        place.config,
        stringify({
          instance: `soak-${place.name}`,
          listen: { host: '127.0.0.1', port: place.socketPort },
          http: { host: '127.0.0.1', port: place.httpPort, rate_limit: { per_minute: 1_000_000 } },
          log: { level: 'warn' },
          // Clients of apps are made anew when this changes.
          app: { keep_alive_ms: 4000 + (turn % 2) },
          limits: { calls: 5000 },
          switches: {
            main: {
              host: '127.0.0.1',
              port: around.eventSocket,
              password: around.password,
              release: { extension: 'soak-back', context: CONTEXT },
            },
          },
          flows: { folder: flows, versions_folder: join(folder, 'versions'), state_key: stateKey },
          functions: { file: functions },
          records: { file: join(folder, 'records/contacts.jsonl'), rotate: { max_mb: 20, keep: 0 } },
          callbacks: {
            folder: join(folder, 'callbacks'),
            receivers: {
              soak: {
                url: `http://127.0.0.1:${around.receiver}/events`,
                events: ['call.answered', 'transfer.completed'],
                retry_max_delay_ms: 5000,
              },
            },
          },
        }),
      ),
  };
}
