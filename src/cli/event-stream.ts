import { AppError } from '../errors.js';

/** One event of a `text/event-stream`. */
export interface StreamEvent {
  readonly event: string;
  readonly id: string;
  readonly data: unknown;
}

/** What has no end is none of ours. */
const MAX_EVENT_CHARS = 4 * 1024 * 1024;

/**
 * Events as they come, with JSON in them; comments are passed over.
 * @throws AppError `daemon_protocol`
 */
export async function* eventsIn(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<StreamEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    if (rest.length > MAX_EVENT_CHARS) throw new AppError('daemon_protocol', 'an event without an end');
    for (const block of blocks) {
      const event = eventOf(block);
      if (event !== undefined) yield event;
    }
  }
}

function eventOf(block: string): StreamEvent | undefined {
  const fields: Record<string, string> = {};
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) fields[line.slice(0, colon)] = line.slice(colon + 1).replace(/^ /, '');
  }
  const { event = 'message', id = '', data } = fields;
  if (data === undefined) return undefined;
  try {
    return { event, id, data: JSON.parse(data) as unknown };
  } catch {
    throw new AppError('daemon_protocol', 'an event that is no JSON');
  }
}
