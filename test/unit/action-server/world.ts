import { parse } from 'yaml';
import { ActionServer } from '../../../src/action-server/action-server.js';
import { ReplayMemory } from '../../../src/action-server/replay-memory.js';
import type { ActionAnswer, ActionRequest } from '../../../src/action-server/request.js';
import type { ActionServices } from '../../../src/action-server/services.js';
import { actionsConfigSchema } from '../../../src/action-server/settings.js';
import { Tally } from '../../../src/action-server/tally.js';
import { TokenSeal } from '../../../src/action-server/token.js';
import { Policy } from '../../../src/call/policy.js';
import { policyProfileSchema } from '../../../src/call/policy-profile.js';
import type { FlowSet } from '../../../src/flow/flow-set.js';
import { flowSet } from '../../../src/flow/flow-set.js';
import { readFlow } from '../../../src/flow/flow.js';
import type { FlowInvocation, FlowInvocationResult } from '../../../src/source/flow/functions.js';

export interface Line {
  readonly application: string;
  readonly data: string;
}

export interface WorldOptions {
  /** YAML by name. */
  readonly flows?: Readonly<Record<string, string>>;
  /** `actions.entries`; default: each flow under its own name. */
  readonly entries?: Readonly<Record<string, unknown>>;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly policy?: Readonly<Record<string, unknown>>;
  readonly functions?: (invocation: FlowInvocation) => Promise<FlowInvocationResult>;
  readonly app?: ActionServices['app'];
  /** Of a server that shares nothing with others but the key. */
  readonly key?: string;
}

export const KEY = 'a key for tests, and for nothing else';

export function setOf(flows: Readonly<Record<string, string>>): FlowSet {
  const read = Object.entries(flows).map(([name, text]) => {
    const source = { name, file: `${name}.yaml`, document: parse(text) as unknown, place: () => undefined };
    const found = readFlow(source);
    if (!found.ok) throw new Error(found.problems.map(({ message }) => message).join('\n'));
    return found.flow;
  });
  const speech = { defaultLanguage: 'en-US', languages: { en: { engine: 'flite', voice: 'slt' } } };
  return flowSet(read, { speech });
}

/** A server, its clock, its log, and a client that is as simple as a client can be. */
export class World {
  readonly server: ActionServer;
  readonly log: { readonly level: string; readonly fields: Record<string, unknown> }[] = [];
  readonly tally = new Tally();
  nowMs = 1_700_000_000_000;

  constructor(options: WorldOptions = {}) {
    const { flows = {}, entries, settings = {}, policy = {}, key = KEY } = options;
    const set = setOf(flows);
    const config = actionsConfigSchema.parse({
      public_url: 'https://ivr.example',
      entries: entries ?? Object.fromEntries(Object.keys(flows).map((name) => [name, { flow: name }])),
      ...settings,
    });
    const note = (level: string) => (fields: object) => {
      this.log.push({ level, fields: fields as Record<string, unknown> });
    };
    this.server = new ActionServer(
      config,
      {
        flows: { current: set, version: (name) => (name === set.version ? set : undefined) },
        policies: new Map([['default', new Policy('default', policyProfileSchema.parse(policy))]]),
        policy: 'default',
        functions: {
          invoke:
            options.functions ??
            (() =>
              Promise.resolve({
                result: { ok: false, code: 'no_such_function', detail: '' },
                durationMs: 0,
                attempts: 0,
              })),
        },
        app: options.app ?? (() => ({ code: 'invalid_url', detail: '' })),
        log: { debug: note('debug'), warn: note('warn'), error: note('error') },
        now: () => this.nowMs,
      },
      {
        replays: new ReplayMemory<ActionAnswer>(config.remembered_calls),
        seal: new TokenSeal(key),
        tally: this.tally,
      },
    );
  }

  /** Asks, and gets the answer as it is. @param more what else is known of the request */
  async ask(path: string, more: Partial<ActionRequest> = {}): Promise<ActionAnswer> {
    const url = new URL(path, 'https://ivr.example');
    return await this.server.answer({
      entry: url.pathname.split('/').at(-1) ?? '',
      parameters: Object.fromEntries(url.searchParams),
      headers: {},
      host: 'ivr.example',
      remoteAddress: '192.0.2.1',
      body: '',
      onDelivered: (listener) => listener(true),
      ...more,
    });
  }

  /** Asks for a list in mod_cti's shape. */
  async list(path: string, more: Partial<ActionRequest> = {}): Promise<Line[]> {
    return JSON.parse((await this.ask(path, more)).body) as Line[];
  }
}

/** Fills in `${…}` as FreeSWITCH would (switch_channel.c), as far as the lists use it. */
export function expanded(text: string, variables: Readonly<Record<string, string>>): string {
  return text
    .replaceAll(/\$\{url_encode\(\$\{(\w+)\}\)\}/g, (_whole, name: string) =>
      urlEncode(variables[name] ?? ''),
    )
    .replaceAll(/\$\{(\w+)\}/g, (_whole, name: string) => variables[name] ?? '');
}

/** switch_utils.c: switch_url_encode, which leaves what is escaped already as it is. */
function urlEncode(value: string): string {
  return value.replaceAll(/%(?![0-9A-F]{2})|[\r\n #&+:;<=>?@[\\\]^`{|}"]|[^ -~]/g, (character) =>
    Array.from(Buffer.from(character), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(
      '',
    ),
  );
}

/** What a call leaves behind, action by action; for the `uuid` too. */
export class Caller {
  readonly variables: Record<string, string> = { uuid: 'call-1' };
  /** All that ran. */
  readonly ran: Line[] = [];
  readonly #act: (line: Line, variables: Record<string, string>) => void;

  constructor(act: (line: Line, variables: Record<string, string>) => void = () => undefined) {
    this.#act = act;
  }

  /** Runs a list; the URL that it ends with, if it does. */
  run(list: readonly Line[]): string | undefined {
    for (const line of list) {
      const data = expanded(line.data, this.variables);
      if (line.application === 'cti_curl') return data;
      this.ran.push({ application: line.application, data });
      if (line.application === 'set') {
        const [name = '', ...value] = data.split('=');
        this.variables[name] = value.join('=');
      } else if (line.application === 'unset') Reflect.deleteProperty(this.variables, data);
      else this.#act({ ...line, data }, this.variables);
    }
    return undefined;
  }

  /** Until a list ends without a URL. */
  async runAll(world: World, path: string): Promise<void> {
    for (let url: string | undefined = path, turns = 0; url !== undefined && turns < 50; turns += 1) {
      url = this.run(await world.list(url));
    }
  }
}

export function applications(list: readonly Line[]): string[] {
  return list.map(({ application }) => application);
}
