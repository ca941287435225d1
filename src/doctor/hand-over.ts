import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { AppError, ERRORS } from '../errors.js';
import { readReloadXml } from '../switch/admin-answers.js';
import type { Check, Fix, SwitchPort } from './check.js';

/** The context of dialplan/switchhook.xml, and what is asked of it to hand over a call. */
const CONTEXT = 'switchhook';
const DEFAULT_HOSTS = '127.0.0.1:8084';

export interface DialplanPlaces {
  /** dialplan/switchhook.xml of this installation. */
  readonly source: string;
  /** FreeSWITCH's configuration folder, where it is known and on this machine. */
  readonly confDir?: string;
}

export interface DialplanCheck {
  readonly check: Check;
  /** The context is there, so that a call can be handed over through it. */
  readonly present: boolean;
}

/** Is the context that hands over calls in force? */
export async function checkDialplan(port: SwitchPort, places: DialplanPlaces): Promise<DialplanCheck> {
  const about = { id: 'dialplan', subject: port.name } as const;
  const xml = await port.api(`xml_locate dialplan context name ${CONTEXT}`);
  if (!xml.startsWith('<')) {
    const fix = await copying(port, places);
    return {
      present: false,
      check: {
        ...about,
        status: 'failed',
        detail: `There is no dialplan context "${CONTEXT}".`,
        remedy: `Copy ${places.source} into the dialplan folder of FreeSWITCH's configuration, then: switchhook reload xml.`,
        ...(fix === undefined ? {} : { fix }),
      },
    };
  }
  if (!/application="socket"/.test(xml)) {
    return {
      present: false,
      check: {
        ...about,
        status: 'failed',
        detail: `The dialplan context "${CONTEXT}" holds no socket application.`,
        remedy: `Replace it by ${places.source}, then: switchhook reload xml.`,
      },
    };
  }
  const detail = `The context "${CONTEXT}" hands over to ${await hostsOf(port)}.`;
  return { present: true, check: { ...about, status: 'ok', detail } };
}

async function hostsOf(port: SwitchPort): Promise<string> {
  const hosts = await port.api('global_getvar switchhook_hosts');
  return hosts === '' || hosts.startsWith('-ERR') ? DEFAULT_HOSTS : hosts;
}

/** Offered where nothing is written over. */
async function copying(port: SwitchPort, { source, confDir }: DialplanPlaces): Promise<Fix | undefined> {
  if (confDir === undefined) return undefined;
  const folder = join(confDir, 'dialplan');
  const target = join(folder, 'switchhook.xml');
  try {
    await access(source, constants.R_OK);
    await access(folder, constants.W_OK);
  } catch {
    return undefined;
  }
  if (await exists(target)) return undefined;
  return {
    what: `Copy ${source} to ${target} and make ${port.name} read its XML again`,
    async apply() {
      await copyFile(source, target, constants.COPYFILE_EXCL);
      const read = readReloadXml(await port.api('reloadxml'));
      if (!read.done) throw new AppError('reload_failed', read.detail);
    },
  };
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** FreeSWITCH's `socket` has no time-out of its own while it connects. */
const CALL_TIMEOUT_MS = 8000;
const POLL_MS = 50;

export interface HandOverOptions {
  /** Through the project's dialplan context, else by a socket to the daemon's own address. */
  readonly throughContext: boolean;
  /** `host:port` on which the daemon listens, as the switch would have to name it. */
  readonly daemon: string;
  readonly timeoutMs?: number;
}

/**
 * Hands over a call that nobody placed: a channel without media and without a program, which the daemon is to send
 * back at once. Whatever FreeSWITCH's side of the way has wrong (context, address, firewall, a daemon that is not
 * there) shows in what comes back.
 */
export async function checkHandOver(port: SwitchPort, options: HandOverOptions): Promise<Check> {
  const about = { id: 'hand_over', subject: port.name } as const;
  const uuid = randomUUID();
  const way = options.throughContext
    ? `execute_extension:cti_curl XML ${CONTEXT}`
    : `socket:${options.daemon} full`;
  const where = options.throughContext ? await hostsOf(port) : options.daemon;
  const answer = await port.api(
    `originate {origination_uuid=${uuid},origination_caller_id_name=switchhook_doctor}null/switchhook 'm:~:${way}~set:switchhook_doctor=over~park' inline`,
  );
  if (!answer.startsWith('+OK')) {
    return {
      ...about,
      status: 'skipped',
      detail: `FreeSWITCH does not place the test call: ${answer}`,
      remedy: 'Load mod_loopback, which has the endpoint "null", to have this tried.',
    };
  }
  try {
    const over = await untilOver(port, uuid, options.timeoutMs ?? CALL_TIMEOUT_MS);
    const code = over ? await variable(port, uuid, 'cti_error') : '';
    return { ...about, ...verdict(over, code, where) };
  } finally {
    await port.api(`uuid_kill ${uuid}`).catch(() => '');
  }
}

function verdict(over: boolean, code: string, where: string): Pick<Check, 'status' | 'detail' | 'remedy'> {
  // The channel names no program, and only the daemon says so.
  if (code === 'no_program') return { status: 'ok', detail: `A test call reached the daemon at ${where}.` };
  if (code === 'overloaded')
    return {
      status: 'warning',
      detail: `A test call reached the daemon at ${where}, which takes no calls now.`,
      remedy: ERRORS.overloaded.remedy,
    };
  if (code !== '')
    return { status: 'warning', detail: `The daemon at ${where} answered a test call with ${code}.` };
  if (!over)
    return {
      status: 'failed',
      detail: `A test call hangs in the connection to ${where}: packets are dropped on the way, or what listens there is not the daemon.`,
      remedy: 'Let a firewall refuse what it does not let through, and let FreeSWITCH reach listen.port.',
    };
  return {
    status: 'failed',
    detail: `A test call came back without having reached a daemon at ${where}.`,
    remedy:
      'Start the daemon (switchhook serve), let listen.host be an address that FreeSWITCH reaches, and name it in the global variable switchhook_hosts (vars.xml).',
  };
}

async function untilOver(port: SwitchPort, uuid: string, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    if ((await variable(port, uuid, 'switchhook_doctor')) === 'over') return true;
    if (performance.now() >= deadline) return false;
    await pause(POLL_MS);
  }
}

/** Empty when it is not set, or the channel is gone. */
async function variable(port: SwitchPort, uuid: string, name: string): Promise<string> {
  const value = await port.api(`uuid_getvar ${uuid} ${name}`);
  return value === '_undef_' || value.startsWith('-ERR') ? '' : value;
}
