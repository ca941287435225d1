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
      description:
        'The same as `switchhook audit`: ways by which strangers reach outside lines, wide open lists, weak passwords. It may take seconds.',
      errors: [
        'no_such_switch',
        'audit_not_configured',
        'audit_unfinished',
        'switch_config_unreadable',
        'switch_config_invalid',
      ],
      requires: 'admin',
      query: z.strictObject({
        switch: z.string().max(64).optional().describe('May be left out while one switch is configured.'),
      }),
      response: auditSchema,
      handler: ({ query }) => switches.audit(query.switch),
    });
  };
}
