import { z } from 'zod';

/** What is said of a value at which zod itself gives up. */
export const UNREADABLE = 'something in it has a "length" that is neither a text’s nor a list’s';

/**
 * What a schema makes of a value from outside, which may be anything. zod looks at the length of whatever has one
 * before it knows that it is a text or a list, and throws over `{"length": {"toString": ""}}` (checks.ts
 * $ZodCheckMaxLength).
 */
export function checked<T extends z.ZodType>(schema: T, value: unknown): z.ZodSafeParseResult<z.output<T>> {
  try {
    return schema.safeParse(value);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const refusal = new z.ZodError([]) as z.ZodError<z.output<T>>;
    refusal.issues.push({ code: 'custom', path: [], message: UNREADABLE, input: undefined });
    return { success: false, error: refusal };
  }
}
