import type { SwitchConfiguration } from '../../switch-config/configuration.js';
import { dialplanOf } from '../../switch-config/dialplan.js';
import type { Context, DialplanExtension } from '../../switch-config/dialplan.js';
import { usersOf } from '../../switch-config/directory.js';
import type { DirectoryUser } from '../../switch-config/directory.js';
import { DIGITS } from '../language/char-set.js';
import { ANYTHING, both, charsOf, concat, exhausted, star, without } from '../language/language.js';
import { example, isNothing } from '../language/questions.js';
import type { Language } from '../language/language.js';
import { stepText } from './at.js';
import type { At, Channel, Written } from './at.js';
import { Variables, keyOfState } from './call.js';
import type { CallState } from './call.js';
import { lookUp } from './expand.js';
import type { World } from './expand.js';
import { contextOf, planExtension } from './hunt.js';
import type { PlannedAction } from './hunt.js';
import { Ledger } from './ledger.js';
import { Performer } from './performer.js';
import type { Outcome, Trail, Unfollowed } from './trail.js';
import { languageOf, originOf, valueIn } from './value.js';
import type { Text } from './value.js';

export interface WalkResult {
  readonly outcomes: readonly Outcome[];
  readonly unfollowed: readonly Unfollowed[];
  /** False: there were too many ways to follow all of them. */
  readonly complete: boolean;
}

interface Job {
  readonly state: CallState;
  readonly trail: Trail;
}

const MAX_STATES = 3000;
const MAX_STEPS = 12;

/** Follows calls through the dialplan, for all numbers and everything that a caller may send at once. */
export class Walker {
  readonly #configuration: SwitchConfiguration;
  readonly #contexts: ReadonlyMap<string, Context>;
  readonly #users: readonly DirectoryUser[];
  readonly #world: World;
  readonly #known = new Map<string, WalkResult>();

  constructor(configuration: SwitchConfiguration) {
    this.#configuration = configuration;
    this.#contexts = dialplanOf(configuration);
    this.#users = usersOf(configuration);
    this.#world = {
      globals: configuration.globals,
      userVariables: new Set(this.#users.flatMap((user) => user.variables.map(({ name }) => name))),
    };
  }

  /**
   * @param numbers those that a call may be for; without it all
   * @param known the caller is a user or a provider: variables may be set that strangers do not have
   */
  from(context: string, dialplan: string, numbers: Language = ANYTHING, known = false): WalkResult {
    const number = { language: numbers, left: numbers, origin: 'caller' as const };
    const state: CallState = { context, dialplan, number, variables: new Variables(new Map(), known) };
    const key = keyOfState(state);
    let result = this.#known.get(key);
    if (result === undefined) {
      result = new Walk(this.#configuration, this.#contexts, this.#users, this.#world).run(state);
      this.#known.set(key, result);
    }
    return result;
  }
}

/** One call's ways, the shortest first. */
class Walk {
  readonly #configuration: SwitchConfiguration;
  readonly #contexts: ReadonlyMap<string, Context>;
  readonly #world: World;
  readonly #ledger = new Ledger();
  readonly #performer: Performer;
  readonly #seen = new Set<string>();
  readonly #queue: Job[] = [];
  #complete = true;

