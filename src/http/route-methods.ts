/** Which methods each path takes: tells "not with that method" from "not there". */
export class RouteMethods {
  readonly #routes: { readonly pattern: RegExp; readonly methods: readonly string[] }[] = [];

  /** @param url as routes are declared, `/v1/calls/:uuid` */
  add(url: string, method: string | readonly string[]): void {
    const parts = url.split('/').map((part) => (part.startsWith(':') ? '[^/]+' : escaped(part)));
    this.#routes.push({
      pattern: new RegExp(`^${parts.join('/')}$`),
      methods: typeof method === 'string' ? [method] : method,
    });
  }

  at(path: string): string[] {
    const methods = this.#routes.flatMap((route) => (route.pattern.test(path) ? route.methods : []));
    return [...new Set(methods)].sort();
  }
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
