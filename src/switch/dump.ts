import { jsonObject } from '../esl/json-object.js';

/** What describes a channel: an event, or a dump. */
export interface Headers {
  get(name: string): string | undefined;
}

/** What `uuid_dump <uuid> json` answered; undefined when there is no such channel. */
export function readDump(text: string): Headers | undefined {
  const parsed = jsonObject(text);
  if (parsed === undefined) return undefined;
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(parsed)) {
    if (typeof value === 'string') headers.set(name.toLowerCase(), value);
    else if (Array.isArray(value)) headers.set(name.toLowerCase(), `ARRAY::${value.map(String).join('|:')}`);
  }
  return { get: (name) => headers.get(name.toLowerCase()) };
}
