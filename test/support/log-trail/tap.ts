/**
 * Runs before each file of tests: what loggers write and what audit logs are told goes onto the trail of the run, and so do
 * the secrets of every configuration that a daemon is started with or reads.
 */
import { vi } from 'vitest';
import type * as logModule from '../../../src/telemetry/log.js';
import type * as auditModule from '../../../src/telemetry/audit-log.js';
import type * as daemonModule from '../../../src/daemon.js';
import type * as accessModule from '../../../src/http/access.js';
import type * as configModule from '../../../src/config/load.js';
import type * as functionsModule from '../../../src/functions/functions-file.js';
import type { FunctionsFile } from '../../../src/functions/functions-file.js';
import type { LogDestination, LogOptions, Logger } from '../../../src/telemetry/log.js';
import type { AuditEntry } from '../../../src/telemetry/audit-log.js';
import type { AccessToken } from '../../../src/http/access.js';
import type { PlacedSecret } from './secrets.js';
import { trail } from './trail.js';

type Log = typeof logModule;
type Audit = typeof auditModule;
type Daemon = typeof daemonModule;
type Access = typeof accessModule;
type Load = typeof configModule;
type Functions = typeof functionsModule;

function note(secrets: readonly PlacedSecret[]): void {
  for (const { place, secret } of secrets) trail?.noteSecret(place, secret);
}

vi.mock('../../../src/telemetry/log.js', async (load) => {
  const original = await load<Log>();
  return {
    ...original,
    createLogger: (options: LogOptions, destination: LogDestination = process.stdout): Logger =>
      original.createLogger(options, {
        write(line) {
          trail?.note(line);
          return destination.write(line);
        },
      }),
  };
});

vi.mock('../../../src/telemetry/audit-log.js', async (load) => {
  const original = await load<Audit>();
  return {
    ...original,
    AuditLog: class extends original.AuditLog {
      override write(entry: AuditEntry): Promise<void> {
        trail?.note(`${JSON.stringify(entry)}\n`);
        return super.write(entry);
      }
    },
  };
});

vi.mock('../../../src/daemon.js', async (load) => {
  const original = await load<Daemon>();
  const { secretsOfConfig } = await import('./secrets.js');
  const startDaemon: Daemon['startDaemon'] = (config, options) => {
    note(secretsOfConfig(config));
    return original.startDaemon(config, options);
  };
  return { ...original, startDaemon };
});

vi.mock('../../../src/http/access.js', async (load) => {
  const original = await load<Access>();
  return {
    ...original,
    Access: class extends original.Access {
      override replace(tokens: readonly AccessToken[]): void {
        note(tokens.map(({ name, token }) => ({ place: `the token of ${name}`, secret: token })));
        super.replace(tokens);
      }
    },
  };
});

vi.mock('../../../src/config/load.js', async (load) => {
  const original = await load<Load>();
  const { secretsOfConfig } = await import('./secrets.js');
  const readConfig: Load['readConfig'] = (...parameters) => {
    const read = original.readConfig(...parameters);
    note(secretsOfConfig(read.config));
    return read;
  };
  return { ...original, readConfig };
});

vi.mock('../../../src/functions/functions-file.js', async (load) => {
  const original = await load<Functions>();
  const { secretsOfFunctions } = await import('./secrets.js');
  const noted = (file: FunctionsFile): FunctionsFile => {
    note(secretsOfFunctions({ functions: Object.fromEntries(file.functions) }));
    return file;
  };
  const readFunctionsFile: Functions['readFunctionsFile'] = (...parameters) =>
    noted(original.readFunctionsFile(...parameters));
  const parseFunctionsFile: Functions['parseFunctionsFile'] = (...parameters) =>
    noted(original.parseFunctionsFile(...parameters));
  return { ...original, readFunctionsFile, parseFunctionsFile };
});
