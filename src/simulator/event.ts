import { NamedValues } from './variables.js';
import { urlEncode } from './text.js';

/** One event on its way to the listeners; byte strings throughout. */
export class SwitchEvent {
  readonly name: string;
  readonly subclass: string | undefined;
  readonly headers = new NamedValues();
  /** Headers that FreeSWITCH writes although they are empty, as `_undef_`. */
  private readonly empty: string[] = [];
  body: string | undefined;

  constructor(name: string, subclass?: string) {
    this.name = name;
    this.subclass = subclass;
    this.add('Event-Name', name);
    if (subclass !== undefined) this.add('Event-Subclass', subclass);
  }

  get(name: string): string | undefined {
    return this.headers.get(name);
  }

  /** An absent value adds nothing, an empty one is shown as `_undef_` (switch_event_serialize). */
  add(name: string, value: string | number | undefined): void {
    if (value === undefined) return;
    if (value === '') {
      this.headers.set(name, '_undef_');
      this.empty.push(name.toLowerCase());
      return;
    }
    this.headers.set(name, typeof value === 'number' ? String(value) : value);
  }

  /** switch_event_serialize: the block that follows the frame's own headers. */
  toPlain(): string {
    let out = '';
    for (const [name, value] of this.headers) out += `${name}: ${urlEncode(value)}\n`;
    if (this.body === undefined) return `${out}\n`;
    return `${out}Content-Length: ${this.body.length}\n\n${this.body}`;
  }

  /** switch_event_serialize_json: nothing is escaped but what JSON asks for; arrays are arrays. */
  toJson(): string {
    const fields: string[] = [];
    for (const [name, value] of this.headers) {
      if (this.empty.includes(name.toLowerCase())) fields.push(`${JSON.stringify(name)}:""`);
      else if (value.startsWith('ARRAY::')) {
        fields.push(`${JSON.stringify(name)}:${JSON.stringify(value.slice('ARRAY::'.length).split('|:'))}`);
      } else fields.push(`${JSON.stringify(name)}:${JSON.stringify(value)}`);
    }
    if (this.body !== undefined) {
      fields.push(`"Content-Length":"${this.body.length}"`, `"_body":${JSON.stringify(this.body)}`);
    }
    return `{${fields.join(',')}}`;
  }
}

/** Somebody who wants events; asked before an event is even built. */
export interface EventListener {
  wants(name: string): boolean;
  deliver(event: SwitchEvent): void;
}

export class EventBus {
  private readonly listeners = new Set<EventListener>();

  add(listener: EventListener): void {
    this.listeners.add(listener);
  }

  remove(listener: EventListener): void {
    this.listeners.delete(listener);
  }

  wanted(name: string): boolean {
    for (const listener of this.listeners) if (listener.wants(name)) return true;
    return false;
  }

  deliver(event: SwitchEvent): void {
    for (const listener of this.listeners) if (listener.wants(event.name)) listener.deliver(event);
  }
}
