import { ERRORS } from '../errors.js';
import type { AppError } from '../errors.js';
import { EslClient } from '../esl/client.js';
import { readStatus } from '../switch/admin-answers.js';
import type { SwitchStatus } from '../switch/admin-answers.js';
import type { Check } from './check.js';

export interface SwitchAddress {
  readonly host: string;
  readonly port: number;
  readonly password: string;
}

/** The password that FreeSWITCH comes with (conf/vanilla/autoload_configs/event_socket.conf.xml). */
const DEFAULT_PASSWORD = 'ClueCon';
const CONNECT_TIMEOUT_MS = 5000;

export interface Connected {
  readonly check: Check;
  /** Undefined when there is no connection. */
  readonly open?: { readonly client: EslClient; readonly status: SwitchStatus };
}

/** Address, access list, password, and whether it is a FreeSWITCH at all. Whoever gets the client stops it. */
export async function checkConnection(name: string, address: SwitchAddress): Promise<Connected> {
  const { host, port, password } = address;
  const about = { id: 'switch', subject: name } as const;
  const client = new EslClient({ host, port, password, connectTimeoutMs: CONNECT_TIMEOUT_MS });
  const failure = await firstState(client);
  if (failure !== undefined) {
    await client.stop();
    const { code, detail } = failure;
    const where = code === 'switch_unreachable' ? `${host}:${port}: ` : '';
    return {
      check: {
        ...about,
        status: 'failed',
        detail: `${ERRORS[code].message} ${where}${detail}`.trim(),
        remedy: ERRORS[code].remedy,
      },
    };
  }
  const status = readStatus(await client.api('status'));
  if (status === undefined) {
    await client.stop();
    const detail = `${host}:${port} does not answer "status" as FreeSWITCH does.`;
    return {
      check: { ...about, status: 'failed', detail, remedy: 'Check host and port; is mod_commands loaded?' },
    };
  }
  const open = { client, status };
  const detail = `FreeSWITCH ${status.version} at ${host}:${port}`;
  if (password !== DEFAULT_PASSWORD) return { check: { ...about, status: 'ok', detail }, open };
  return {
    check: {
      ...about,
      status: 'warning',
      detail: `${detail}; the password is the one that everybody knows.`,
      remedy: 'Change the password in event_socket.conf.xml, then reload mod_event_socket.',
    },
    open,
  };
}

/** The first try alone counts. */
function firstState(client: EslClient): Promise<AppError | undefined> {
  return new Promise((resolve) => {
    client.onState = ({ kind, lastError }) => {
      if (kind === 'connected') resolve(undefined);
      else if (kind === 'waiting' || kind === 'refused') resolve(lastError);
    };
    client.start();
  });
}
