import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { toAction } from '../../call/action-list.js';
import { originationAnswer } from '../../call/origination-view.js';
import type { Originator, OriginateRequest } from '../../call/originator.js';
import { AppError } from '../../errors.js';
import type { ApiFeature } from '../api.js';
import { SWITCH_FAILURES } from '../failures.js';
import { originateBodySchema, originationSchema, originationsSchema } from '../contract/originations.js';

const byId = z.strictObject({
  id: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,64}$/, 'expected an id')
    .describe('The `id` that `POST /v1/calls` answered.'),
});

/** Below what a connection may be quiet. */
const WAIT_MS = 100_000;

export function originationRoutes(
  calls: Pick<Originator, 'originate' | 'show' | 'list' | 'cancel'>,
  waitMs = WAIT_MS,
): ApiFeature {
  return (api) => {
    api.change({
      url: '/calls',
      summary: 'Call somebody, and connect whoever answers with a program or an extension.',
      errors: ['action_refused', 'invalid_url', 'no_such_flow', 'overloaded', ...SWITCH_FAILURES],
      description:
        'FreeSWITCH is told once: whatever becomes unknown on the way is said to be so and not repeated. A busy or absent callee is an answer (`state: failed` with the `cause`), not an error. Send an `Idempotency-Key`, so that a request whose answer was lost can be sent again.',
      requires: 'operator',
      body: originateBodySchema,
      response: originationSchema,
      action: 'call.originate',
      keyed: true,
      target: ({ body }) => `${body.to} policy ${body.policy}`,
      handler: async ({ body, identity, note }) => {
        const { origination, settled } = calls.originate(requestOf(body, identity.name));
        note(`${origination.id}: ${origination.program}`);
        if (!body.wait) return originationAnswer(origination);
        const timer = new AbortController();
        const late = pause(waitMs, undefined, { signal: timer.signal, ref: false }).catch(() => undefined);
        const result = (await Promise.race([settled, late])) ?? calls.show(origination.id);
        timer.abort();
        note([result.state, result.uuid, result.cause, result.error?.code].filter(Boolean).join(' '));
        return originationAnswer(result);
      },
    });
    api.read({
      url: '/originations',
      summary: 'The calls that are being placed, and the latest of those that were.',
      description:
        'The oldest first. Of those that are over, the latest 1000 are known until the daemon stops.',
      requires: 'viewer',
      response: originationsSchema,
      handler: () => ({ originations: calls.list().map(originationAnswer) }),
    });
    api.read({
      url: '/originations/:id',
      summary: 'What came of a call that was placed.',
      description: 'For those who did not wait for the answer of `POST /v1/calls`.',
      errors: ['no_such_origination'],
      requires: 'viewer',
      params: byId,
      response: originationSchema,
      handler: ({ params }) => originationAnswer(calls.show(params.id)),
    });
    api.change({
      url: '/originations/:id/cancel',
      summary: 'Stop the ringing. What was answered meanwhile is left alone.',
      description: 'To end a call that was answered, hang up its channel: `POST /v1/calls/{uuid}/hangup`.',
      errors: ['no_such_origination'],
      requires: 'operator',
      params: byId,
      response: originationSchema,
      action: 'call.cancel',
      target: ({ params }) => params.id,
      handler: async ({ params, note }) => {
        const cancelled = await calls.cancel(params.id);
        note(cancelled.state);
        return originationAnswer(cancelled);
      },
    });
  };
}

function requestOf(body: z.output<typeof originateBodySchema>, by: string): OriginateRequest {
  const { to, policy, timeout_s: timeoutSeconds, caller_number: number, caller_name: name, then } = body;
  return {
    to,
    policy,
    timeoutSeconds,
    run: runOf(body, by),
    ...(body.switch === undefined ? {} : { switch: body.switch }),
    ...(number === undefined ? {} : { callerNumber: number }),
    ...(name === undefined ? {} : { callerName: name }),
    ...(then === undefined ? {} : { then }),
  };
}

function runOf(
  { url, flow, actions, extension, policy }: z.output<typeof originateBodySchema>,
  by: string,
): OriginateRequest['run'] {
  const given = [url, flow, actions, extension].filter((one) => one !== undefined);
  if (given.length !== 1)
    throw new AppError('invalid_request', 'body: name one of url, flow, actions and extension');
  if (url !== undefined) return { kind: 'curl', target: url };
  if (flow !== undefined) return { kind: 'flow', target: flow };
  if (extension !== undefined) return { extension };
  return { actions: (actions ?? []).map(toAction), policy, by };
}
