import type { SwitchConfiguration } from '../../switch-config/configuration.js';
import type { DirectoryUser } from '../../switch-config/directory.js';
import { MAX_NESTING } from './at.js';
import type { At, Channel, Runner, Target, Written } from './at.js';
import { Dialler } from './dialler.js';
import { cutAt, effectsOf, wordsOf } from './effects.js';
import type { Effect } from './effects.js';
import { expand, lookUp } from './expand.js';
import type { Captures, World } from './expand.js';
import { readInline } from './inline.js';
import type { Ledger } from './ledger.js';
import { choicesOf } from './menus.js';
import { isTameText, writesProgram } from './script.js';
import { constantOf, eitherValue, originOf, show } from './value.js';
import type { Text, Value } from './value.js';

/** Takes a call to where a number is looked up next. */
export type LookUp = (number: Text, dialplan: string, context: string, written: Written, at: At) => void;

/** Runs applications, as far as it matters to where a call can go. */
export class Performer implements Runner {
  readonly #configuration: SwitchConfiguration;
  readonly #world: World;
  readonly #ledger: Ledger;
  readonly #contexts: readonly string[];
  readonly #lookUp: LookUp;
  readonly dialler: Dialler;

  /** @param contexts the names of all contexts */
  constructor(
    configuration: SwitchConfiguration,
    users: readonly DirectoryUser[],
    world: World,
    ledger: Ledger,
    contexts: readonly string[],
    lookUpNumber: LookUp,
  ) {
    this.#configuration = configuration;
    this.#world = world;
    this.#ledger = ledger;
    this.#contexts = contexts;
    this.#lookUp = lookUpNumber;
    this.dialler = new Dialler(configuration, users, world, ledger, this);
  }

