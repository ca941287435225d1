import type { Callbacks } from '../../callbacks/callbacks.js';
import type { DeadLetter } from '../../callbacks/dead-letters.js';
import type { DeliveryStatus } from '../../callbacks/delivery.js';
import type { ApiFeature } from '../api.js';
import {
  deadLetterParams,
  deadLetterQuery,
  deadLetterSchema,
  deadLettersSchema,
  receiversSchema,
  redeliverBody,
  redeliveredSchema,
} from '../contract/callbacks.js';
import type { DeadLettersAnswer, ReceiversAnswer } from '../contract/callbacks.js';

type CallbackService = Pick<Callbacks, 'status' | 'deadLetters' | 'deadLetter' | 'redeliver'>;

export function callbackRoutes(callbacks: CallbackService): ApiFeature {
  return (api) => {
    api.read({
      url: '/callbacks/receivers',
      summary: 'The receivers of callbacks, and how they take them.',
      description: 'What waits for each, and since when it fails.',
      requires: 'viewer',
      response: receiversSchema,
      handler: () => callbacks.status.map(receiverOf),
    });
    api.read({
      url: '/callbacks/dead-letters',
      summary: 'Events that were given up, the oldest first.',
      description:
        'Refused by the receiver, or older than `give_up_after_s`. They stay until they are redelivered or space runs out.',
      requires: 'viewer',
      query: deadLetterQuery,
      response: deadLettersSchema,
      handler: async ({ query }) => {
        const { receiver, uuid, type, limit, after } = query;
        const found = await callbacks.deadLetters({ receiver, callUuid: uuid, type }, limit, after);
        const last = found.length < limit ? undefined : found.at(-1)?.event.id;
        return { letters: found.map(letterOf), ...(last === undefined ? {} : { after: last }) };
      },
    });
    api.read({
      url: '/callbacks/dead-letters/:id',
      summary: 'One of them, with its body.',
      description: 'As it was sent; digits stand in it as they would in any event.',
      errors: ['no_such_dead_letter'],
      requires: 'operator',
      params: deadLetterParams,
      response: deadLetterSchema,
      handler: async ({ params }) => {
        const letter = await callbacks.deadLetter(params.id);
        return { ...letterOf(letter), event: { ...letter.event } };
      },
    });
    api.change({
      url: '/callbacks/dead-letters/redeliver',
      summary: 'Send events again that were given up.',
      description: 'Those that `ids` names, or all that a filter finds; they go behind what waits already.',
      errors: ['no_such_dead_letter', 'no_such_receiver'],
      requires: 'operator',
      body: redeliverBody,
      response: redeliveredSchema,
      action: 'callbacks.redeliver',
      target: ({ body: { ids, receiver, uuid, type } }) =>
        ids === undefined
          ? [receiver, uuid, type].filter((word) => word !== undefined).join(' ') || 'all'
          : ids.slice(0, 3).join(' ') + (ids.length > 3 ? ` and ${ids.length - 3} more` : ''),
      handler: async ({ body: { ids, receiver, uuid, type }, note }) => {
        const redelivered = await callbacks.redeliver(
          ids === undefined ? { receiver, callUuid: uuid, type } : { ids },
        );
        note(`${redelivered} events`);
        return { redelivered };
      },
    });
  };
}

function receiverOf(status: DeliveryStatus): ReceiversAnswer[number] {
  const { receiver, url, waiting, delivered, deadLetters, failingSince, lastError, nextTryAt } = status;
  return {
    name: receiver,
    url,
    waiting,
    delivered,
    dead_letters: deadLetters,
    ...(failingSince === undefined ? {} : { failing_since: new Date(failingSince).toISOString() }),
    ...(lastError === undefined ? {} : { last_error: lastError }),
    ...(nextTryAt === undefined ? {} : { next_try_at: new Date(nextTryAt).toISOString() }),
  };
}

function letterOf({
  to,
  event,
  reason,
  attempts,
  buried_at: at,
}: DeadLetter): DeadLettersAnswer['letters'][number] {
  return {
    id: event.id,
    receiver: to,
    type: event.type,
    sequence: event.sequence,
    uuid: event.call.uuid,
    call: event.call.id,
    timestamp: event.timestamp,
    given_up_at: at,
    attempts,
    reason,
  };
}
