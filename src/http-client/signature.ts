import type { Webhook } from 'standardwebhooks';

/**
 * Standard Webhooks: adds id, timestamp and signatures to headers (names and values in turn). The timestamp is that
 * of the try, so that a late one is not taken for a replay; tries of one message keep its id.
 */
export function sign(headers: string[], signers: readonly Webhook[], messageId: string, body: string): void {
  const now = new Date();
  headers.push(
    'webhook-id',
    messageId,
    'webhook-timestamp',
    String(Math.floor(now.getTime() / 1000)),
    'webhook-signature',
    signers.map((signer) => signer.sign(messageId, now, body)).join(' '),
  );
}
