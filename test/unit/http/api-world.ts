import { mkdtempSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { Access } from '../../../src/http/access.js';
import type { ApiFeature } from '../../../src/http/api.js';
import { createHttpApp } from '../../../src/http/app.js';
import type { Role } from '../../../src/http/role.js';
import { AuditLog } from '../../../src/telemetry/audit-log.js';
import type { AuditEntry } from '../../../src/telemetry/audit-log.js';
import { createLogger } from '../../../src/telemetry/log.js';

export const TOKENS: Readonly<Record<Role, string>> = {
  viewer: 'viewer-token-0123456789abcdef',
  operator: 'operator-token-0123456789abcdef',
  admin: 'admin-token-0123456789abcdef',
};

export interface ApiUnderTest {
  readonly inject: FastifyInstance['inject'];
  readonly listen: () => Promise<string>;
  /** Headers with the token of that role; the tokens are named like their roles. */
  readonly as: (role: Role) => Record<string, string>;
  readonly audit: () => Promise<(AuditEntry & { time: string })[]>;
  /** What the log was told. */
  readonly log: string[];
  readonly close: () => Promise<void>;
}

/** The API with these features. */
export function apiWith(
  features: readonly ApiFeature[],
  options: { readonly tokens?: boolean; readonly perMinute?: number; readonly auditFile?: string } = {},
): ApiUnderTest {
  const folder = mkdtempSync(join(tmpdir(), 'switchhook-api-'));
  const file = options.auditFile ?? join(folder, 'audit.jsonl');
  const lines: string[] = [];
  const log = createLogger({ level: 'info', format: 'json' }, { write: (line) => lines.push(line) });
  const tokens = Object.entries(TOKENS).map(([role, token]) => ({ name: role, role: role as Role, token }));
  const app = createHttpApp({
    health: () => ({ state: 'ok', calls: 0, reasons: [] }),
    api: {
      access: new Access(options.tokens === false ? [] : tokens),
      auditLog: new AuditLog(log, file),
      log,
      requestsPerMinute: options.perMinute ?? 10_000,
      features,
    },
  });
  return {
    inject: app.inject.bind<FastifyInstance['inject']>(app),
    listen: () => app.listen({ host: '127.0.0.1', port: 0 }),
    as: (role) => ({ authorization: `Bearer ${TOKENS[role]}` }),
    async audit() {
      const text = await readFile(file, 'utf8').catch(() => '');
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as AuditEntry & { time: string });
    },
    log: lines,
    async close() {
      await app.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
