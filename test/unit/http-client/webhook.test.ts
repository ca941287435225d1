import { describe, expect, it, onTestFinished } from 'vitest';
import { WebhookSender } from '../../../src/http-client/webhook.js';
import { httpApp, oncePerConnection } from '../source/curl/world.js';
import type { Answer } from '../source/curl/world.js';

const EGRESS = { allowed_addresses: [], denied_addresses: [] };

function senderTo(url: string): WebhookSender {
  const receiver = { url, headers: {}, signing_secrets: [], timeout_ms: 2000, connections: 1 };
  const sender = new WebhookSender({ place: 'test', receiver, egress: EGRESS });
  onTestFinished(() => sender.close());
  return sender;
}

const ids = (seen: readonly { headers: Record<string, unknown> }[]): unknown[] =>
  seen.map(({ headers }) => headers['webhook-id']);

describe.each(['end', 'reset'] as const)('a kept connection that the receiver closes (%s)', (how) => {
  it('is not a failure of the receiver: the message is sent again, with its id', async () => {
    const app = await httpApp(oncePerConnection(how, (_request, response) => void response.end()));
    const sender = senderTo(app.origin);
    expect(await sender.send('first', '{}').result).toMatchObject({ kind: 'taken' });
    expect(await sender.send('second', '{}').result).toMatchObject({ kind: 'taken' });
    expect(ids(app.seen)).toEqual(['first', 'second', 'second']);
  });
});

describe('a receiver that answered before and is gone', () => {
  const dropsLater: Answer = (request, response, count) => {
    if (count === 1) response.end();
    else request.socket.end();
  };

  it('is one that does not answer, told by a new connection', async () => {
    const app = await httpApp(dropsLater);
    const sender = senderTo(app.origin);
    await sender.send('first', '{}').result;
    expect(await sender.send('second', '{}').result).toMatchObject({ kind: 'later', answered: false });
    expect(ids(app.seen)).toEqual(['first', 'second', 'second']);
  });
});
