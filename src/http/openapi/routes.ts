import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { documentationPage, STYLE } from './page.js';
import type { ApiDocument } from './page.js';

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/** Nothing may run, and nothing may be fetched. */
const POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** `/openapi.json`, and the page to read it: the same for every daemon of this version, so they need no token. */
export function documentationRoutes(app: FastifyInstance, _options: object, done: () => void): void {
  let page: string | undefined;
  app.get('/openapi.json', (_request, reply) =>
    reply.headers({ 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' }).send(app.swagger()),
  );
  app.get('/docs', (_request, reply) => {
    page ??= documentationPage(app.swagger() as unknown as ApiDocument);
    return reply
      .headers({
        'cache-control': 'no-cache',
        'content-security-policy': POLICY,
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
      })
      .type('text/html; charset=utf-8')
      .send(page);
  });
  done();
}
