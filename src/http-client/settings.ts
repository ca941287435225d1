import { z } from 'zod';

/** Marks a value that is never shown, and that may be written as `{env: NAME}` or `{file: path}`. */
export const secret = (schema: z.ZodString): z.ZodString => schema.meta({ secret: true });

/** A file of this machine; relative to the configuration file that names it. */
export const file = (description: string): z.ZodOptional<z.ZodString> =>
  z.string().min(1).meta({ path: true, description }).optional();

/** Set by the daemon on every request, or decided by HTTP itself. */
const OWN_HEADERS =
  /^(host|connection|keep-alive|proxy-connection|transfer-encoding|content-length|content-type|upgrade|te|trailer|expect|accept-encoding|traceparent|webhook-(id|timestamp|signature))$/i;

export const headerName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/, 'not the name of an HTTP header')
  .refine((value) => !OWN_HEADERS.test(value), { error: 'this header is set by switchhook itself' });

export const headerValue = z
  .string()
  .max(8192)
  .regex(/^[\t\x20-\x7e\x80-\xff]*$/, 'a header has no control characters and no characters beyond Latin-1');

export const signingSecret = z.string().refine((value) => isSigningSecret(value), {
  error: 'expected 24 to 64 random bytes in base64, with or without whsec_ before it',
});

export const signingSecrets = z
  .array(secret(signingSecret))
  .max(4)
  .default([])
  .describe('Sign by Standard Webhooks, with each of these (two of them while a secret is being replaced).');

function isSigningSecret(value: string): boolean {
  const text = value.replace(/^whsec_/, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text) || text.length % 4 !== 0) return false;
  const bytes = Buffer.from(text, 'base64').length;
  return bytes >= 24 && bytes <= 64;
}

/** A receiver of messages that the daemon sends by itself; each is one POST. */
export const webhookSettings = {
  url: z
    .string()
    .max(4096)
    .refine((text) => /^https?:\/\/[^/?#@\s\\]+([/?][^#\s\\]*)?$/i.test(text) && URL.canParse(text), {
      error: 'expected an absolute http(s) URL without user, password, fragment, blanks or backslashes',
    }),
  signing_secrets: signingSecrets,
  timeout_ms: z.int().min(1).max(60_000).default(5000).describe('For one try, with its connection.'),
  ca_file: file('Certificates (PEM) of those who may issue the certificate of the receiver.'),
  client_cert_file: file('Certificate (PEM) with which the daemon shows itself.'),
  client_key_file: file('Private key (PEM) of that certificate.'),
} as const;
