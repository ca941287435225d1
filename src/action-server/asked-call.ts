import { KnownCall } from '../call/call-view.js';

/** What a request tells of its call: form fields and query, by name. */
export type Parameters = Readonly<Record<string, string>>;

const NAME = /^[A-Za-z0-9_.:-]{1,128}$/;
const MOST_VALUE_LENGTH = 1000;
/** What is kept of a call from one segment to the next. */
const MOST_KEPT = 40;
const MOST_KEPT_LENGTH = 3000;

/** Names that mean something to this server, or to mod_httapi, and nothing of the call. */
const OWN =
  /^(?:token|format|key|uuid|cti_outcomes|o\d+\.\d+|url|method|session_id|hostname|user_agent|exiting|httapi_profile)$/;

/** Other names for the same; mod_httapi sends the caller profile with every request (`Caller-…`). */
const ALIASES: Readonly<Record<string, string>> = { number: 'destination_number', caller: 'caller_id_number' };

/** A call as its requests describe it. Everything of it comes from outside. */
export class AskedCall extends KnownCall {
  /** What the requests said and the outcomes left, for the token. */
  readonly #kept: Record<string, string>;

  /** What was asked about the call; undefined while nobody keeps a record. */
  #reads: Map<string, string | undefined> | undefined;

  /** @param kept from the token; what the request says now goes first */
  constructor(uuid: string, parameters: Parameters, kept: Parameters = {}) {
    const said = new Map<string, string>();
    for (const [name, value] of Object.entries(parameters)) {
      if (!NAME.test(name) || OWN.test(name) || value === '' || value.length > MOST_VALUE_LENGTH) continue;
      // eslint-disable-next-line no-control-regex -- no value of a call has them, and in a command they end lines
      if (/[\x00-\x1f\x7f]/.test(value)) continue;
      said.set((Object.hasOwn(ALIASES, name) ? ALIASES[name] : undefined) ?? name.replace(/^variable_/, ''), value);
    }
    super(uuid, {
      header: (name) => said.get(name),
      variable: (name) => said.get(name) ?? (Object.hasOwn(kept, name) ? kept[name] : undefined),
    });
    this.#kept = { ...kept };
    for (const [name, value] of said) if (!name.startsWith('Caller-')) this.#keep(name, value);
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
    for (const [name, value] of Object.entries(values)) this.#keep(name, value);
  }

  /** The latest, within bounds: it travels in the URL. */
  kept(): Parameters {
    const entries = Object.entries(this.#kept).slice(-MOST_KEPT);
    let length = 0;
    return Object.fromEntries(
      entries
        .reverse()
        .filter(([name, value]) => (length += name.length + value.length) <= MOST_KEPT_LENGTH)
        .reverse(),
    );
  }

  #keep(name: string, value: string): void {
    Object.defineProperty(this.#kept, name, { value, enumerable: true, writable: true, configurable: true });
  }
}
