import type { ChannelData } from '../switch/channel.js';
import { KnownCall } from '../call/call-view.js';

/** What a request tells of its call: form fields and query, by name. */
export type Parameters = Readonly<Record<string, string>>;

const NAME = /^[A-Za-z0-9_.:-]{1,128}$/;
const MOST_VALUE_LENGTH = 1000;
/** What is kept of a call from one segment to the next: it travels in the URL. */
const MOST_KEPT = 40;
const MOST_KEPT_LENGTH = 3000;

/** Names that mean something to this server, or to mod_httapi, and nothing of the call. */
const OWN: ReadonlySet<string> = new Set([
  ...['token', 'format', 'key', 'uuid', 'cti_outcomes'],
  ...['url', 'method', 'session_id', 'hostname', 'user_agent', 'exiting', 'httapi_profile'],
]);
const RESULT = /^o\d+\.\d+$/;

/** Shorter names. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['number', 'destination_number'],
  ['caller', 'caller_id_number'],
]);

/** The other name under which a request may say the same. */
export function aliasOf(name: string): string | undefined {
  for (const [alias, meant] of ALIASES) if (meant === name) return alias;
  return undefined;
}

class Said implements ChannelData {
  /** mod_httapi sends the caller profile with every request, by its headers: there is no need to keep it. */
  #headers: Map<string, string> | undefined;

  readonly variables = new Map<string, string>();

  take(parameters: Parameters): void {
    for (const name in parameters) {
      const value = parameters[name] ?? '';
      if (value === '' || OWN.has(name) || !isUsable(name, value)) continue;
      if (!name.startsWith('Caller-')) this.variables.set(named(name), value);
      else (this.#headers ??= new Map<string, string>()).set(name, value);
    }
  }

  header(name: string): string | undefined {
    return this.#headers?.get(name);
  }

  variable(name: string): string | undefined {
    const value = this.variables.get(name);
    if (value !== undefined) return value;
    const lower = name.toLowerCase();
    for (const [other, known] of this.variables)
      if (other.length === name.length && other.toLowerCase() === lower) return known;
    return undefined;
  }
}

/** A call as its requests describe it. Everything of it comes from outside. */
export class AskedCall extends KnownCall {
  /** What the requests said and the outcomes left, for the token; the latest last. */
  readonly #kept: Map<string, string>;
  /** What was asked about the call; undefined while nobody keeps a record. */
  #reads: Map<string, string | undefined> | undefined;

  /** @param kept from the token; what the request says now goes first */
  constructor(uuid: string, parameters: Parameters, kept?: Parameters) {
    const said = new Said();
    if (kept !== undefined) said.take(kept);
    said.take(parameters);
    super(uuid, said);
    this.#kept = said.variables;
  }

  /**
   * What `kept` would be, and the call were made for it: as the request has it, under its own names. Undefined where
   * more than a look at each name is needed.
   */
  static plainly(parameters: Parameters): Parameters | undefined {
    const kept: Record<string, string> = {};
    let length = 0;
    let count = 0;
    for (const name in parameters) {
      if (OWN.has(name)) continue;
      const value = parameters[name] ?? '';
      if (name.startsWith('Caller-') || name.startsWith('variable_') || name === '__proto__')
        return undefined;
      kept[name] = value;
      length += name.length + value.length;
      count += 1;
    }
    return count > MOST_KEPT || length > MOST_KEPT_LENGTH ? undefined : kept;
  }

  /** From now on it is recorded what is asked. */
  record(): ReadonlyMap<string, string | undefined> {
    this.#reads = new Map();
    return this.#reads;
  }

  override get(name: string): string | undefined {
    const value = super.get(name);
    this.#reads?.set(name, value);
    return value;
  }

  override learn(values: Parameters): void {
    super.learn(values);
    for (const [name, value] of Object.entries(values)) this.#kept.set(name, value);
  }

  /** The latest, within bounds. */
  kept(): Parameters {
    let length = 0;
    for (const [name, value] of this.#kept) length += name.length + value.length;
    const entries = [...this.#kept];
    while (entries.length > MOST_KEPT || length > MOST_KEPT_LENGTH) {
      const [name, value] = entries.shift() ?? ['', ''];
      length -= name.length + value.length;
    }
    return Object.fromEntries(entries);
  }
}

function named(name: string): string {
  if (name.startsWith('variable_')) return name.slice(9);
  return ALIASES.get(name) ?? name;
}

// eslint-disable-next-line no-control-regex -- no value of a call has them, and in a command they end lines
const CONTROL = /[\x00-\x1f\x7f]/;

function isUsable(name: string, value: string): boolean {
  return value.length <= MOST_VALUE_LENGTH && NAME.test(name) && !RESULT.test(name) && !CONTROL.test(value);
}
