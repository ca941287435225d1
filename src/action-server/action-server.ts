import { AppError, ERRORS } from '../errors.js';
import type { ErrorCode } from '../errors.js';
import type { FlowSet } from '../flow/flow-set.js';
import { UnderWay } from '../under-way.js';
import { AskedCall } from './asked-call.js';
import type { Parameters } from './asked-call.js';
import type { Continuation } from './continuation.js';
import { writeContinuation, writeOwn } from './continuation.js';
import { Entry } from './entry.js';
import type { FlowProgram } from './entry.js';
import { urlOf } from './first-segments.js';
import type { FirstSegment } from './first-segments.js';
import { FlowWalk } from './flow-walk.js';
import type { WalkServices, Walked } from './flow-walk.js';
import { openedToken } from './opened-token.js';
import { OwnAddress } from './own-address.js';
import type { Delivery } from './replay-memory.js';
import { formatOf, uuidOf } from './request.js';
import type { ActionAnswer, ActionRequest } from './request.js';
import { outcomesOf } from './results.js';
import type { Format } from './served.js';
import type { ActionMemory, ActionServices } from './services.js';
import type { ActionsConfig } from './settings.js';
import { freshChain, MOST_TOKEN_LENGTH } from './token.js';
import { WRITERS } from './writers.js';

interface Serving {
  readonly entry: Entry;
  readonly request: ActionRequest;
  readonly format: Format;
}

/** Serves lists and flows to switches that ask over HTTP. Keeps no calls: all that is known of one is in its token. */
export class ActionServer {
  readonly #config: ActionsConfig;
  readonly #services: ActionServices;
  readonly #memory: ActionMemory;
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #walkServices: WalkServices;
  readonly #now: () => number;
  readonly #address: OwnAddress;
  readonly #walks = new UnderWay();

  constructor(config: ActionsConfig, services: ActionServices, memory: ActionMemory) {
    this.#config = config;
    this.#services = services;
    this.#address = new OwnAddress(config.public_url);
    this.#memory = memory;
    this.#now = services.now ?? Date.now;
    this.#walkServices = { ...services, now: this.#now };
    this.#entries = new Map(
      Object.entries(config.entries).map(([name, settings]) => [
        name,
        new Entry(name, settings, services.policy, this.#now, memory.tally.of(name)),
      ]),
    );
  }

  /** Resolves when no flow that was begun here is under way. */
  idle(): Promise<void> {
    return this.#walks.nothing();
  }

  /** The answer of an entry that is the same for everybody; undefined where more of the request has to be known. */
  openAnswer(name: string, format: unknown, userAgent: string | undefined): ActionAnswer | undefined {
    const entry = this.#entries.get(name);
    if (entry?.open === undefined) return undefined;
    entry.answers.count += 1;
    return entry.open[formatOf(format, userAgent)];
  }

