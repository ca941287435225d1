import { describe, expect, it } from 'vitest';
import { crossCheck } from '../../../src/config/cross-check.js';
import { problemText } from '../../../src/config/problem.js';
import { redactConfig } from '../../../src/config/redact.js';
import { configSchema } from '../../../src/config/schema.js';

const TOKEN = 'a-token-of-24-characters';
const alice = { name: 'alice', role: 'operator', token: TOKEN };

function problems(http: unknown): string[] {
  return crossCheck({ http }).map(problemText);
}

describe('the tokens of the API', () => {
  it('are wanted as soon as others than this machine could ask', () => {
    for (const host of ['0.0.0.0', '::', '10.0.0.1', 'switchhook.example'])
      expect(problems({ host })).toEqual([
        `http.host: ${host} is not a loopback address: beyond this machine the API needs http.tokens`,
      ]);
    for (const host of ['127.0.0.1', 'localhost', '::1', '127.1.2.3']) expect(problems({ host })).toEqual([]);
    expect(problems({ host: '0.0.0.0', tokens: [alice] })).toEqual([]);
    expect(problems({ host: '0.0.0.0', tokens: [] })).toHaveLength(1);
  });

  it('are each of their own, and of a name of their own', () => {
    expect(problems({ tokens: [alice, alice] })).toEqual([
      "http.tokens[1].name: the same name as another entry's",
      "http.tokens[1].token: the same token as another entry's",
    ]);
    expect(problems({ tokens: [alice, { ...alice, name: 'bob', token: `${TOKEN}x` }] })).toEqual([]);
  });

  it.each([
    ['short', 'a-token-of-23-character'],
    ['with a blank', 'a token of 24 characters'],
    ['with a line break', 'a-token-of-24-character\n'],
    ['beyond ASCII', 'ä-token-of-24-characters'],
  ])('are not %s', (_what, token) => {
    expect(configSchema.safeParse({ http: { tokens: [{ ...alice, token }] } }).success).toBe(false);
  });

  it('are shown to nobody', () => {
    const shown = JSON.stringify(redactConfig(configSchema.parse({ http: { tokens: [alice] } })));
    expect(shown).toContain('alice');
    expect(shown).not.toContain(TOKEN);
  });
});
