import { z } from 'zod';

export const switchesSchema = z
  .array(
    z.object({
      name: z.string(),
      connected: z.boolean(),
      since: z.iso.datetime().describe('Since when it is connected, or is not.'),
      version: z.string().optional(),
      last_error: z.object({ code: z.string(), message: z.string() }).optional(),
    }),
  )
  .describe('The switches of the configuration, and how the daemon is connected to them.');
