import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { LookupAddress } from 'node:dns';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeCertificate } from './certificate.js';
import type { CertificateOptions } from './certificate.js';
import { answers, ask, clientWith, closedPort, httpApp, httpsApp, outcomeOf, tcpPeer } from './world.js';
import type { App } from './world.js';

const LIST = [{ application: 'answer' }];
const AUTHORITY = makeCertificate({ name: 'switchhook test authority', isAuthority: true });

function file(name: string, content: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'switchhook-curl-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** An app whose certificate the test authority issued, unless the options say otherwise. */
async function tlsApp(options: Partial<CertificateOptions> = {}): Promise<App> {
  const own = makeCertificate({ name: 'app', hosts: ['127.0.0.1'], issuer: AUTHORITY, ...options });
  return httpsApp({ cert: own.certPem, key: own.keyPem }, answers(LIST));
}

describe('TLS', () => {
  const trusting = (app: App) => ({
    endpoints: { app: { url: app.origin, ca_file: file('ca.pem', AUTHORITY.certPem) } },
  });

  it('is good with a certificate of the named authority', async () => {
    const app = await tlsApp();
    expect(outcomeOf((await ask(clientWith(trusting(app)), 'app')).answer)).toBe('ok');
  });

  it.each([
    ['nobody', {}, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', false],
    ['itself', { issuer: undefined }, 'DEPTH_ZERO_SELF_SIGNED_CERT', true],
    ['an authority, in the past', { notAfter: new Date(Date.now() - 1000) }, 'CERT_HAS_EXPIRED', true],
    [
      'an authority, in the future',
      { notBefore: new Date(Date.now() + 3_600_000) },
      'CERT_NOT_YET_VALID',
      true,
    ],
    [
      'an authority, for somebody else',
      { hosts: ['127.0.0.2', 'a.example'] },
      'ERR_TLS_CERT_ALTNAME_INVALID',
      true,
    ],
  ])('is refused with a certificate for which speaks %s', async (_who, options, reason, named) => {
    const app = await tlsApp(options as Partial<CertificateOptions>);
    const client = clientWith({ ...(named ? trusting(app) : {}), defaults: { tries: 3 } });
    const { answer, attempts } = await ask(client, named ? 'app' : app.origin);
    expect(answer).toMatchObject({ code: 'tls_failed' });
    expect(answer.kind === 'failed' && answer.detail).toContain(reason);
    expect(attempts).toHaveLength(1);
    expect(app.seen).toEqual([]);
  });

  it('can not be switched off from outside', async () => {
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    onTestFinished(() => {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    });
    const app = await tlsApp();
    expect(outcomeOf((await ask(clientWith(), app.origin)).answer)).toBe('tls_failed');
  });

  it('is refused by a peer that does not speak it, or breaks off', async () => {
    const plain = await httpApp(answers(LIST));
    const overTls = plain.origin.replace('http:', 'https:');
    expect(outcomeOf((await ask(clientWith(), overTls)).answer)).toBe('tls_failed');
    const garbage = await tcpPeer((socket) => socket.write(Buffer.alloc(100, 0x15)));
    expect(outcomeOf((await ask(clientWith(), garbage.origin.replace('http:', 'https:'))).answer)).toBe(
      'tls_failed',
    );
    const dropping = await tcpPeer((socket) => socket.once('data', () => socket.destroy()));
    expect(outcomeOf((await ask(clientWith(), dropping.origin.replace('http:', 'https:'))).answer)).toBe(
      'connect_refused',
    );
  });

  it('checks the name by which the app was asked', async () => {
    const app = await tlsApp({ hosts: ['app.test'] });
    const resolve = (
      _name: string,
      _options: object,
      callback: (e: null, a: LookupAddress[]) => void,
    ): void => callback(null, [{ address: '127.0.0.1', family: 4 }]);
    const settings = {
      endpoints: {
        app: {
          match: ['https://app.test', 'https://other.test'].map((origin) => `${origin}:${app.port}`),
          ca_file: file('ca.pem', AUTHORITY.certPem),
        },
      },
    };
    const client = clientWith(settings, { resolve });
    expect(outcomeOf((await ask(client, `https://app.test:${app.port}/`)).answer)).toBe('ok');
    expect(outcomeOf((await ask(client, `https://other.test:${app.port}/`)).answer)).toBe('tls_failed');
  });

  it('shows the client certificate of the endpoint', async () => {
    const server = makeCertificate({ name: 'app', hosts: ['127.0.0.1'], issuer: AUTHORITY });
    const own = makeCertificate({ name: 'switchhook', issuer: AUTHORITY });
    const app = await httpsApp(
      {
        cert: server.certPem,
        key: server.keyPem,
        ca: AUTHORITY.certPem,
        requestCert: true,
        rejectUnauthorized: true,
      },
      answers(LIST),
    );
    const ca_file = file('ca.pem', AUTHORITY.certPem);
    const client = clientWith({
      endpoints: {
        known: {
          url: app.origin,
          ca_file,
          client_cert_file: file('cert.pem', own.certPem),
          client_key_file: file('key.pem', own.keyPem),
        },
        unknown: { url: app.origin, ca_file },
      },
    });
    expect(outcomeOf((await ask(client, 'known')).answer)).toBe('ok');
    // In TLS 1.3 the refusal follows the handshake, and may come as an alert or as a closed connection.
    expect(['tls_failed', 'connect_refused']).toContain(outcomeOf((await ask(client, 'unknown')).answer));
    expect(app.seen).toHaveLength(1);
  });

  it.each([
    ['config_unreadable', () => ({ ca_file: '/nowhere/ca.pem' })],
    ['config_invalid', () => ({ ca_file: file('ca.pem', 'not a certificate') })],
    ['config_invalid', () => ({ client_cert_file: file('c.pem', AUTHORITY.certPem) })],
    [
      'config_invalid',
      () => ({
        client_cert_file: file('c.pem', AUTHORITY.certPem),
        client_key_file: file('k.pem', 'not a key'),
      }),
    ],
  ])('with files that are no good is %s', (code, settings) => {
    expect(() => clientWith({ endpoints: { app: { url: 'https://a.example', ...settings() } } })).toThrow(
      expect.objectContaining({ code }),
    );
  });
});

describe('connections', () => {
  it('are kept: many calls, few connections', async () => {
    const app = await tlsApp();
    const client = clientWith({
      defaults: { connections: 4 },
      endpoints: { app: { url: app.origin, ca_file: file('ca.pem', AUTHORITY.certPem) } },
    });
    for (let round = 0; round < 10; round += 1) {
      const asked = await Promise.all(Array.from({ length: 20 }, () => ask(client, 'app')));
      expect(asked.map(({ answer }) => outcomeOf(answer))).toEqual(new Array(20).fill('ok'));
    }
    expect(app.seen).toHaveLength(200);
    expect(new Set(app.seen.map(({ remotePort }) => remotePort)).size).toBeLessThanOrEqual(4);
  });

  it('are kept after an error answer', async () => {
    const app = await httpApp((_request, response) => response.writeHead(404).end('not here'));
    const client = clientWith();
    for (let round = 0; round < 20; round += 1) await ask(client, app.origin);
    // A connection is free again a turn of the event loop after its answer; a call that is quicker takes another.
    expect(new Set(app.seen.map(({ remotePort }) => remotePort)).size).toBeLessThanOrEqual(2);
  });

  it('are given up with a request that is not wanted any more, and the next one finds its way', async () => {
    const app = await httpApp((request, response, count) => {
      if (count > 1) answers(LIST)(request, response, count);
    });
    const client = clientWith({ defaults: { connections: 1, try_timeout_ms: 800 } });
    expect(outcomeOf((await ask(client, app.origin)).answer)).toBe('response_timeout');
    expect(outcomeOf((await ask(client, app.origin)).answer)).toBe('ok');
  });

  it('serve all who wait when one comes free', async () => {
    const app = await httpApp((request, response, count) => {
      setImmediate(() => answers(LIST)(request, response, count));
    });
    const client = clientWith({ defaults: { connections: 2 } });
    const asked = await Promise.all(Array.from({ length: 50 }, () => ask(client, app.origin)));
    expect(asked.every(({ answer }) => answer.kind === 'actions')).toBe(true);
  });

  it('that failed to come up leave nothing behind', async () => {
    const port = await closedPort();
    const client = clientWith({ defaults: { connections: 2, breaker: { failures: 10_000 } } });
    for (let round = 0; round < 5; round += 1) {
      const asked = await Promise.all(
        Array.from({ length: 10 }, () => ask(client, `http://127.0.0.1:${port}/`)),
      );
      expect(asked.map(({ answer }) => outcomeOf(answer))).toEqual(new Array(10).fill('connect_refused'));
    }
  });

  it('end with the client', async () => {
    const app = await httpApp(() => undefined);
    const client = clientWith();
    const asking = ask(client, app.origin);
    await expect.poll(() => app.seen.length).toBe(1);
    await client.close();
    expect(outcomeOf((await asking).answer)).toBe('connect_refused');
  });
});

type Resolve = (name: string, options: object, callback: (e: null, a: LookupAddress[]) => void) => void;

/** Every name has these addresses. */
function leadsTo(...addresses: LookupAddress[]): Resolve {
  return (_name, _options, callback) => callback(null, addresses);
}

describe('the address that is connected to', () => {
  it('is refused when the name leads there', async () => {
    const app = await httpApp(answers(LIST));
    const resolve = leadsTo(
      { address: '169.254.169.254', family: 4 },
      { address: '::ffff:169.254.169.254', family: 6 },
    );
    const { answer } = await ask(clientWith({}, { resolve }), `http://metadata.test:${app.port}/`);
    expect(answer).toMatchObject({ code: 'egress_refused' });
    expect(answer.kind === 'failed' && answer.detail).toContain('link-local');
  });

  it('is refused by the configuration, for names as for addresses', async () => {
    const app = await httpApp(answers(LIST));
    const client = clientWith({ egress: { denied_addresses: ['127.0.0.0/8', '::1'] } });
    expect(outcomeOf((await ask(client, `http://localhost:${app.port}/`)).answer)).toBe('egress_refused');
    expect(outcomeOf((await ask(client, app.origin)).answer)).toBe('egress_refused');
    expect(app.seen).toEqual([]);
  });

  it('is the one that was checked: only those of several that are allowed', async () => {
    const app = await httpApp(answers(LIST));
    const resolve = leadsTo({ address: '169.254.169.254', family: 4 }, { address: '127.0.0.1', family: 4 });
    const { answer } = await ask(clientWith({}, { resolve }), `http://app.test:${app.port}/`);
    expect(outcomeOf(answer)).toBe('ok');
  });

  it('is checked for every connection, so that a name can not change its mind', async () => {
    const app = await httpApp((_request, response) => {
      response.setHeader('connection', 'close');
      response.end('[]');
    });
    let asked = 0;
    const resolve = (
      _name: string,
      _options: object,
      callback: (e: null, a: LookupAddress[]) => void,
    ): void => {
      asked += 1;
      callback(null, [{ address: asked === 1 ? '127.0.0.1' : '169.254.169.254', family: 4 }]);
    };
    const client = clientWith({}, { resolve });
    const codes = [];
    for (let round = 0; round < 3; round += 1) {
      codes.push(outcomeOf((await ask(client, `http://app.test:${app.port}/`)).answer));
    }
    expect(codes).toEqual(['done', 'egress_refused', 'egress_refused']);
    // One resolution per connection: between the check and the connection there is none.
    expect(asked).toBe(3);
  });

  it('is told at the start when an endpoint can never be asked', () => {
    expect(() => clientWith({ endpoints: { app: { url: 'http://169.254.169.254/' } } })).toThrow(
      expect.objectContaining({ code: 'config_invalid' }),
    );
    expect(() =>
      clientWith({
        endpoints: { app: { url: 'https://a.example/', fallback_url: 'https://b.example' } },
        egress: { allowed_origins: ['https://a.example'] },
      }),
    ).toThrow(/endpoints\.app\.fallback_url: https:\/\/b\.example is not in egress\.allowed_origins/);
  });
});