  /**
   * Never rejects for what a call, a token or a flow may be: that ends in the entry's fallback actions.
   * @throws AppError `no_such_entry`, `address_refused`, `unauthorized`, `signature_invalid`, `rate_limited`,
   *   `invalid_request`: whoever asks is not served at all
   */
  answer(request: ActionRequest): ActionAnswer | Promise<ActionAnswer> {
    const entry = this.#entries.get(request.entry);
    if (entry === undefined) throw new AppError('no_such_entry', JSON.stringify(request.entry.slice(0, 64)));
    const { parameters } = request;
    const { token } = parameters;
    const format = formatOf(parameters['format'], request.headers['user-agent']);
    if (entry.open !== undefined) {
      entry.answers.count += 1;
      return entry.open[format];
    }
    const opened =
      token === undefined
        ? undefined
        : openedToken(token, this.#memory.seal, {
            entry: entry.name,
            uuid: uuidOf(parameters),
            nowMs: this.#now(),
          });
    if (!entry.protection.isOpen) {
      const refusal = entry.protection.refusal(request, parameters['key'], opened !== undefined);
      if (refusal !== undefined) throw refusal;
    }
    const serving = { entry, request, format };
    // mod_httapi tells when the call has ended; there is nobody left for actions.
    if (parameters['exiting'] === 'true') return { format: 'httapi', body: WRITERS.httapi({ items: [] }) };
    if (opened === undefined) return this.#begin(serving);
    if ('code' in opened) return this.#fallback(serving, opened.code, opened.detail);
    return this.#continue({ ...serving, format: opened.format }, opened);
  }

  #begin(serving: Serving): ActionAnswer | Promise<ActionAnswer> {
    const { entry, request, format } = serving;
    const { parameters } = request;
    const uuid = uuidOf(parameters);
    const known = entry.openFlow?.firsts[format];
    const said = known === undefined ? undefined : AskedCall.plainly(parameters);
    const first = said === undefined ? undefined : known?.match(said);
    if (said !== undefined && first !== undefined)
      return this.#again(serving, said, uuid, freshChain(), first);
    const chain = freshChain();
    const call = new AskedCall(uuid === '' ? `served-${chain}` : uuid, parameters);
    const number = call.get('destination_number');
    if (!entry.protection.admits(call.get('caller_id_number') ?? ''))
      return this.#fallback(serving, 'rate_limited', 'this caller has begun too often');
    const program = entry.programFor(number);
    if (program === undefined)
      return this.#fallback(serving, 'number_not_routed', number?.slice(0, 32) ?? '');
    if (program.kind === 'list') {
      entry.answers.count += 1;
      return { format, body: program.list[format] };
    }
    return this.#first(serving, call, { chain, number: -1, uuid }, program);
  }

  #first(
    serving: Serving,
    call: AskedCall,
    from: WalkContext['from'],
    { flow, firsts }: FlowProgram,
  ): ActionAnswer | Promise<ActionAnswer> {
    const { entry, format } = serving;
    const known = firsts[format];
    const found = known.find(call);
    if (found !== undefined) return this.#again(serving, call.kept(), from.uuid, from.chain, found);
    const reads = call.record();
    return this.#walk({ serving, call, from }, this.#services.flows.current, (walk) => {
      const walked = walk.begin(flow);
      if (!(walked instanceof Promise) && walked.kind === 'segment' && !walk.tellsCalls) {
        const { items, pending } = walked;
        known.keep(
          reads,
          { items },
          pending && { ...pending, entry: entry.name, format },
          format,
          entry.name,
        );
      }
      return walked;
    });
  }

  /** The flow would do the same as for an earlier call; only the token is this call's own. */
  #again(
    serving: Serving,
    known: Parameters,
    uuid: string,
    chain: string,
    first: FirstSegment,
  ): ActionAnswer {
    const { format, request } = serving;
    const { parts, shared, base } = first;
    serving.entry.answers.count += 1;
    if (shared === undefined) return { format, body: parts[0] ?? '' };
    const nowMs = this.#now();
    const own = writeOwn({ chain, number: 0, expires: this.#expires(nowMs), uuid, known }, nowMs, nowMs);
    const { seal } = this.#memory;
    const token = base === undefined ? seal.seal(own + shared) : seal.sign(own, base);
    const [head = '', middle = '', tail = ''] = parts;
    // A template would be a tree of strings, which costs more to send than all of the rest.
    return { format, body: [head, this.#address.asNamedBy(request), middle, token, tail].join('') };
  }

  #expires(nowMs: number): number {
    return Math.floor(nowMs / 1000) + this.#config.token_ttl_s;
  }

  #continue(serving: Serving, from: Continuation): ActionAnswer | Promise<ActionAnswer> {
    const { request } = serving;
    const use = this.#memory.replays.use(from.chain, from.number);
    if (use.kind === 'replayed') return this.#fallback(serving, 'token_replayed', `segment ${from.number}`);
    request.onDelivered((arrived) => use.delivery.ended(arrived));
    if (use.kind === 'again') return use.answer;
    return this.#go(serving, from, use.delivery);
  }

  #go(serving: Serving, from: Continuation, delivery: Delivery<ActionAnswer>): Promise<ActionAnswer> {
    const { parameters } = serving.request;
    const set = this.#services.flows.version(from.state.set);
    const call = new AskedCall(from.uuid === '' ? `served-${from.chain}` : from.uuid, parameters, from.known);
    const answer = Promise.resolve(
      set === undefined
        ? this.#fallback(serving, 'flow_version_gone', from.state.set)
        : this.#walk({ serving, call, from }, set, (walk) =>
            walk.proceed(from, outcomesOf(from, parameters)),
          ),
    );
    delivery.answers(answer);
    return answer;
  }

  #walk(
    context: WalkContext,
    set: FlowSet,
    go: (walk: FlowWalk) => Walked | Promise<Walked>,
  ): ActionAnswer | Promise<ActionAnswer> {
    const { serving, call } = context;
    const { entry, format, request } = serving;
    // Only what has to wait needs to know that nobody waits for it any more.
    let controller: AbortController | undefined;
    const walk = new FlowWalk(this.#walkServices, {
      set,
      call,
      policy: entry.policy,
      format,
      get trace() {
        return request.trace;
      },
      get signal() {
        if (controller === undefined) {
          const made = new AbortController();
          controller = made;
          // A client that retries is to find the answer: only what was begun anew is given up.
          if (context.from.number < 0)
            request.onDelivered((arrived) => {
              if (!arrived) made.abort();
            });
        }
        return controller.signal;
      },
    });
    try {
      const walked = go(walk);
      if (!(walked instanceof Promise)) return this.#write(context, walked);
      const written = walked.then(
        (done) => this.#write(context, done),
        (error: unknown) => this.#defect(serving, error),
      );
      return this.#walks.during(written);
    } catch (error) {
      return this.#defect(serving, error);
    }
  }

  #write(context: WalkContext, walked: Walked): ActionAnswer {
    const { serving, call, from } = context;
    const { entry, format } = serving;
    if (walked.kind === 'failed') return this.#fallback(serving, walked.code, walked.detail);
    const { items, pending } = walked;
    entry.answers.count += 1;
    if (pending === undefined) return { format, body: WRITERS[format]({ items }) };
    const { chain, number, uuid } = from;
    const expires = this.#expires(this.#now());
    const own = { chain, number: number + 1, expires, uuid, known: call.kept() };
    const shared = { ...pending, entry: entry.name, format };
    const token = this.#memory.seal.seal(writeContinuation(own, shared));
    if (token.length > MOST_TOKEN_LENGTH)
      return this.#fallback(serving, 'flow_state_too_large', `a token of ${token.length} characters`);
    const next = urlOf(this.#address.asNamedBy(serving.request), entry.name, format, token);
    return { format, body: WRITERS[format]({ items, next }) };
  }

  #fallback({ entry, format, request }: Serving, code: string, detail: string): ActionAnswer {
    const reason = isCode(code) ? code : 'internal';
    const uuid = uuidOf(request.parameters);
    this.#services.log.warn(
      { entry: entry.name, uuid, code: reason, detail, remoteAddress: request.remoteAddress },
      'fallback actions served',
    );
    this.#memory.tally.of(entry.name, reason).count += 1;
    return { format, body: entry.fallback[format], reason };
  }

  #defect(serving: Serving, error: unknown): ActionAnswer {
    this.#services.log.error({ err: error, entry: serving.entry.name }, 'a flow could not be served');
    return this.#fallback(serving, 'internal', '');
  }
}

interface WalkContext {
  readonly serving: Serving;
  readonly call: AskedCall;
  /** Of the token; `number` is -1 where there was none. */
  readonly from: Pick<Continuation, 'chain' | 'number' | 'uuid'>;
}

function isCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}
