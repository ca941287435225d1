import type { EslClient } from '../../esl/client.js';
import type { EslCommand, EslConnection } from '../../esl/connection.js';
import { execute } from '../../esl/connection.js';
import type { EslEvent } from '../../esl/event.js';
import { jsonObject } from '../../esl/json-object.js';
import { AppError } from '../../errors.js';
import type { AttachedChannel } from './attached-channel.js';
import type { Claims } from './claims.js';
import { EventData, placeOf } from './event-data.js';
import { readDump } from '../dump.js';
import type { Headers } from '../dump.js';
import { NOBODY, OWNER, PLACE, RUN, TARGET_VARIABLE } from './marks.js';
import { isParked, isPlainUuid } from './parked.js';
import { KEPT_TARGET } from './release-target.js';
import { probeEvent } from './segment-event.js';

/**
 * The table that `show channels` reads follows the switch by up to a second, by more when it is busy; each look is a few
 * commands. Only channels that nobody has claimed yet depend on it.
 */
const FURTHER_LOOKS_MS = [2000, 3000, 5000, 10_000];
/**
 * And so often afterwards: the news of a parked channel is lost when the connection that brings it is, and a caller who
 * waits there has nobody.
 */
const LOOK_EVERY_MS = 30_000;
/** So many commands are written at once, so that the switch is not asked for everything in one breath. */
const BATCH = 100;

export interface RecoveryTask {
  readonly instance: string;
  readonly attach: boolean;
  readonly log: (fields: object, message: string) => void;
  readonly held: () => ReadonlyMap<string, AttachedChannel>;
  /** It is being taken on request: not to be resumed. */
  readonly isBeingTaken: (uuid: string) => boolean;
  /** Goes on with a call that a daemon of this instance had. */
  readonly resume: (uuid: string, headers: Headers) => void;
  /** A parked channel that may wait for a program. */
  readonly parked: (headers: Headers) => void;
  readonly forget: (uuid: string) => void;
  /** Marks a channel as ours: the connection may have broken before it was. */
  readonly mark: (channel: AttachedChannel) => void;
  /** Another daemon has it: its marks are to stay. */
  readonly taken: (channel: AttachedChannel) => void;
}

/** A call that is ours again when the list has ended that a daemon before this one gave to FreeSWITCH. */
export interface LeftCall {
  readonly uuid: string;
  /** What the channel carries, as it was written. */
  readonly program: { readonly kind: 'curl' | 'flow'; readonly target: string };
  readonly caller: string;
  readonly destination: string;
  /** Of the channel; milliseconds since the epoch. */
  readonly createdMs: number;
}

/**
 * What happens when the connection to the switch is there, for the first time or again: the channels that are held
 * are looked at, those that a daemon of the same instance left behind are resumed, and those that were parked
 * meanwhile are taken.
 */
export class Recovery {
  readonly #client: EslClient;
  readonly #claims: Claims;
  readonly #task: RecoveryTask;
  /** Channels that were not looked at on the present connection. */
  readonly #unseen = new Set<AttachedChannel>();
  readonly #waiting = new Map<AttachedChannel, (() => void)[]>();
  /** Calls of a daemon before this one, for which FreeSWITCH still runs a list. */
  readonly #leftRunning = new Map<string, LeftCall>();
  readonly #toForget = new Set<string>();

  constructor(client: EslClient, claims: Claims, task: RecoveryTask) {
    this.#client = client;
    this.#claims = claims;
    this.#task = task;
  }

