import { z } from 'zod';
import type { AuditReport } from '../../audit/finding.js';
import type { ApiFeature } from '../api.js';
import { auditSchema } from '../contract/audit.js';

/** Audits the configuration of a switch; without a name, of the only one. */
export interface SwitchAudit {
  audit(name: string | undefined): Promise<AuditReport>;
}

/** Weaknesses are told to administrators only. */
export function auditRoutes(switches: SwitchAudit): ApiFeature {
  return (api) => {
    api.read({
      url: '/audit',
      summary: "What is dangerous in the configuration of a switch on the daemon's own machine.",
      requires: 'admin',
      query: z.strictObject({ switch: z.string().max(64).optional() }),
      response: auditSchema,
      handler: ({ query }) => switches.audit(query.switch),
    });
  };
}
