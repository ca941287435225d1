import type { FoundTrail } from './trail.js';

/**
 * Shorter ones are words that logs are full of (`suite`); no daemon that is not a test has such a secret, the schema asks
 * for more.
 */
const SHORTEST = 8;
/** So are those that a test has made of one letter. */
const FEWEST_LETTERS = 4;

export interface Leak {
  readonly place: string;
  /** The line in which it stands, with the secret taken out. */
  readonly line: string;
}

/** Every secret that stands in the logs: as it is, or as JSON, URLs and `Authorization: Basic` write it. */
export function leaksIn({ logs, secrets }: FoundTrail): Leak[] {
  return [...secrets].flatMap(([secret, place]) => {
    if (!isSearchable(secret)) return [];
    for (const form of formsOf(secret)) {
      for (const log of logs) {
        const at = log.indexOf(form);
        if (at !== -1) return [{ place, line: lineAt(log, at).replaceAll(form, '<SECRET>') }];
      }
    }
    return [];
  });
}

/** How many secrets of a trail can be looked for. */
export function searchable({ secrets }: FoundTrail): number {
  return [...secrets.keys()].filter(isSearchable).length;
}

function isSearchable(secret: string): boolean {
  return secret.length >= SHORTEST && new Set(secret).size >= FEWEST_LETTERS;
}

function formsOf(secret: string): string[] {
  const base64 = Buffer.from(secret).toString('base64').replace(/=+$/, '');
  // Behind `user:` it stands at another place of the three bytes that base64 takes together; the first characters differ.
  const shifted = [1, 2].map((by) =>
    Buffer.from(`${'x'.repeat(by)}${secret}`)
      .toString('base64')
      .replace(/=+$/, '')
      .slice(by + 1, -1),
  );
  const forms = [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    base64.slice(0, -1),
  ];
  return [...new Set([...forms, ...shifted])].filter((form) => form.length >= SHORTEST);
}

function lineAt(log: Buffer, at: number): string {
  const begin = log.lastIndexOf('\n', at) + 1;
  const end = log.indexOf('\n', at);
  return log.subarray(begin, end === -1 ? log.length : end).toString();
}
