import { z } from 'zod';

const word = z.enum(['allow', 'deny']);
const line = z.int().describe('From 1.');

const entrySchema = z.object({
  type: word,
  kind: z.enum(['cidr', 'host', 'domain', 'nothing']),
  text: z.string().describe('As it is written.'),
  ports: z.string().optional(),
  file: z.string(),
  line,
});

const findingSchema = z.object({
  code: z.string(),
  severity: z.enum(['error', 'warning', 'info']),
  file: z.string(),
  line: line.optional(),
  list: z.string().optional(),
  message: z.string(),
  remedy: z.string(),
});

const listSchema = z.object({
  name: z.string(),
  default: word.describe('What addresses get that no entry is for.'),
  entries: z.int(),
  file: z.string().optional(),
  line: line.optional(),
  builtin: z.boolean().describe('FreeSWITCH makes it itself.'),
  replaced: z.boolean().describe('A later list of the same name takes its place.'),
  problems: z.int().describe('How many errors and warnings `check` has about it.'),
});

export const aclListsSchema = z.array(listSchema).describe('The access lists of a switch.');

export const aclListSchema = z
  .object({ list: listSchema, entries: z.array(entrySchema), findings: z.array(findingSchema) })
  .describe('One list with its entries in the order of the file; the longest prefix decides, not the order.');

export const aclEditSchema = z
  .object({
    file: z.string(),
    list: z.string(),
    changed: z.boolean().describe('Whether the file is another now.'),
    notes: z
      .array(
        z.object({ code: z.string(), severity: z.enum(['info', 'warning', 'danger']), text: z.string() }),
      )
      .describe('What the edit does, and does not do.'),
    diff: z.string().describe('The lines that differ.'),
    backup: z.string().optional().describe('Where the file as it was before is kept.'),
  })
  .describe('What was done to the file. FreeSWITCH reads it when it is applied.');

const testSchema = z.object({
  address: z.string(),
  port: z.int().optional(),
  list: z.string(),
  builtin: z.boolean(),
  answer: z.enum(['allow', 'deny', 'unknown']).describe('By the file as it is now.'),
  because: z.string(),
  entry: entrySchema.optional().describe('The entry that decides.'),
  outranked: z.array(entrySchema),
  freeswitch: word.optional().describe('What FreeSWITCH itself says.'),
  agrees: z.boolean().optional(),
});

export const aclTestSchema = z
  .object({ tests: z.array(testSchema), notes: z.array(z.string()) })
  .describe('What lists say of an address.');

export const aclCheckSchema = z
  .object({
    file: z.string(),
    findings: z.array(findingSchema),
    errors: z.int(),
    warnings: z.int(),
    notes: z.array(z.string()).describe('What could not be looked at.'),
  })
  .describe('What FreeSWITCH would silently skip or misread.');

export const aclApplySchema = z
  .object({
    file: z.string(),
    answer: z.string().describe('What FreeSWITCH said.'),
    compared: z.int().describe('How many of its answers were compared with what the file says.'),
    differences: z.array(testSchema),
  })
  .describe('FreeSWITCH has read the lists.');

const switchName = z.string().max(64).optional().describe('May be left out while one switch is configured.');

export const aclSwitchQuerySchema = z.strictObject({ switch: switchName });

export const aclListParamsSchema = z.strictObject({
  list: z.string().min(1).max(500).describe('The name of the list.'),
});

export const aclTestQuerySchema = z.strictObject({
  ip: z.string().max(100).describe('The address.'),
  list: z.string().min(1).max(500).optional().describe('One list, or networks; without it, every list.'),
  port: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(0)
    .describe('As for a SIP profile with use-port-for-acl-check.'),
  switch: switchName,
});

const cidr = z
  .string()
  .min(1)
  .max(2000)
  .describe('An address or network; to remove, also an entry as it is written.');

export const aclAddSchema = z.strictObject({
  cidr,
  type: word.default('allow').describe('What the entry does.'),
  comment: z.string().max(500).optional().describe('A comment beside the entry.'),
  ports: z.string().max(100).optional().describe('5060, 5060,5080 or 5060-5070.'),
  create: word.optional().describe('Make the list with this default when there is none of that name.'),
  force: z.boolean().default(false).describe('Also when it opens the list to the world.'),
  dry_run: z.boolean().default(false).describe('Say what would be done, and do nothing.'),
  switch: switchName,
});

export const aclRemoveQuerySchema = z.strictObject({
  cidr,
  dry_run: z.enum(['true', 'false']).default('false').describe('Say what would be done, and do nothing.'),
  switch: switchName,
});

export const aclApplyRequestSchema = z.strictObject({ switch: switchName });

export type AclListsAnswer = z.output<typeof aclListsSchema>;
export type AclListAnswer = z.output<typeof aclListSchema>;
export type AclEditAnswer = z.output<typeof aclEditSchema>;
export type AclTestAnswer = z.output<typeof aclTestSchema>;
export type AclCheckAnswer = z.output<typeof aclCheckSchema>;
export type AclApplyAnswer = z.output<typeof aclApplySchema>;
