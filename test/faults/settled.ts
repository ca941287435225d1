import { readFile } from 'node:fs/promises';
import { channelsLeft } from '../freeswitch/switch.js';
import { eventually } from '../support/eventually.js';
import type { TestCall } from '../support/test-call.js';
import type { Bed } from './bed.js';

/**
 * How a call left switchhook, as the dialplan knows it.
 * - `done`, `failed`: back in the dialplan, `cti_status` says so;
 * - `unreached`: back in the dialplan with an empty `cti_status`: no daemon was there, or none any more;
 * - `hung_up`: it ended under control: the caller hung up, or the list did;
 * - `moved`: somebody took it elsewhere;
 * - `stuck`: it has not left at all.
 */
export type Way = 'done' | 'failed' | 'unreached' | 'hung_up' | 'moved' | 'stuck';

export interface Expected {
  /** How many there were. */
  readonly calls: number;
  /** Default: `done` alone. */
  readonly ends?: readonly Way[];
  /** Reasons of `failed` (`cti_error`); default: any. */
  readonly errors?: readonly string[];
  /** The switch was killed: what it said of its calls is not looked at. */
  readonly switchKilled?: boolean;
  /**
   * A daemon has gone on with calls whose events another has, which lives or has taken over those of a dead one: it
   * tells of each as a call of its own, with `continues`, and the other ends its part.
   */
  readonly continued?: boolean;
  /** How long calls may take to end. */
  readonly timeoutMs?: number;
  /** Looks at each call that has ended; what it finds wrong it adds to `faults`. */
  readonly judge?: (end: CallEnd) => void;
  readonly faults?: string[];
}

export interface CallEnd {
  readonly uuid: string;
  readonly way: Way;
  readonly error: string;
  readonly cause: string;
}

/** Calls that were lost are looked after every two seconds, and after two. */
const PATIENCE_MS = 12_000;

export async function expectSettled(bed: Bed, expected: Expected): Promise<void> {
  const { judge, faults = [] } = expected;
  const ends = expected.switchKilled === true ? [] : await endsOf(bed, expected);
  const { ends: ways = ['done'], errors } = expected;
  for (const end of ends) {
    const { uuid, way, error, cause } = end;
    if (way === 'stuck') faults.push(`${uuid} is stuck:\n${error}`);
    else judge?.(end);
    if (!ways.includes(way)) faults.push(`${uuid} ended as ${way} ${error} ${cause}, which was not foreseen`);
    if (way === 'failed' && errors?.includes(error) === false) faults.push(`${uuid} failed by ${error}`);
  }
  if (bed.placed.length !== expected.calls)
    faults.push(`${bed.placed.length} calls came to the switch instead of ${expected.calls}`);
  await Promise.all(bed.placed.map((call) => call.remove()));
  const { channelsLeft: left, detail } = await channelsLeft(bed.switch);
  if (left > 0) faults.push(`channels left behind:\n${detail}`);
  await tablesEmpty(bed, faults);
  const uuids = bed.placed.map(({ uuid }) => uuid);
  // A call that no daemon had may be known to none; nor one whose daemon died in the instant in which it took it.
  const optional = new Set(
    ends.filter(({ way, error }) => way === 'unreached' || error === 'daemon_lost').map(({ uuid }) => uuid),
  );
  const isKnown = (uuid: string): boolean =>
    bed.receiver.of(uuid).length > 0 || bed.daemons.some(({ output }) => output.includes(uuid));
  const wanted = uuids.filter((uuid) =>
    expected.switchKilled === true || optional.has(uuid) ? isKnown(uuid) : true,
  );
  await comeAgain(bed);
  for (const fault of await missing(bed, wanted, PATIENCE_MS)) faults.push(fault);
  faults.push(...(await tooMuch(bed, uuids, expected.continued === true)), ...(await stopped(bed)));
  for (const { output, host } of bed.daemons)
    for (const line of output.split('\n'))
      if (BAD.test(line)) faults.push(`daemon ${host} said: ${line.slice(0, 2000)}`);
  if (faults.length === 0) return;
  throw new Error([...new Set(faults), ...about(bed, faults)].join('\n'));
}

/** What receivers were told, and the logs say, of the calls that went wrong. */
function about(bed: Bed, faults: readonly string[]): string[] {
  const wrong = bed.placed.filter(({ uuid }) => faults.some((fault) => fault.includes(uuid))).slice(0, 3);
  const known = wrong.flatMap(({ uuid, executed }) => [
    `about ${uuid}: ran ${executed.map(({ application, data }) => `${application} ${data.slice(0, 40)}`).join('; ')}`,
    `told: ${bed.receiver
      .of(uuid)
      .map(
        ({ type, sequence, call, timestamp, data }) =>
          `${call.id.slice(5, 11)} ${sequence} ${type} by ${call.instance} at ${timestamp} ${JSON.stringify(data)}`,
      )
      .join('\n')}`,
    ...bed.daemons.flatMap(({ host, output }) =>
      output
        .split('\n')
        .filter((line) => line.includes(uuid))
        .map((line) => `${host}: ${line.slice(0, 1000)}`),
    ),
  ]);
  return [...known, ...bed.daemons.map(({ host, output }) => `daemon ${host}:\n${output.slice(-3000)}`)];
}

/** Nothing of this may stand in a log, whatever happens outside. */
const BAD = /unhandled|uncaught|by a defect|MaxListenersExceeded|TypeError|ReferenceError|"level":"fatal"/i;

