import { describe, expect, it } from 'vitest';
import { backoffMs, isOutage, isRetried, retryAfterMs } from '../../../src/http-client/retry.js';

describe('Retry-After', () => {
  const now = Date.parse('Wed, 21 Oct 2026 07:28:00 GMT');

  it.each([
    ['0', 0],
    ['120', 120_000],
    [' 7 ', 7000],
    ['Wed, 21 Oct 2026 07:28:30 GMT', 30_000],
    ['Wednesday, 21-Oct-26 07:28:05 GMT', 5000],
    ['Wed Oct 21 07:28:09 2026 GMT', 9000],
    ['Wed, 21 Oct 2015 07:28:00 GMT', 0],
    [undefined, undefined],
    ['', undefined],
    ['soon', undefined],
    ['-5', undefined],
    ['1.5', undefined],
    ['5 seconds', undefined],
  ])('%j', (header, expected) => expect(retryAfterMs(header, now)).toBe(expected));
});

describe('the pause between tries', () => {
  it('doubles and has a random part', () => {
    expect(backoffMs(1, 100, 0)).toBe(100);
    expect(backoffMs(1, 100, 1)).toBe(50);
    expect(backoffMs(3, 100, 0)).toBe(400);
    expect(backoffMs(3, 100, 0.5)).toBe(300);
  });
});

describe('what is asked again', () => {
  it.each(['dns_failed', 'connect_refused', 'connect_timeout', 'response_timeout'] as const)('%s', (code) => {
    expect(isRetried(code, undefined)).toBe(true);
    expect(isOutage(code, undefined)).toBe(true);
  });

  it.each(['tls_failed', 'not_json', 'invalid_actions', 'too_large', 'egress_refused', 'call_gone'] as const)(
    'not %s',
    (code) => expect(isRetried(code, 200)).toBe(false),
  );

  it('depends on the status', () => {
    expect(
      [200, 301, 400, 404, 429, 500, 502, 503, 504].filter((status) => isRetried('http_status', status)),
    ).toEqual([429, 500, 502, 503, 504]);
    expect(isOutage('http_status', 429)).toBe(false);
    expect(isOutage('http_status', 500)).toBe(true);
  });
});
