import { z } from 'zod';
import { ownActions, policy, then, transferBodySchema } from './calls.js';

export const originateBodySchema = z
  .strictObject({
    to: z
      .string()
      .min(1)
      .max(4000)
      .describe(
        'Whom to call, as a dial string: `user/1000`, `sofia/gateway/carrier/4930123456`. The policy has to allow it.',
      ),
    policy,
    switch: z.string().optional().describe('Which switch calls; may be left out while one is configured.'),
    url: z
      .string()
      .min(1)
      .max(4000)
      .optional()
      .describe('Asked what to do with whoever answers: a URL, or the name of an endpoint.'),
    flow: z.string().min(1).max(200).optional().describe('The flow that he gets.'),
    actions: ownActions.optional().describe('What he gets; under the same policy.'),
    extension: transferBodySchema.optional().describe('The extension of the dialplan that he gets.'),
    timeout_s: z.int().min(1).max(300).default(60).describe('How long it may ring.'),
    caller_number: z
      .string()
      .min(1)
      .max(64)
      .optional()
      .describe('The number that is shown; `caller_id.numbers` of the policy.'),
    caller_name: z
      .string()
      .min(1)
      .max(64)
      .optional()
      .describe('The name that is shown; `caller_id.names` of the policy.'),
    then: then.optional(),
    wait: z
      .boolean()
      .default(true)
      .describe(
        'Answer when it is known what came of it, at the latest after 100 s. Otherwise at once, with `dialling`.',
      ),
  })
  .describe('One of `url`, `flow`, `actions` and `extension`.');

export const originationSchema = z
  .object({
    id: z.string().describe('For `GET /v1/originations/{id}`.'),
    switch: z.string().describe('The switch that calls.'),
    to: z.string().describe('Whom, as it was asked for.'),
    program: z.string().describe('What whoever answers gets; secrets masked.'),
    state: z
      .enum(['dialling', 'answered', 'failed', 'cancelled'])
      .describe('`answered`: somebody did, and gets what was asked for.'),
    uuid: z.string().optional().describe('The channel that answered: `GET /v1/calls/{uuid}`.'),
    cause: z.string().optional().describe("Why nobody did: FreeSWITCH's hangup cause."),
    error: z
      .object({ code: z.string(), detail: z.string() })
      .optional()
      .describe(
        'What went wrong otherwise. `switch_closed`, `switch_timeout`: what came of it is not known; it is not tried again.',
      ),
    started_at: z.iso.datetime().describe('When FreeSWITCH was told.'),
    ended_at: z.iso.datetime().optional().describe('When it was known what came of it.'),
  })
  .describe('A call that the daemon places.');
export type OriginationAnswer = z.infer<typeof originationSchema>;

export const originationsSchema = z.object({ originations: z.array(originationSchema) });
