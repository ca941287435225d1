import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileUrl, fillUrl, isRefusal } from '../../../../src/source/curl/url-template.js';

function fill(template: string, values: Record<string, string> = {}): string {
  const compiled = compileUrl(template);
  if (isRefusal(compiled)) throw new Error(compiled.detail);
  const url = fillUrl(compiled, (name) => values[name]);
  return isRefusal(url) ? `refused: ${url.detail}` : url.href;
}

function refusal(template: string): string | undefined {
  const compiled = compileUrl(template);
  return isRefusal(compiled) ? compiled.code : undefined;
}

describe('placeholders', () => {
  it('are filled in, percent-encoded', () => {
    expect(
      fill('http://10.0.0.5/app?number={destination_number}', { destination_number: '+49 30/12&x=1#?' }),
    ).toBe('http://10.0.0.5/app?number=%2B49%2030%2F12%26x%3D1%23%3F');
  });

  it('may stand in the path, several times, side by side', () => {
    expect(fill('https://a.example/{a}/x{b}{a}?{c}={a}', { a: '1', b: 'ü', c: 'k' })).toBe(
      'https://a.example/1/x%C3%BC1?k=1',
    );
  });

  it('are empty when the call has no such value', () => {
    expect(fill('https://a.example/x?n={nobody}&m=1')).toBe('https://a.example/x?n=&m=1');
  });

  it('have doubled braces for literal ones', () => {
    expect(fill('https://a.example/x?f={{name}}&g={{{a}}}', { a: '1', name: 'no' })).toBe(
      'https://a.example/x?f={name}&g={1}',
    );
  });

  it('take unpaired surrogates without failing', () => {
    expect(fill('https://a.example/{a}', { a: 'x\uD800y' })).toBe('https://a.example/x%EF%BF%BDy');
  });

  it.each([
    'http://a.example/{',
    'http://a.example/}',
    'http://a.example/{}',
    'http://a.example/{a b}',
    'http://a.example/{{a}',
  ])('%s is refused', (template) => expect(refusal(template)).toBe('invalid_url'));
});

describe('the host', () => {
  it.each([
    'http://{host}/x',
    'http://a.{d}.example/x',
    'http://a.example:{port}/',
    'http://a.example{path}',
    'http://{{a}}/x',
    '{scheme}://a.example/',
    'http:{x}',
    'http:/{x}/y',
    'http:\\\\{x}/y',
    'http://a.example\\{x}',
    'http:///{x}/y',
    'http://a.example\t{x}/',
    ' http://a.example/',
    'http://a.exa\u0000mple/',
    '//a.example/{x}',
    'ftp://a.example/',
    'file:///etc/passwd',
    'gopher://a.example/',
    'javascript:alert(1)',
    'http://',
    'http://[::1/x',
    'http://a.example:99999/',
    'support',
  ])('of %j is not let in', (template) => expect(refusal(template)).toBe('invalid_url'));

  it.each([
    'http://user@a.example/',
    'http://user:password@a.example/',
    'http://@a.example/',
    'http://{u}@a.example/',
  ])('of %j has credentials before it', (template) => {
    const compiled = compileUrl(template);
    expect(isRefusal(compiled)).toBe(true);
    expect(JSON.stringify(compiled)).not.toContain('password@');
  });

  it('is never changed by what a call brings', () => {
    const templates = ['http://a.example/{x}', 'http://a.example/p/{x}/q?y={x}#{x}', 'http://a.example?{x}'];
    fc.assert(
      fc.property(fc.constantFrom(...templates), fc.string({ unit: 'binary' }), (template, value) => {
        const compiled = compileUrl(template);
        if (isRefusal(compiled)) throw new Error('template');
        const url = fillUrl(compiled, () => value);
        if (isRefusal(url)) return;
        expect(url.origin).toBe('http://a.example');
        expect(url.username).toBe('');
        expect(url.href.startsWith(compiled.literalPrefix)).toBe(true);
      }),
    );
  });
});

describe('the path', () => {
  it.each([
    ['https://a.example/app/{x}/secret', '..'],
    ['https://a.example/app/{x}/secret', '.'],
    ['https://a.example/app/{x}', '..'],
    ['https://a.example/app/.{x}', '.'],
    ['https://a.example/app/{x}.', '.'],
    ['https://a.example/app/%2e{x}', '.'],
    ['https://a.example/{x}{x}/secret', '.'],
  ])('%s with %j can not be climbed out of', (template, x) => {
    expect(fill(template, { x })).toContain('refused');
  });

  it('may have dots', () => {
    expect(fill('https://a.example/{x}/y', { x: '...' })).toBe('https://a.example/.../y');
    expect(fill('https://a.example/v1.{x}', { x: '..' })).toBe('https://a.example/v1...');
    expect(fill('https://a.example/x?file={x}', { x: '../..' })).toBe('https://a.example/x?file=..%2F..');
    expect(fill('https://a.example/b/../{x}', { x: 'c' })).toBe('https://a.example/c');
  });

  it('has an end', () => {
    expect(fill('https://a.example/{x}', { x: 'y'.repeat(9000) })).toContain('refused: the URL has');
  });
});

describe('the literal prefix', () => {
  it.each([
    ['HTTPS://A.Example:443/x/../y?a=1', 'https://a.example/y?a=1'],
    ['https://a.example/ivr/{x}?y={y}', 'https://a.example/ivr/'],
    ['https://a.example/ivr/../{x}', 'https://a.example/'],
    ['https://a.example?x={x}', 'https://a.example/?x='],
    ['http://0x7f000001/{x}', 'http://127.0.0.1/'],
  ])('of %s is %s', (template, expected) => {
    const compiled = compileUrl(template);
    expect('literalPrefix' in compiled && compiled.literalPrefix).toBe(expected);
  });
});
