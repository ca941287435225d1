import type { z } from 'zod';
import { AppError } from '../../errors.js';
import type { EventFilter } from '../../events/event.js';
import type { Readers } from '../../events/readers.js';
import type { ApiFeature } from '../api.js';
import { eventFilterSchema, lastEventIdHeader, typesOf } from '../contract/events.js';

const DESCRIPTION = `Server-sent events (\`text/event-stream\`), of all calls or of those that are chosen by the query.

The first event is \`hello\`; \`missed: true\` in it says that not everything after \`Last-Event-ID\` is still there, or that the daemon was started anew: ask for \`/v1/calls\` once. The data of every other event is JSON with \`id\`, \`type\`, \`at\` and, for calls, \`uuid\`; the rest is what \`GET /v1/calls/{uuid}\` shows in the trace. A comment comes every 15 seconds when there is nothing else. Whoever is cut off is told so by an event \`end\`, with the \`reason\` \`too_slow\`, \`not_allowed\` or \`stopping\`.`;

/** @param most how many may read at a time */
export function eventRoutes(readers: Readers, most: () => number): ApiFeature {
  return (api) => {
    api.stream({
      url: '/events',
      summary: 'What happens on calls and switches, as it happens.',
      errors: ['too_many_readers'],
      description: DESCRIPTION,
      requires: 'viewer',
      query: eventFilterSchema,
      headers: lastEventIdHeader,
      contentType: 'text/event-stream',
      handler: ({ query, headers, response, isAllowed }) => {
        if (readers.size >= most()) throw new AppError('too_many_readers', `${readers.size} read already`);
        const sent = headers['last-event-id'];
        const lastEventId = typeof sent === 'string' && sent !== '' ? sent : query.last_event_id;
        // Without a length and without chunks: the end of the connection is the end of the events.
        response.removeHeader('transfer-encoding');
        response.writeHead(200, {
          'content-type': 'text/event-stream; charset=utf-8',
          'cache-control': 'no-store',
          'x-content-type-options': 'nosniff',
          // nginx gathers what it passes on otherwise.
          'x-accel-buffering': 'no',
          connection: 'close',
        });
        readers.add(response, {
          filter: filterOf(query),
          isAllowed,
          ...(lastEventId === undefined ? {} : { lastEventId }),
        });
      },
    });
  };
}

function filterOf({
  types,
  uuid,
  program,
  number,
  ...rest
}: z.output<typeof eventFilterSchema>): EventFilter {
  return {
    ...(types === undefined ? {} : { types: new Set(types.split(',').flatMap(typesOf)) }),
    ...(uuid === undefined ? {} : { uuid }),
    ...(program === undefined ? {} : { program }),
    ...(number === undefined ? {} : { number }),
    ...(rest.switch === undefined ? {} : { switch: rest.switch }),
  };
}