/** How each call left switchhook. */
export async function endsOf(
  bed: Bed,
  { timeoutMs = 45_000 }: Pick<Expected, 'timeoutMs'>,
): Promise<CallEnd[]> {
  return Promise.all(bed.placed.map((call) => endOf(bed, call, timeoutMs)));
}

async function endOf(bed: Bed, call: TestCall, timeoutMs: number): Promise<CallEnd> {
  const { uuid } = call;
  const hasLeft = bed.switch.events.firstOf(
    uuid,
    `the end of ${uuid}`,
    (event) =>
      event.get('Event-Name') === 'CHANNEL_HANGUP' ||
      (event.get('Event-Name') === 'CHANNEL_EXECUTE' &&
        /^(back_in_dialplan|arrived)=/.test(event.get('Application-Data') ?? '')),
    timeoutMs,
  );
  const isStuck = await hasLeft.then(
    () => false,
    () => true,
  );
  const state = isStuck ? await bed.switch.api(`uuid_dump ${uuid}`) : '';
  if (await call.alive()) await call.over();
  if (isStuck) return { uuid, way: 'stuck', error: state, cause: '' };
  const last = await call.hungUp();
  const value = (name: string): string => last.get(`variable_${name}`) ?? '';
  const cause = last.get('Hangup-Cause') ?? '';
  return { uuid, way: wayOf(value), error: value('cti_error'), cause };
}

function wayOf(value: (name: string) => string): Way {
  if (value('arrived') !== '') return 'moved';
  if (value('back_in_dialplan') === '') return 'hung_up';
  const status = value('cti_status');
  return status === 'done' || status === 'failed' ? status : 'unreached';
}

/** No daemon believes that it has a call. */
async function tablesEmpty(bed: Bed, faults: string[]): Promise<void> {
  for (const daemon of bed.daemons.filter(({ isRunning }) => isRunning)) {
    try {
      await eventually(
        `an empty call table of ${daemon.host}`,
        async () => {
          const answer = await fetch(`${daemon.httpOrigin}/healthz`);
          const { calls } = (await answer.json()) as { calls: number };
          return calls === 0 ? true : undefined;
        },
        { timeoutMs: 10_000 },
      );
    } catch (error) {
      faults.push(error instanceof Error ? error.message : String(error));
    }
  }
}

interface WrittenRecord {
  readonly contact_id: string;
  readonly record_id: string;
}

/** The contact records of this bed. */
export async function recordsOf(bed: Bed): Promise<WrittenRecord[]> {
  const text = await readFile(bed.records, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as WrittenRecord);
}

function hasEnded(bed: Bed, uuid: string): boolean {
  const events = bed.receiver.of(uuid);
  const ended = events.filter(({ type }) => type === 'call.ended').length;
  return ended > 0 && ended === new Set(events.map(({ call }) => call.id)).size;
}

async function missing(bed: Bed, uuids: readonly string[], timeoutMs: number): Promise<string[]> {
  const look = async (): Promise<string[]> => {
    const recorded = new Set((await recordsOf(bed)).map(({ contact_id: uuid }) => uuid));
    return uuids.flatMap((uuid) => [
      ...(recorded.has(uuid) ? [] : [`no contact record of ${uuid}`]),
      ...(hasEnded(bed, uuid) ? [] : [`no call.ended of ${uuid}`]),
    ]);
  };
  try {
    await eventually('records', async () => ((await look()).length === 0 ? true : undefined), { timeoutMs });
    return [];
  } catch {
    return look();
  }
}

/** More than there should be, or in the wrong order. */
async function tooMuch(bed: Bed, uuids: readonly string[], continued: boolean): Promise<string[]> {
  const records = await recordsOf(bed);
  return uuids.flatMap((uuid) => {
    const count = records.filter(({ contact_id: id }) => id === uuid).length;
    const all = bed.receiver.of(uuid);
    const ids = [...new Set(all.map(({ call }) => call.id))];
    const told = all
      .map(({ type, sequence, call }) => `${call.id.slice(5, 11)} ${sequence} ${type}`)
      .join(', ');
    return [
      ...(count > 1 ? [`${count} contact records of ${uuid}`] : []),
      ...(ids.length > 1 && !continued ? [`${uuid} is told of as ${ids.length} calls: ${told}`] : []),
      ...ids.flatMap((id) => {
        const events = all.filter(({ call }) => call.id === id);
        const isWhole =
          events.every(({ sequence }, index) => sequence === index + 1) &&
          events.findIndex(({ type }) => type === 'call.ended') === events.length - 1;
        return isWhole ? [] : [`events of ${uuid}: ${told}`];
      }),
    ];
  });
}

/** What a daemon that was killed left open is finished by the next: here, by the same one, started again. */
async function comeAgain(bed: Bed): Promise<void> {
  await Promise.all(bed.daemons.filter(({ isRunning }) => !isRunning).map((daemon) => daemon.startAgain()));
}

/** Every daemon that runs ends when it is told to. */
async function stopped(bed: Bed): Promise<string[]> {
  const faults = await Promise.all(
    bed.daemons.map(async (daemon) => {
      if (!daemon.isRunning) return [];
      daemon.signal('SIGTERM');
      const exit = await daemon.exited().catch((error: unknown) => ({ code: String(error) }));
      return exit.code === 0 ? [] : [`daemon ${daemon.host} ended with ${JSON.stringify(exit)}`];
    }),
  );
  return faults.flat();
}
