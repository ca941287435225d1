import { z } from 'zod';

/** What an HTTP app is told of a call by `POST`; published as JSON Schema. Further keys may come with later versions. */
export const requestBodySchema = z
  .looseObject({
    uuid: z.string().min(1).describe('The channel.'),
    caller_id_number: z
      .string()
      .describe('Empty when the caller shows none. Told by the caller: it proves nothing.'),
    caller_id_name: z.string().describe('Told by the caller, too.'),
    destination_number: z.string().describe('What was dialled.'),
    context: z.string().describe('The context of the dialplan.'),
    variables: z
      .record(z.string(), z.string())
      .describe("Those of the endpoint's `variables` that the call has."),
    cti_error: z
      .string()
      .regex(/^[a-z_]+$/)
      .optional()
      .describe('Only at a `fallback_url`: the code of what went wrong before (docs/reference/errors.md).'),
  })
  .describe('The body of a request to an HTTP app whose endpoint has `method: POST`.');
