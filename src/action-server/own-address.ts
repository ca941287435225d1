/** Under which name a client reaches this server: where it goes on stands in what it is given. */
export class OwnAddress {
  readonly #publicUrl: string | undefined;
  #lastHost: string | undefined;
  #lastBase = '';

  /** @param publicUrl where one is configured, it is the same for all clients */
  constructor(publicUrl: string | undefined) {
    this.#publicUrl = publicUrl?.replace(/(?<!\/)\/+$/, '');
  }

  /** Origin, and path of a public URL, without `/` at the end. @param host as the client named it */
  asNamedBy({ host }: { readonly host: string | undefined }): string {
    if (this.#publicUrl !== undefined) return this.#publicUrl;
    if (host !== undefined && host === this.#lastHost) return this.#lastBase;
    const base = `http://${host !== undefined && /^[A-Za-z0-9.:[\]-]{1,255}$/.test(host) ? host : '127.0.0.1'}`;
    this.#lastHost = host;
    this.#lastBase = base;
    return base;
  }
}
