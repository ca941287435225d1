import { createHash, timingSafeEqual } from 'node:crypto';
import { BlockList, isIP } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { AppError } from '../errors.js';
import { RateLimit } from './rate-limit.js';
import type { ProtectionSettings } from './settings.js';

/** What is known of a request before anything of it is believed. */
export interface Incoming {
  readonly remoteAddress: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** As it came; '' where there was none. */
  readonly body: string;
}

/** How far a clock may be off, and how long a signed request is good (Standard Webhooks recommends five minutes). */
const TOLERANCE_S = 300;

/** Who may ask an entry. */
export class Protection {
  /** There is nothing to look at. */
  readonly isOpen: boolean;
  readonly #digests: readonly Buffer[];
  readonly #addresses: BlockList | undefined;
  readonly #signers: readonly Webhook[];
  readonly #callers: RateLimit | undefined;
  readonly #sources: RateLimit | undefined;
  readonly #now: () => number;

  constructor(settings: ProtectionSettings, now: () => number) {
    const { tokens, addresses, signing_secrets: secrets, rate_limit: rates } = settings;
    this.#digests = tokens.map(digestOf);
    this.#addresses = addresses.length === 0 ? undefined : blockListOf(addresses);
    this.#signers = secrets.map((secret) => new Webhook(secret));
    const limit = (perMinute: number | undefined) =>
      perMinute === undefined ? undefined : new RateLimit(perMinute, now);
    this.#callers = limit(rates.per_caller_per_minute);
    this.#sources = limit(rates.per_source_per_minute);
    this.#now = now;
    const parts = [this.#addresses, this.#callers, this.#sources, this.#digests[0], this.#signers[0]];
    this.isOpen = parts.every((part) => part === undefined);
  }

  /**
   * @param key `key` of the URL
   * @param continues it carries a continuation token: whoever has a good one was let in before, and a wrong one only
   *   leads to the fallback actions
   * @returns why the request is refused
   */
  refusal(request: Incoming, key: string | undefined, continues: boolean): AppError | undefined {
    const address = request.remoteAddress.replace(/^::ffff:(?=\d+\.)/i, '');
    if (this.#addresses !== undefined) {
      const family = isIP(address);
      if (family === 0 || !this.#addresses.check(address, family === 6 ? 'ipv6' : 'ipv4'))
        return new AppError('address_refused', address);
    }
    const waitS = this.#sources?.take(address) ?? 0;
    if (waitS > 0) return new AppError('rate_limited', `again in ${waitS} s`);
    if (this.#digests.length > 0 && !continues && !this.#isKnown(request, key))
      return new AppError(
        'unauthorized',
        'None of protection.tokens of the entry, neither as a bearer token nor as key=<token>.',
      );
    if (this.#signers.length > 0) {
      const fault = this.#signatureFault(request);
      if (fault !== undefined) return new AppError('signature_invalid', fault);
    }
    return undefined;
  }

  /** False: that caller has begun too often. */
  admits(callerNumber: string): boolean {
    return callerNumber === '' || (this.#callers?.take(callerNumber) ?? 0) === 0;
  }

  #isKnown({ headers }: Incoming, key: string | undefined): boolean {
    const { authorization } = headers;
    const [, bearer] =
      /^Bearer +(\S+) *$/i.exec(typeof authorization === 'string' ? authorization : '') ?? [];
    const given = bearer ?? key;
    if (given === undefined) return false;
    const digest = digestOf(given);
    let found = false;
    // All of them are compared, whichever it is: the time taken tells nothing.
    for (const known of this.#digests) if (timingSafeEqual(known, digest)) found = true;
    return found;
  }

  #signatureFault({ headers, body }: Incoming): string | undefined {
    const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map(
      (name) => {
        const value = headers[name];
        return typeof value === 'string' ? value : '';
      },
    );
    if (id === undefined || id === '' || timestamp === undefined || !signatures) return 'not signed';
    if (!/^\d{1,12}$/.test(timestamp)) return 'webhook-timestamp is not a time';
    const sentS = Number(timestamp);
    if (Math.abs(this.#now() / 1000 - sentS) > TOLERANCE_S) return 'webhook-timestamp is too far from now';
    const given = signatures.split(' ').slice(0, 16).map(digestOf);
    const good = this.#signers.map((signer) => digestOf(signer.sign(id, new Date(sentS * 1000), body)));
    return good.some((one) => given.some((other) => timingSafeEqual(one, other)))
      ? undefined
      : 'no signature is right';
  }
}

/** Digests have one length, and comparing them in constant time says nothing about what they are of. */
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function blockListOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}
