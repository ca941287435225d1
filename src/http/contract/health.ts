import { z } from 'zod';

export const healthSchema = z
  .object({
    status: z
      .enum(['ok', 'degraded', 'draining', 'down'])
      .describe(
        '`degraded`: takes calls, but something needs a look. `draining`: finishes its calls and takes no more.',
      ),
    calls: z.number().describe('Calls under control now.'),
    reasons: z.array(z.string()).describe('Why it is not `ok`; for people.'),
  })
  .describe('How the daemon is.');
