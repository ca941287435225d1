import type { Turn, Values } from './block.js';
import type { FlowSet } from './flow-set.js';
import { keptOf } from './flow-set.js';
import type { FlowCall, Json } from './port.js';
import type { Scope } from './references.js';
import { fill } from './references.js';
import type { SpeechSettings } from './speech/settings.js';
import type { FlowState, Progress } from './state.js';
import { writeState } from './state.js';
import { TextRoom } from './text-room.js';

/** What a block gets to see, over the state that is being made. */
export class BlockTurn implements Turn {
  readonly call: FlowCall;
  readonly #set: FlowSet;
  readonly #room = new TextRoom();
  #state: FlowState;
  #scope: Scope | undefined;

  constructor(set: FlowSet, call: FlowCall, state: FlowState) {
    this.#set = set;
    this.call = call;
    this.#state = state;
  }

  get state(): FlowState {
    return this.#state;
  }

  get block(): string {
    return this.#state.block;
  }

  get progress(): Progress {
    return this.#state.progress;
  }

  get speech(): SpeechSettings {
    return this.#set.speech;
  }

  get language(): string | undefined {
    return this.#set.flows.get(this.#state.flow)?.language;
  }

  get publicKeys(): Values {
    return this.#set.flows.get(this.#state.flow)?.publicKeys ?? {};
  }

  get scope(): Scope {
    if (this.#scope === undefined) {
      const { defaultLanguage } = this.speech;
      const plain = { state: this.#state, call: this.call, language: defaultLanguage, room: this.#room };
      const own = this.language === undefined ? '' : fill(this.language, plain);
      this.#scope = own === '' ? plain : { ...plain, language: own };
    }
    return this.#scope;
  }

  /** Replaces the state as a whole. */
  enter(state: FlowState): void {
    this.#state = state;
    this.#scope = undefined;
  }

  update(change: Partial<FlowState>): void {
    this.enter({ ...this.#state, ...change });
  }

  setAttribute(name: string, value: string, masked: boolean): void {
    const { attributes } = this.#state;
    this.update({
      attributes: { ...attributes, [name]: value },
      masked: this.#maskedWith(`Attributes.${name}`, masked),
    });
  }

  setFlowAttribute(name: string, value: string, masked: boolean): void {
    const { flowAttributes } = this.#state;
    this.update({
      flowAttributes: { ...flowAttributes, [name]: value },
      masked: this.#maskedWith(`FlowAttributes.${name}`, masked),
    });
  }

  setExternal(value: Json): boolean {
    const before = this.#state;
    this.update({ external: keptOf(value, this.#set.externalPaths) });
    if (Buffer.byteLength(writeState(this.#state)) <= this.#set.stateMaxBytes) return true;
    this.enter({ ...before, external: null });
    return false;
  }

  #maskedWith(name: string, masked: boolean): readonly string[] {
    const { masked: before } = this.#state;
    if (before.includes(name) === masked) return before;
    return masked ? [...before, name] : before.filter((one) => one !== name);
  }
}
