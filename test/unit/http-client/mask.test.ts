import { describe, expect, it } from 'vitest';
import { maskUrl } from '../../../src/http-client/mask.js';

const NONE: ReadonlySet<string> = new Set();

describe('a URL as it is shown', () => {
  it.each([
    'token',
    'TOKEN',
    'access_token',
    'refresh_token',
    'key',
    'api_key',
    'apikey',
    'api-key',
    'password',
    'passwd',
    'pwd',
    'secret',
    'client_secret',
    'signature',
    'X-Amz-Signature',
    'sig',
    'auth',
    'user[password]',
    '%74oken',
    'digits',
    'pin',
  ])('hides %s', (name) => {
    const shown = maskUrl(`https://a.example/x?n=1&${name}=hush&m=2`, NONE);
    expect(shown).toBe(`https://a.example/x?n=1&${name}=***&m=2`);
  });

  it.each(['number', 'keyboard', 'monkey', 'region', 'destination_number', 'passenger', 'tokens_used_up'])(
    'shows %s',
    (name) => expect(maskUrl(`https://a.example/x?${name}=5`, NONE)).toBe(`https://a.example/x?${name}=5`),
  );

  it('hides what the endpoint says', () => {
    expect(maskUrl('https://a.example/?Customer=7&x=1', new Set(['customer']))).toBe(
      'https://a.example/?Customer=***&x=1',
    );
  });

  it('hides users, passwords and fragments', () => {
    expect(maskUrl('https://u:p@a.example/x#token', NONE)).toBe('https://***@a.example/x');
  });

  it('shows digits when that is asked for', () => {
    expect(maskUrl('https://a.example/?digits=1&token=2', NONE, true)).toBe(
      'https://a.example/?digits=1&token=***',
    );
  });

  it('leaves what has no value, and does not fail on broken escapes', () => {
    expect(maskUrl('https://a.example/?token&key=&%zz=1&', NONE)).toBe(
      'https://a.example/?token&key=&%zz=1&',
    );
  });
});
