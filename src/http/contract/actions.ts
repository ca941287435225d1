import { z } from 'zod';

/** What a switch may say when it asks for actions; every other name is a value of the call. */
export const actionQuerySchema = z.looseObject({
  number: z.string().optional().describe('The number that was dialled (`destination_number`).'),
  caller: z.string().optional().describe("The caller's number (`caller_id_number`)."),
  uuid: z.string().optional().describe('The channel: a continuation is then good for this one alone.'),
  format: z
    .enum(['json', 'httapi', 'switchhook'])
    .optional()
    .describe(
      '`json`: the array of mod_cti. `httapi`: the XML of mod_httapi. `switchhook`: the array with `id`, `on_error` and `timeout_ms`.',
    ),
  key: z.string().optional().describe('One of `protection.tokens`, for those who can not send a header.'),
  token: z.string().optional().describe('The continuation. It stands in the URL with which a list ends.'),
});

export const actionParamsSchema = z.strictObject({
  entry: z.string().describe('One of `actions.entries` of the configuration.'),
});

export const actionBodySchema = z
  .looseObject({ variables: z.record(z.string(), z.string()).optional().describe('Channel variables.') })
  .describe('What switchhook posts to apps; or a form, as mod_httapi posts it.');

export const actionsSchema = z
  .array(z.object({ application: z.string(), data: z.string() }))
  .describe(
    'The list, and nothing but these two strings. With the header `X-Switchhook-Reason` these are the fallback actions, and that is why.',
  );
