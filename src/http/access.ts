import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { BlockList, isIPv6 } from 'node:net';
import { AppError } from '../errors.js';
import type { Role } from './role.js';

export interface AccessToken {
  readonly name: string;
  readonly role: Role;
  readonly token: string;
}

/** Who asks. */
export interface Identity {
  /** The name of the token; `local` when none is configured. */
  readonly name: string;
  readonly role: Role;
}

/** What is known of a request before anything of it is believed. */
export interface Caller {
  readonly remoteAddress: string | undefined;
  readonly headers: IncomingMessage['headers'];
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

const LOOPBACK_HOST = /^(localhost|127(?:\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;

/** Tells who sends a request, by its bearer token. */
export class Access {
  #known: readonly { readonly identity: Identity; readonly digest: Buffer }[] = [];

  /** @param tokens none: everybody on this machine is `local`, with the role `admin` */
  constructor(tokens: readonly AccessToken[]) {
    this.replace(tokens);
  }

  /** From the next request on these count. */
  replace(tokens: readonly AccessToken[]): void {
    this.#known = tokens.map(({ name, role, token }) => ({
      identity: { name, role },
      digest: digestOf(token),
    }));
  }

  /** @returns who it is, or why it is nobody: an AppError `unauthorized` or `not_local` */
  identify(caller: Caller): Identity | AppError {
    if (this.#known.length === 0) return localIdentity(caller);
    const { authorization } = caller.headers;
    if (authorization === undefined) return new AppError('unauthorized');
    const [, token] = /^Bearer +([\x21-\x7e]+) *$/i.exec(authorization) ?? [];
    if (token === undefined)
      return new AppError('unauthorized', 'The Authorization header is not "Bearer <token>".');
    const digest = digestOf(token);
    let found: Identity | undefined;
    // All of them are compared, whichever it is: the time taken tells nothing.
    for (const known of this.#known) if (timingSafeEqual(known.digest, digest)) found = known.identity;
    return found ?? new AppError('unauthorized');
  }
}

/** Digests have one length, and comparing them in constant time says nothing about the token. */
function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/**
 * Without tokens the address is the only proof, and a browser on this machine would lend it to any web page: so the
 * Host must be a loopback name (a page can make its own name resolve to 127.0.0.1), and requests of foreign origins
 * are refused.
 */
function localIdentity({ remoteAddress, headers }: Caller): Identity | AppError {
  if (remoteAddress === undefined || !isLoopback(remoteAddress)) return new AppError('not_local');
  const host = headers.host ?? '';
  if (!LOOPBACK_HOST.test(host)) return new AppError('not_local', 'The Host header is not a loopback name.');
  const forwarded = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'].find(
    (name) => headers[name] !== undefined,
  );
  if (forwarded !== undefined) return new AppError('not_local', `It came through a proxy (${forwarded}).`);
  const { origin } = headers;
  const site = headers['sec-fetch-site'];
  const foreignOrigin = origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`;
  const foreignSite = site !== undefined && site !== 'same-origin' && site !== 'none';
  if (foreignOrigin || foreignSite) return new AppError('not_local', 'A web page of another origin sent it.');
  return { name: 'local', role: 'admin' };
}

function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  return LOOPBACK.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
}
