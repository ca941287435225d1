import { application } from '../simulator/applications/application.js';
import type { Application } from '../simulator/applications/application.js';
import { playbackApplications } from '../simulator/applications/playback.js';
import type { Channel } from '../simulator/channel.js';
import { runLoop } from '../simulator/media/loop.js';
import { MediaLibrary } from '../simulator/media/library.js';
import type { Media } from '../simulator/media/library.js';
import { terminatorHandler } from '../simulator/media/play.js';
import { Simulator } from '../simulator/simulator.js';
import { fromBytes, toInteger } from '../simulator/text.js';
import { VirtualClock } from '../simulator/virtual-clock.js';
import { calleeApplications } from './callees.js';
import type { Others } from './callees.js';
import type { Caller } from './caller.js';
import { handsOn } from './caller.js';

/** Everything around one call. */
export interface Scene extends Others {
  readonly caller: Caller;
  readonly missingFiles: ReadonlySet<string>;
  /** The speech engine is not there. */
  readonly speechFails: boolean;
  /** Has the call; resolves when it is back with the dialplan. */
  run(channel: Channel): Promise<void>;
}

const CONTEXT = 'flows';
const DIALPLAN = `<include>
  <context name="${CONTEXT}">
    <extension name="flow">
      <condition field="destination_number" expression=".*">
        <action application="flow_under_test"/>
        <action application="set" data="flow_test_back=true"/>
        <action application="hangup" data="NORMAL_CLEARING"/>
      </condition>
    </extension>
  </context>
  PHRASES
</include>`;

/** How long a sound file of which only the name is known is taken to last. */
const FILE_MS = 1500;
const MS_PER_CHARACTER = 60;
/** A caller of whom nothing is said speaks so long when recorded. */
const SPEECH_MS = 3000;

export interface PlacedCall {
  readonly uuid: string;
  readonly ended: Promise<{ readonly cause: string }>;
  /** Back with the dialplan. */
  readonly isBack: boolean;
  variable(name: string): string | undefined;
  hangUp(): void;
}

export interface CallSettings {
  readonly dialled: string;
  readonly caller: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** A simulated switch in which time jumps, for one call after the other. */
export class Stage {
  readonly clock: VirtualClock;
  readonly #simulator: Simulator;
  #scene: Scene | undefined;

  /** @param phrases names of phrase macros that are there */
  constructor(phrases: readonly string[] = []) {
    this.clock = new VirtualClock(0);
    const macros = phrases.map((name) => `<macro name="${escaped(name)}"/>`).join('');
    this.#simulator = new Simulator({
      xml: [DIALPLAN.replace('PHRASES', macros)],
      clock: this.clock,
      media: new AnyMedia(() => this.#now),
      applications: this.#applications(),
    });
  }

  place(scene: Scene, { dialled, caller, variables }: CallSettings): PlacedCall {
    this.#scene = scene;
    const call = this.#simulator.placeCall({
      destination: dialled,
      context: CONTEXT,
      callerIdNumber: caller,
      callerIdName: caller,
      variables,
    });
    return {
      uuid: call.uuid,
      ended: call.ended,
      get isBack() {
        return call.variable('flow_test_back') !== undefined;
      },
      variable: (name) => call.variable(name),
      hangUp: () => call.hangup(),
    };
  }

  async close(): Promise<void> {
    await this.#simulator.stop();
  }

  get #now(): Scene {
    if (this.#scene === undefined) throw new Error('a call without a scene');
    return this.#scene;
  }

  #applications(): Application[] {
    const others: Others = {
      callee: (dialString) => this.#now.callee(dialString),
      queue: (name) => this.#now.queue(name),
    };
    const playback = playbackApplications.filter(({ name }) =>
      ['playback', 'speak', 'say', 'phrase'].includes(name),
    );
    return [
      application('flow_under_test', { noMedia: true }, async (channel) => {
        channel.onAsked = ({ max }) => this.#now.caller.asked({ what: 'digits', max }, hands(channel));
        await this.#now.run(channel);
      }),
      ...playback.map((one) =>
        application(one.name, one, (channel, data) => {
          if (interruptible(channel)) this.#now.caller.prompted(hands(channel));
          return one.run(channel, data);
        }),
      ),
      application('record', {}, (channel, data) => this.#record(channel, data)),
      ...calleeApplications(others),
    ];
  }

  /** `record <file> [<seconds> [<threshold> [<silence>]]]`; silence ends it at once when nobody speaks. */
  async #record(channel: Channel, data: string): Promise<void> {
    const [, limit = '0', , silence] = data.split(' ');
    const { clock } = channel.core;
    const limitMs = toInteger(limit) > 0 ? toInteger(limit) * 1000 : Number.POSITIVE_INFINITY;
    const silenceMs = silence === undefined ? Number.POSITIVE_INFINITY : toInteger(silence) * 1000;
    const beganAt = clock.now();
    channel.setVariable('playback_terminator_used', undefined);
    channel.setVariable('silence_hits_exhausted', 'false');
    let spokeMs: number | undefined;
    const speak = (ms: number): void => {
      spokeMs = ms;
      handsOn(channel, () => undefined).press('#', ms);
    };
    this.#now.caller.asked({ what: 'record', max: 0 }, handsOn(channel, speak));
    await Promise.resolve();
    const mostMs = Math.min(limitMs, (spokeMs ?? 0) + silenceMs);
    const { end } = await runLoop(channel, {
      durationMs: Number.isFinite(mostMs) ? mostMs : (spokeMs ?? SPEECH_MS) + 60_000,
      pausesForMessages: false,
      onDigit: terminatorHandler(channel),
    });
    const heardMs = Math.floor((clock.now() - beganAt) / 20) * 20;
    if (end === 'elapsed' && mostMs < limitMs) channel.setVariable('silence_hits_exhausted', 'true');
    channel.setVariable('record_ms', String(heardMs));
    channel.setVariable('record_seconds', String(Math.floor(heardMs / 1000)));
    channel.setVariable('record_file_size', String(heardMs * 16));
    if (end === 'not_ready' && channel.up) channel.hangup('DESTINATION_OUT_OF_ORDER');
  }
}

function hands(channel: Channel): ReturnType<typeof handsOn> {
  return handsOn(channel, () => undefined);
}

function interruptible(channel: Channel): boolean {
  return !/^(none)?$/i.test(channel.getVariable('playback_terminators') ?? '*');
}

/** Files and voices are those of the switch that the flow is for: they are taken to be there. */
class AnyMedia extends MediaLibrary {
  readonly #scene: () => Scene;

  constructor(scene: () => Scene) {
    super({ voices: [], speechMsPerCharacter: MS_PER_CHARACTER, durationsMs: {} });
    this.#scene = scene;
  }

  override hasVoice(): boolean {
    return !this.#scene().speechFails;
  }

  override open(path: string): Media | undefined {
    const name = fromBytes(path);
    if ([...this.#scene().missingFiles].some((one) => name === one || name.endsWith(`/${one}`)))
      return undefined;
    if (/^(silence_stream|tone_stream|file_string|local_stream):\/\//.test(name)) return super.open(path);
    return { durationMs: FILE_MS, nativeRate: 8000 };
  }
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}
