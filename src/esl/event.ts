import { EslFrame } from './framing.js';
import { jsonObject } from './json-object.js';

const ARRAY_PREFIX = 'ARRAY::';

/**
 * The elements of a header that FreeSWITCH wrote as `ARRAY::a|:b` (switch_event.c: switch_event_add_array); any other
 * value is an array of one.
 */
export function parseArrayValue(value: string): string[] {
  return value.startsWith(ARRAY_PREFIX) ? value.slice(ARRAY_PREFIX.length).split('|:') : [value];
}

interface EventContent {
  readonly headers: { get(name: string): string | undefined };
  readonly body: string | undefined;
}

/** One event, from `text/event-plain` or `text/event-json`; which of the two it was cannot be told from it. */
export class EslEvent {
  readonly #content: EventContent;

  private constructor(content: EventContent) {
    this.#content = content;
  }

  /** Undefined when the message is no event, is XML, or its JSON cannot be read. */
  static fromFrame(frame: EslFrame): EslEvent | undefined {
    const content =
      frame.contentType === 'text/event-plain'
        ? readPlain(frame.body)
        : frame.contentType === 'text/event-json'
          ? readJson(frame.bodyText)
          : undefined;
    return content === undefined ? undefined : new EslEvent(content);
  }

  /** `CHANNEL_ANSWER`; `''` when the event has no name. */
  get name(): string {
    return this.get('Event-Name') ?? '';
  }

  /** The event's own body, decoded; undefined when it has none. */
  get body(): string | undefined {
    return this.#content.body;
  }

  /** The first header of that name, in any case, decoded. An array comes as `ARRAY::a|:b`: see `parseArrayValue`. */
  get(header: string): string | undefined {
    return this.#content.headers.get(header);
  }

  /** The channel variable, where the event carries the channel's variables. */
  variable(name: string): string | undefined {
    return this.get(`variable_${name}`);
  }
}

/** A plain event is a message within the message: URL-encoded headers and, with a Content-Length of its own, a body. */
function readPlain(bytes: Buffer): EventContent {
  const end = bytes.indexOf('\n\n');
  const headers = new EslFrame(end < 0 ? bytes : bytes.subarray(0, end));
  const length = Number(headers.raw('Content-Length') ?? 0);
  if (end < 0 || !Number.isSafeInteger(length) || length <= 0) return { headers, body: undefined };
  return { headers, body: bytes.toString('utf8', end + 2, end + 2 + length) };
}

/** switch_event.c: switch_event_serialize_json_obj: values as they are, arrays as arrays, the body as `_body`. */
function readJson(text: string): EventContent | undefined {
  const parsed = jsonObject(text);
  if (parsed === undefined) return undefined;
  const values = new Map<string, string>();
  for (const [name, value] of Object.entries(parsed)) {
    const key = name.toLowerCase();
    if (!values.has(key)) values.set(key, jsonValue(value));
  }
  const body = values.get('_body');
  values.delete('_body');
  return { headers: { get: (name) => values.get(name.toLowerCase()) }, body };
}

function jsonValue(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return ARRAY_PREFIX + value.map(jsonValue).join('|:');
  return JSON.stringify(value);
}
