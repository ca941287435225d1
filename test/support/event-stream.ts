import { within } from './eventually.js';

export interface StreamedEvent {
  readonly event: string;
  readonly id: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A reader of `/v1/events`, as a client of its own making is. */
export class EventStream {
  readonly events: StreamedEvent[] = [];
  /** Resolves when the daemon has closed it. */
  readonly ended: Promise<void>;
  readonly #abort = new AbortController();
  readonly #waiting = new Set<() => void>();
  #rest = '';

  private constructor(body: ReadableStream<Uint8Array>) {
    this.ended = this.#read(body);
  }

  static async open(url: string, headers: Readonly<Record<string, string>> = {}): Promise<EventStream> {
    const response = await fetch(url, { headers });
    if (response.status !== 200 || response.body === null)
      throw new Error(`${response.status} ${await response.text()}`);
    return new EventStream(response.body as ReadableStream<Uint8Array>);
  }

  /** The first event of which this is true, come or to come. */
  first(what: string, matches: (event: StreamedEvent) => boolean): Promise<StreamedEvent> {
    const found = new Promise<StreamedEvent>((resolve) => {
      const look = (): void => {
        const one = this.events.find(matches);
        if (one === undefined) return;
        this.#waiting.delete(look);
        resolve(one);
      };
      this.#waiting.add(look);
      look();
    });
    return within(`the event ${what}`, found);
  }

  of(uuid: string): StreamedEvent[] {
    return this.events.filter(({ data }) => data['uuid'] === uuid);
  }

  close(): void {
    this.#abort.abort();
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    const reader = body.getReader();
    this.#abort.signal.addEventListener('abort', () => void reader.cancel());
    const decoder = new TextDecoder();
    for (;;) {
      const { done, value } = await reader.read().catch(() => ({ done: true, value: undefined }));
      if (done) return;
      this.#rest += decoder.decode(value, { stream: true });
      const blocks = this.#rest.split('\n\n');
      this.#rest = blocks.pop() ?? '';
      for (const block of blocks) this.#take(block);
      for (const look of this.#waiting) look();
    }
  }

  #take(block: string): void {
    const fields = new Map(
      block.split('\n').map((line): [string, string] => {
        const colon = line.indexOf(': ');
        return [line.slice(0, colon), line.slice(colon + 2)];
      }),
    );
    const [event, data] = [fields.get('event'), fields.get('data')];
    if (event === undefined || data === undefined) return;
    this.events.push({
      event,
      id: fields.get('id') ?? '',
      data: JSON.parse(data) as Record<string, unknown>,
    });
  }
}