  constructor(
    configuration: SwitchConfiguration,
    contexts: ReadonlyMap<string, Context>,
    users: readonly DirectoryUser[],
    world: World,
  ) {
    this.#configuration = configuration;
    this.#contexts = contexts;
    this.#world = world;
    const names = [...contexts.values()].map(({ name }) => name);
    this.#performer = new Performer(configuration, users, world, this.#ledger, names, (...to) => {
      this.#goTo(...to);
    });
  }

  run(start: CallState): WalkResult {
    this.#add({ state: start, trail: [] });
    for (let job = this.#queue.shift(); job !== undefined; job = this.#queue.shift()) this.#lookUp(job);
    return {
      outcomes: this.#ledger.outcomes(),
      unfollowed: this.#ledger.left(),
      complete: this.#complete,
    };
  }

  #add(job: Job): void {
    const key = keyOfState(job.state);
    if (this.#seen.has(key)) return;
    if (this.#seen.size >= MAX_STATES || job.trail.length > MAX_STEPS || exhausted()) {
      this.#complete = false;
      return;
    }
    this.#seen.add(key);
    this.#queue.push(job);
  }

  #goTo(number: Text, dialplan: string, context: string, written: Written, at: At): void {
    const language = languageOf(number);
    const { variables } = at.state;
    const state: CallState = {
      dialplan,
      context,
      number: { language, left: language, origin: originOf(number) },
      variables,
    };
    this.#add({ state, trail: [...at.trail, { ...at.step, what: stepText(at, written) }] });
  }

  /** Every dialplan of a list is asked, until one has something for the number. */
  #lookUp(job: Job): void {
    for (const entry of job.state.dialplan.split(',')) {
      const [name = ''] = entry.split(':', 1);
      switch (name.trim().toLowerCase()) {
        case 'xml':
          this.#hunt(job);
          break;
        case 'inline': {
          const list = entry.slice(name.length + 1);
          this.#performer.inline(list === '' ? this.#numberOf(job) : [list], this.#arrived(job));
          break;
        }
        case 'enum':
          this.#enum(job);
          break;
        // execute_extension's own way to run nothing.
        case 'none':
        case '':
          break;
        default:
          this.#ledger.unfollowed(this.#arrived(job).place, `the dialplan ${name} is not XML`);
      }
    }
  }

  /** mod_enum.c: dials what the DNS says about the number. */
  #enum(job: Job): void {
    if (!this.#configuration.loads('mod_enum')) return;
    const number = this.#numberOf(job);
    const target = { kind: 'outside' as const, through: 'ENUM', number, host: [] };
    this.#performer.dialler.outside(target, 'enum', this.#arrived(job));
  }

  #numberOf({ state: { number } }: Job): Text {
    return valueIn(number.language, number.origin, '${destination_number}')[0] ?? [];
  }

  /** Where a call comes from that is not in a context of XML. */
  #arrived({ state, trail }: Job): At {
    const step = trail.at(-1) ?? { what: 'dialplan', place: { file: '', line: 0 } };
    return { state, trail: trail.slice(0, -1), step, place: step.place, depth: 0, alone: true };
  }

  #hunt(job: Job): void {
    const context = contextOf(this.#contexts, job.state.context);
    if (context === undefined) return;
    let { state } = job;
    // What extensions with continue="true" left to be run before the one that ends the look-up.
    let channel: Channel = { variables: state.variables, ended: false };
    for (const extension of context.extensions) {
      if (isNothing(state.number.left) || channel.ended) return;
      const plan = planExtension(extension, state, this.#world);
      if (plan.actions.length > 0) {
        const after = this.#runPlan(plan.actions, channel, state, job.trail, extension);
        if (extension.continues) {
          const always = plan.actions.every(({ certain }) => certain);
          channel = always ? after : this.#either(channel, after, state);
        }
      }
      const left = without(state.number.left, plan.taken);
      state = { ...state, number: { ...state.number, left }, variables: plan.variables };
    }
  }

  #runPlan(
    actions: readonly PlannedAction[],
    start: Channel,
    state: CallState,
    trail: Trail,
    extension: DialplanExtension,
  ): Channel {
    let channel = start;
    let before = start;
    let block: PlannedAction | undefined;
    for (const planned of actions) {
      const { action, captures, number } = planned;
      if (planned.block !== block?.block) {
        if (channel.ended) {
          if (block?.certain === true) return channel;
          // Those who get here have come past the block in which the call ended.
          if (block?.steady === true) return start;
          channel = before;
        } else if (block?.steady === false) channel = this.#either(before, channel, state);
        before = channel;
        block = planned;
      }
      if (channel.ended) continue;
      const at = this.#at(planned, { ...state, number, variables: channel.variables }, trail, extension);
      channel = this.#performer.perform(action.application, action.data, captures, at, channel, true);
    }
    if (channel.ended) return block?.certain === true ? channel : start;
    return block?.steady === false ? this.#either(before, channel, state) : channel;
  }

  #at({ action, number }: PlannedAction, state: CallState, trail: Trail, extension: DialplanExtension): At {
    const place = this.#configuration.placeOf(action.node);
    const found = exampleNumber(number.left);
    const step = {
      what: `context ${state.context}, extension ${extension.name}: ${action.application}`,
      place,
      ...(found !== undefined && { number: found }),
    };
    return { state, trail, step, place, depth: 0, alone: true };
  }

  /** The channel when something may have run, or not. */
  #either(before: Channel, after: Channel, state: CallState): Channel {
    const variables = before.variables.or(after.variables, (name) =>
      lookUp(name, { ...state, variables: before.variables.without(name) }, this.#world),
    );
    return { variables, ended: before.ended || after.ended };
  }
}

const DIGIT = charsOf(DIGITS);
const LONG_NUMBER = concat(DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, star(DIGIT));

/** One that looks like a telephone number, when there is such a one. */
function exampleNumber(numbers: Language): string | undefined {
  for (const wanted of [LONG_NUMBER, star(DIGIT), ANYTHING]) {
    const found = example(both(numbers, wanted));
    if (found !== undefined && found !== 'unknown' && (found.text !== '' || wanted === ANYTHING))
      return found.text;
  }
  return undefined;
}