  /** @param data not expanded yet */
  perform(
    application: string,
    data: string,
    captures: Captures | undefined,
    at: At,
    channel: Channel,
    certain: boolean,
  ): Channel {
    const texts = expand(data, at.state, this.#world, captures);
    const alone = texts.length === 1;
    let left = channel;
    for (const text of texts) left = this.run(application, text, { ...at, alone }, left, certain && alone);
    return left;
  }

  run(application: string, data: Text, at: At, channel: Channel, certain: boolean): Channel {
    let left = channel;
    this.#functions(data, at);
    for (const effect of effectsOf(application, data)) {
      left = this.#effect(effect, { application, data }, at, left, certain);
    }
    return left;
  }

  enter(number: Text, target: Target, written: Written, at: At, channel: Channel): Channel {
    const dialplan = constantOf(target.dialplan);
    const context = constantOf(target.context);
    const here: At = { ...at, state: { ...at.state, variables: channel.variables } };
    if (dialplan !== undefined && /^inline\b/i.test(dialplan)) return this.inline(number, here);
    if (dialplan !== undefined && context !== undefined) {
      this.#lookUp(number, dialplan || at.state.dialplan, context || at.state.context, written, here);
    } else if (originOf(target.context) === 'caller' || originOf(target.dialplan) === 'caller') {
      for (const name of this.#contexts) this.#lookUp(number, 'XML', name, written, here);
    } else {
      this.#ledger.unfollowed(at.place, `${written.application} ${show(written.data)}`);
    }
    return channel;
  }

  /** @returns the channel behind an inline list */
  inline(list: Text, at: At): Channel {
    let channel: Channel = { variables: at.state.variables, ended: false };
    if (at.depth >= MAX_NESTING) return channel;
    for (const { application, data } of readInline(list)) {
      if (channel.ended) return channel;
      const state = { ...at.state, variables: channel.variables };
      const inside: At = { ...at, state, depth: at.depth + 1 };
      const name = constantOf(application);
      if (name === undefined) {
        if (originOf(application) === 'caller') this.#arbitraryApplication(at);
        continue;
      }
      const constant = constantOf(data);
      const texts = constant === undefined ? [data] : expand(constant, state, this.#world, undefined);
      const alone = texts.length === 1;
      for (const text of texts) channel = this.run(name, text, { ...inside, alone }, channel, alone);
    }
    return channel;
  }

  #effect(effect: Effect, written: Written, at: At, channel: Channel, certain: boolean): Channel {
    switch (effect.kind) {
      case 'go': {
        const after = this.enter(effect.number, effect, written, at, channel);
        return effect.leaves && certain ? { ...channel, ended: true } : after;
      }
      case 'dial':
        this.dialler.dial(effect.dialString, written.application, {
          ...at,
          state: { ...at.state, variables: channel.variables },
        });
        return channel;
      case 'assign': {
        const before = lookUp(effect.name, { ...at.state, variables: channel.variables }, this.#world);
        const value = at.alone ? effect.value : eitherValue(before, effect.value);
        return { ...channel, variables: channel.variables.with(effect.name, value) };
      }
      case 'open':
        return { ...channel, variables: channel.variables.open() };
      case 'end':
        return certain ? { ...channel, ended: true } : channel;
      case 'api':
        for (const argument of this.#again(effect.data, at)) this.#api(effect.command, argument, at);
        return channel;
      case 'program':
        this.#script(written.data, written.application, at);
        this.#ledger.unfollowed(at.place, `${written.application} ${show(written.data)}`.trim());
        return channel;
      case 'command':
        this.#command(effect.data, written.application, at);
        return channel;
      case 'run':
        if (at.depth < MAX_NESTING) {
          const inside: At = { ...at, depth: at.depth + 1 };
          for (const data of this.#again(effect.data, at)) {
            this.run(effect.application, data, inside, channel, false);
          }
        }
        return channel;
      case 'menu':
        if (at.depth < MAX_NESTING) this.#menu(effect.menu, at, channel);
        return channel;
    }
  }

  /** What runs later is expanded once more then: `execute_on_answer=lua a.lua \${caller_id_name}`. */
  #again(data: Text, at: At): Value {
    const constant = constantOf(data);
    return constant === undefined ? [data] : expand(constant, at.state, this.#world, undefined);
  }

  #menu(menu: string, at: At, channel: Channel): void {
    for (const choice of choicesOf(this.#configuration, menu)) {
      const place = this.#configuration.placeOf(choice.node);
      const step = { what: `menu ${menu}: ${choice.application}`, place };
      const inside: At = { ...at, trail: [...at.trail, at.step], step, place, depth: at.depth + 1 };
      this.perform(choice.application, choice.data, choice.captures, inside, channel, false);
    }
  }

  #arbitraryApplication(at: At): void {
    const explanation = 'the caller writes the applications of an inline dialplan';
    this.#ledger.dialled({ freedom: 'arbitrary', target: 'inline', explanation }, at);
  }

  /** `${originate(…)}` and `${bgapi(originate …)}` dial too; `${system(…)}` runs a command, `${lua(…)}` a script. */
  #functions(data: Text, at: At): void {
    for (const part of data) {
      if (typeof part === 'string' || part.call === undefined) continue;
      let { name, argument } = part.call;
      if (name === 'bgapi' || name === 'expand') {
        const [first = [], ...words] = wordsOf(argument);
        name = constantOf(first) ?? '';
        argument = words.flatMap((word, i) => (i === 0 ? word : [' ', ...word]));
      }
      this.#api(name, argument, at);
    }
    const stream = cutAt(data, 'shell_stream://');
    if (stream !== undefined) this.#command(stream[1], 'shell_stream://', at);
  }

  #api(name: string, argument: Text, at: At): void {
    if (name === 'originate') this.dialler.dial(wordsOf(argument)[0] ?? [], 'originate', at);
    else if (/^(?:bg_)?(?:system|spawn|spawn_stream)$/.test(name)) this.#command(argument, name, at);
    else this.#script(argument, name, at);
  }

  /** Harmful when something of it may come from the caller. */
  #command(data: Text, application: string, at: At): void {
    if (!isTameText(data)) this.#ledger.wrote('command', `${application} ${show(data)}`, at);
  }

  #script(data: Text, application: string, at: At): void {
    if (writesProgram(application, data)) {
      this.#ledger.wrote('program', `${application} ${show(data)}`, at);
    }
  }
}