  /** Calls of a daemon before this one, for which FreeSWITCH still runs a list. */
  get left(): LeftCall[] {
    return [...this.#leftRunning.values()];
  }

  /** The connection is gone. */
  interrupt(): void {
    // What was asked on it will not be answered.
    this.#leftRunning.clear();
    for (const channel of this.#task.held().values()) this.#unseen.add(channel);
  }

  usable(channel: AttachedChannel): Promise<void> {
    if (!this.#unseen.has(channel) || channel.gone.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(channel) ?? [];
      waiting.push(resolve);
      this.#waiting.set(channel, waiting);
      channel.gone.addEventListener('abort', () => resolve());
    });
  }

  forgetLater(uuid: string): void {
    this.#toForget.add(uuid);
  }

  async begin(): Promise<void> {
    let connection: EslConnection;
    try {
      connection = this.#client.connection;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return;
    }
    for (const uuid of this.#toForget) this.#task.forget(uuid);
    this.#toForget.clear();
    // Without this no call that is held goes on: the next connection begins anew.
    const seen = await done(this.#lookAtHeld(connection));
    if (seen === 'late') connection.destroy('The channels that are held could not be looked at.', 'timeout');
    if (seen !== 'done') return;
    for (let looks = 0; ; looks += 1) {
      const isLate = looks > FURTHER_LOOKS_MS.length;
      if ((await done(this.#lookForOthers(connection, isLate))) === 'gone') return;
      const pauseMs = FURTHER_LOOKS_MS[looks] ?? LOOK_EVERY_MS;
      await new Promise((resolve) => setTimeout(resolve, pauseMs).unref());
    }
  }

  /** Somebody asked for that call: what an earlier daemon left running on it is not waited for. */
  giveUp(uuid: string): void {
    this.#leftRunning.delete(uuid);
  }

  /** An event of a channel that carries our mark and is not held. */
  onEvent(uuid: string, event: EslEvent): void {
    if (!this.#leftRunning.has(uuid)) return;
    this.#leftRunning.delete(uuid);
    if (event.name !== 'CUSTOM') {
      this.#task.log({ uuid }, 'call of an earlier daemon has ended by itself');
      this.#task.forget(uuid);
      return;
    }
    this.#resume(uuid, event);
  }

  async #lookAtHeld(connection: EslConnection): Promise<void> {
    const channels = [...this.#unseen];
    const dumps = await askAll(
      connection,
      channels.map(({ uuid }) => `uuid_dump ${uuid} json`),
    );
    channels.forEach((channel, at) => {
      const dump = readDump(dumps[at] ?? '');
      const { instance, mark, taken } = this.#task;
      const owner = dump?.get(`variable_${OWNER}`);
      if (dump !== undefined && owner === undefined) mark(channel);
      if (owner !== undefined && owner !== instance && owner !== NOBODY) taken(channel);
      channel.reconcile(dump, owner === undefined || owner === instance);
      this.#unseen.delete(channel);
      for (const resolve of this.#waiting.get(channel) ?? []) resolve();
      this.#waiting.delete(channel);
    });
  }

  /** @param parkedOnly not to ask about each of thousands of channels now and then: those left behind are known by then */
  async #lookForOthers(connection: EslConnection, parkedOnly: boolean): Promise<void> {
    const listed = channelRows((await connection.send({ line: 'api show channels as json' })).text);
    const claimed = await this.#claims.held(connection);
    const rows = [...listed, ...claimedOnly(claimed, listed)];
    const unknown = rows.filter(
      ({ uuid, application = 'park' }) =>
        isPlainUuid(uuid) && !this.#task.held().has(uuid) && (!parkedOnly || application === 'park'),
    );
    const owners = await askAll(
      connection,
      unknown.map(({ uuid }) => `uuid_getvar ${uuid} ${OWNER}`),
    );
    const ours = unknown.filter((_, at) => owners[at] === this.#task.instance);
    const parked = unknown.filter(
      ({ application = 'park' }, at) =>
        this.#task.attach && application === 'park' && owners[at] === '_undef_',
    );
    const dumps = await askAll(
      connection,
      [...ours, ...parked].map(({ uuid }) => `uuid_dump ${uuid} json`),
    );
    dumps.forEach((text, at) => {
      const uuid = [...ours, ...parked][at]?.uuid ?? '';
      const dump = readDump(text);
      if (dump === undefined || this.#task.held().has(uuid) || this.#task.isBeingTaken(uuid)) return;
      if (at < ours.length) this.#leftBehind(connection, uuid, dump);
      else if (isParked(new EventData(dump))) this.#task.parked(dump);
    });
    await this.#forgetGone(connection, claimed, new Set(listed.map(({ uuid }) => uuid)));
  }

  #leftBehind(connection: EslConnection, uuid: string, dump: Headers): void {
    const value = (name: string): string => dump.get(`variable_${name}`) ?? '';
    // It was to be kept for what has gone with its daemon: the guard, which is on, lets it go where it belongs.
    if (value(TARGET_VARIABLE) === KEPT_TARGET) return;
    const place = value(PLACE);
    if (value('cti_status') !== '' || (place !== '' && place !== placeOf(dump))) {
      this.#task.forget(uuid);
    } else if (value(RUN) === '') {
      this.#resume(uuid, dump);
    } else if (!this.#leftRunning.has(uuid)) {
      this.#leftRunning.set(uuid, leftCall(uuid, dump));
      void connection.send(execute('event', probeEvent(), { uuid, eventLock: true }));
    }
  }

  #resume(uuid: string, headers: Headers): void {
    this.#task.log({ uuid }, 'call of an earlier daemon resumed');
    this.#task.resume(uuid, headers);
  }

  /** Claims on channels that ended while no daemon of this instance was there. */
  async #forgetGone(
    connection: EslConnection,
    claimed: readonly string[],
    listed: ReadonlySet<string>,
  ): Promise<void> {
    const doubtful = claimed.filter((uuid) => !listed.has(uuid) && !this.#task.held().has(uuid));
    const exist = await askAll(
      connection,
      doubtful.map((uuid) => `uuid_exists ${uuid}`),
    );
    const gone = doubtful.filter((_, at) => exist[at] === 'false');
    await Promise.all(connection.sendBatch(gone.flatMap((uuid) => this.#claims.giveBack(uuid))));
  }
}

/** `late`: a switch that is busy did not answer in time. `gone`: the connection broke again. */
async function done(look: Promise<void>): Promise<'done' | 'late' | 'gone'> {
  try {
    await look;
    return 'done';
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return error.code === 'switch_timeout' ? 'late' : 'gone';
  }
}

async function askAll(connection: EslConnection, commands: readonly string[]): Promise<string[]> {
  const answers: string[] = [];
  for (let at = 0; at < commands.length; at += BATCH) {
    const batch = commands.slice(at, at + BATCH).map((command): EslCommand => ({ line: `api ${command}` }));
    for (const reply of await Promise.all(connection.sendBatch(batch))) answers.push(reply.text);
  }
  return answers;
}

interface Row {
  readonly uuid: string;
  /** Absent: not known. */
  readonly application?: string;
}

/** What a daemon of this instance has claimed is known to the switch at once, `show channels` lists it late. */
function claimedOnly(claimed: readonly string[], listed: readonly Row[]): Row[] {
  const known = new Set(listed.map(({ uuid }) => uuid));
  return claimed.filter((uuid) => !known.has(uuid)).map((uuid) => ({ uuid }));
}

/** What `show channels as json` answered. */
function channelRows(text: string): Row[] {
  const rows = jsonObject(text)?.['rows'];
  if (!Array.isArray(rows)) return [];
  return rows.flatMap((row: unknown): Row[] => {
    if (typeof row !== 'object' || row === null || !('uuid' in row) || typeof row.uuid !== 'string')
      return [];
    const application = 'application' in row && typeof row.application === 'string' ? row.application : '';
    return [{ uuid: row.uuid, application }];
  });
}

function leftCall(uuid: string, dump: Headers): LeftCall {
  const value = (name: string): string => dump.get(name) ?? '';
  const flow = value('variable_cti_flow');
  const createdMicros = Number(value('Caller-Channel-Created-Time'));
  return {
    uuid,
    program:
      flow === '' ? { kind: 'curl', target: value('variable_cti_curl') } : { kind: 'flow', target: flow },
    caller: value('Caller-Caller-ID-Number'),
    destination: value('Caller-Destination-Number'),
    createdMs: createdMicros > 0 ? createdMicros / 1000 : Date.now(),
  };
}
