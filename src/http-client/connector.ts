import type { LookupAddress, LookupOptions } from 'node:dns';
import { connect as connectTcp, isIP } from 'node:net';
import type { LookupFunction, Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ConnectionOptions, SecureContext } from 'node:tls';
import type { buildConnector } from 'undici';
import type { ErrorCode } from '../errors.js';

/** Resolves a host name; `dns.lookup` in the shape in which all addresses are asked for. */
export type ResolveHost = (
  hostname: string,
  options: LookupOptions & { all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** Why there is no connection, by the code that the call will see. */
export class ConnectFailure extends Error {
  readonly failure: ErrorCode;

  constructor(failure: ErrorCode, detail: string) {
    super(detail);
    this.name = 'ConnectFailure';
    this.failure = failure;
  }
}

export interface ConnectorOptions {
  readonly resolve: ResolveHost;
  /** @returns why the address may not be connected to, or undefined */
  readonly refusesAddress: (address: string) => string | undefined;
  /** For resolution, TCP and TLS together. */
  readonly timeoutMs: number;
  readonly secureContext: SecureContext | undefined;
}

type Stage = 'dns' | 'tcp' | 'tls';

const TCP_KEEP_ALIVE_DELAY_MS = 60_000;

/**
 * Makes the connections of one pool. Addresses are checked where they are used: what the resolver answers is
 * filtered on its way to `connect`, so that no second resolution can bring another address, and the peer's
 * address is looked at once more before anything is sent.
 */
export function guardedConnector(options: ConnectorOptions): buildConnector.connector {
  // Resumption saves most of a handshake; the latest ticket of the origin will do for any connection to it.
  let session: Buffer | undefined;

  return ({ hostname, protocol, port }, callback) => {
    const secure = protocol === 'https:';
    let stage: Stage = isIP(hostname) === 0 ? 'dns' : 'tcp';
    let settled = false;

    const target = {
      host: hostname,
      port: port === '' ? (secure ? 443 : 80) : Number(port),
      lookup: guardedLookup(options, () => {
        stage = 'tcp';
      }),
    };
    const socket: Socket = secure
      ? connectTls({ ...target, ...tlsOptions(hostname, options.secureContext, session) })
      : connectTcp(target);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, TCP_KEEP_ALIVE_DELAY_MS);

    const settle = (failure?: ConnectFailure): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      if (failure === undefined) {
        callback(null, socket);
      } else {
        socket.destroy();
        callback(failure, null);
      }
    };
    const late = (): void => settle(timeoutFailure(stage, options.timeoutMs));
    // Behind what has arrived: see Exchange.
    const timer = setTimeout(() => setImmediate(late), options.timeoutMs);

    // Stays for the life of the socket: an error before undici listens must not become an uncaught one.
    socket.on('error', (error) => settle(failureOf(error, stage)));
    socket.once('connect', () => {
      stage = 'tls';
      const { remoteAddress } = socket;
      // A peer that dropped the connection at once has no address any more (getpeername: ENOTCONN).
      if (remoteAddress === undefined) {
        settle(new ConnectFailure('connect_refused', 'dropped as soon as it was connected'));
        return;
      }
      const refusal = options.refusesAddress(remoteAddress);
      if (refusal !== undefined) settle(new ConnectFailure('egress_refused', refusal));
      else if (!secure) settle();
    });
    if (secure) {
      socket.once('secureConnect', () => settle());
      socket.on('session', (ticket: Buffer) => {
        session = ticket;
      });
    }
  };
}

function tlsOptions(
  hostname: string,
  secureContext: SecureContext | undefined,
  session: Buffer | undefined,
): ConnectionOptions {
  return {
    ALPNProtocols: ['http/1.1'],
    // Said out loud, so that NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment changes nothing.
    rejectUnauthorized: true,
    ...(isIP(hostname) === 0 && { servername: hostname.replace(/\.$/, '') }),
    ...(secureContext !== undefined && { secureContext }),
    ...(session !== undefined && { session }),
  };
}

function guardedLookup(options: ConnectorOptions, onResolved: () => void): LookupFunction {
  return (hostname, lookupOptions, callback) => {
    options.resolve(hostname, { ...lookupOptions, all: true }, (error, addresses) => {
      if (error !== null) {
        callback(new ConnectFailure('dns_failed', `${hostname}: ${error.code ?? error.message}`), []);
        return;
      }
      const refusals: string[] = [];
      const usable = addresses.filter(({ address }) => {
        const refusal = options.refusesAddress(address);
        if (refusal !== undefined) refusals.push(refusal);
        return refusal === undefined;
      });
      const [first] = usable;
      if (first === undefined) {
        const failure =
          refusals.length === 0
            ? new ConnectFailure('dns_failed', `${hostname} has no address`)
            : new ConnectFailure('egress_refused', `${hostname}: ${refusals.join('; ')}`);
        callback(failure, []);
        return;
      }
      onResolved();
      if (lookupOptions.all === true) callback(null, usable);
      else callback(null, first.address, first.family);
    });
  };
}

function timeoutFailure(stage: Stage, timeoutMs: number): ConnectFailure {
  if (stage === 'dns')
    return new ConnectFailure('dns_failed', `no answer of the resolver within ${timeoutMs} ms`);
  const where = stage === 'tls' ? 'TLS handshake not finished' : 'no connection';
  return new ConnectFailure('connect_timeout', `${where} within ${timeoutMs} ms`);
}

/** Codes of a peer that is there and drops us; on TLS connections too, where they say nothing about TLS. */
const DROPPED: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED']);

function failureOf(error: NodeJS.ErrnoException, stage: Stage): ConnectFailure {
  if (error instanceof ConnectFailure) return error;
  const code = error.code ?? '';
  const detail = describe(error);
  if (stage === 'tls' && !DROPPED.has(code)) return new ConnectFailure('tls_failed', detail);
  return new ConnectFailure(code === 'ETIMEDOUT' ? 'connect_timeout' : 'connect_refused', detail);
}

/** Several addresses were tried: each has its own error. */
function describe(error: NodeJS.ErrnoException): string {
  if (error instanceof AggregateError) {
    return error.errors
      .map((each: unknown) => (each instanceof Error ? each.message : String(each)))
      .join('; ');
  }
  return error.code === undefined || error.message.includes(error.code)
    ? error.message
    : `${error.code}: ${error.message}`;
}
