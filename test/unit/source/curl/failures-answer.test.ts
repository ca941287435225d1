import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { answers, failureOf, httpApp, tcpPeer } from './world.js';

describe('http_status', () => {
  it.each([201, 400, 401, 404, 500, 503])('is %i', async (status) => {
    const app = await httpApp((_request, response) => {
      response.statusCode = status;
      response.end('[{"application":"hangup"}]');
    });
    const { code, attempts } = await failureOf(app.origin);
    expect(code).toBe('http_status');
    expect(attempts[0]).toMatchObject({ status });
  });

  it('is a redirect, which is not followed, with its secrets masked', async () => {
    const app = await httpApp((_request, response) => {
      response.writeHead(301, { location: '/elsewhere?token=hush&x=1' }).end();
    });
    const { code, detail } = await failureOf(`${app.origin}/first`);
    expect(code).toBe('http_status');
    expect(detail).toBe('HTTP 301 to "/elsewhere?token=***&x=1"; redirects are not followed');
    expect(app.seen.map(({ url }) => url)).toEqual(['/first']);
  });

  it('is known even when the body of the error never ends', async () => {
    const app = await httpApp((_request, response) => {
      response.statusCode = 500;
      response.write('Internal');
    });
    expect((await failureOf(app.origin, { defaults: { try_timeout_ms: 300 } })).code).toBe('http_status');
  });

  it('is known even when the body of the error has no bounds', async () => {
    const app = await httpApp((_request, response) => {
      response.statusCode = 404;
      const pour = (): void => {
        while (response.write(Buffer.alloc(65_536)));
      };
      response.on('drain', pour);
      pour();
    });
    expect((await failureOf(app.origin)).code).toBe('http_status');
  });
});

describe('too_large', () => {
  it('is 100 MB, of which little is read', async () => {
    let written = 0;
    const app = await httpApp((_request, response) => {
      const pour = (): void => {
        while (written < 100_000_000) {
          written += 100_000;
          if (!response.write(Buffer.alloc(100_000, ' '))) return;
        }
        response.end();
      };
      response.on('drain', pour);
      pour();
    });
    const { code } = await failureOf(app.origin);
    expect(code).toBe('too_large');
    expect(written).toBeLessThan(20_000_000);
  });

  it('is a length that is announced', async () => {
    const peer = await tcpPeer((socket) =>
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n')),
    );
    const { code, detail } = await failureOf(peer.origin);
    expect(code).toBe('too_large');
    expect(detail).toBe('100000000 bytes announced, at most 65536 are allowed');
  });

  it('is more than 100 actions', async () => {
    const app = await httpApp(answers(new Array(101).fill({ application: 'answer' })));
    expect((await failureOf(app.origin)).code).toBe('too_large');
  });

  it('is headers without bounds', async () => {
    const peer = await tcpPeer((socket) =>
      socket.once('data', () => socket.write(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(40_000)}`)),
    );
    expect((await failureOf(peer.origin)).code).toBe('too_large');
  });
});

describe('not_json', () => {
  it.each([
    ['HTML', '<!DOCTYPE html><html></html>', 'looks like HTML or XML'],
    ['nothing', '', 'an empty answer'],
    ['half of it', '[{"application":"answer"', 'not a JSON text'],
  ])('is %s', async (_name, text, expected) => {
    const app = await httpApp(answers(text));
    const { code, detail } = await failureOf(app.origin);
    expect(code).toBe('not_json');
    expect(detail).toContain(expected);
  });

  it('is invalid UTF-8', async () => {
    const app = await httpApp((_request, response) =>
      response.end(
        Buffer.concat([
          Buffer.from('[{"application":"say","data":"'),
          Buffer.from([0xff]),
          Buffer.from('"}]'),
        ]),
      ),
    );
    expect(await failureOf(app.origin)).toMatchObject({ code: 'not_json', detail: 'not UTF-8' });
  });

  it('is a compressed answer, which is neither asked for nor unpacked', async () => {
    const app = await httpApp((request, response) => {
      expect(request.headers['accept-encoding']).toBe('identity');
      response.setHeader('content-encoding', 'gzip');
      response.end(gzipSync(Buffer.alloc(10_000_000, ' ')));
    });
    const { code, detail } = await failureOf(app.origin);
    expect(code).toBe('not_json');
    expect(detail).toContain('compressed');
  });

  it('is something that does not speak HTTP', async () => {
    const peer = await tcpPeer((socket) => socket.write('SSH-2.0-OpenSSH_9.6\r\n'));
    const { code, detail } = await failureOf(peer.origin);
    expect(code).toBe('not_json');
    expect(detail).toContain('not HTTP');
  });
});

describe('invalid_actions', () => {
  it.each([
    ['an object', '{"application":"answer"}'],
    ['nested nonsense', `${'['.repeat(30_000)}${']'.repeat(30_000)}`],
    ['an action without application', '[{"data":"x"}]'],
    ['a number as data', '[{"application":"sleep","data":1000}]'],
  ])('is %s', async (_name, text) => {
    const app = await httpApp(answers(text));
    expect((await failureOf(app.origin)).code).toBe('invalid_actions');
  });
});

describe('headers that come twice', () => {
  it.each([
    [
      '429',
      'Retry-After: 60\r\nRetry-After: 70',
      'HTTP 429, Retry-After 60 s; no time left for a further try',
    ],
    ['302', 'Location: /a\r\nLocation: /b', 'HTTP 302 to "/a"; redirects are not followed'],
    ['200', 'Content-Encoding: gzip\r\nContent-Encoding: br', 'the answer is compressed'],
  ])('are read as far as the first, with a %s', async (status, headers, expected) => {
    const peer = await tcpPeer((socket) =>
      socket.on('data', () =>
        socket.write(`HTTP/1.1 ${status} X\r\n${headers}\r\nContent-Length: 0\r\n\r\n`),
      ),
    );
    const { detail } = await failureOf(peer.origin, { defaults: { tries: 2 } });
    expect(detail).toContain(expected);
  });
});
