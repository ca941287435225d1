import { readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import type { Command } from 'commander';
import { Option } from 'commander';
import type { z } from 'zod';
import { checked } from '../checked.js';
import { AppError, ERRORS } from '../errors.js';
import type { ErrorCode } from '../errors.js';
import { errorAnswerSchema } from '../http/contract/error.js';
import type { Cli } from './cli.js';
import { configOption, readNamedConfig } from './config-file.js';
import type { ConfigFlag } from './config-file.js';
import { eventsIn } from './event-stream.js';
import type { StreamEvent } from './event-stream.js';

/** The flags of every command that talks to a running daemon. */
export interface DaemonFlags extends ConfigFlag {
  readonly daemon?: string;
  readonly tokenFile?: string;
  readonly json?: boolean;
}

/** The longest that the daemon itself may take over a request: a reload of the switch. */
const DEFAULT_TIMEOUT_MS = 60_000;
/** The trace of a long call is the largest answer. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

export function daemonOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--daemon <url>',
        'where the daemon answers (else SWITCHHOOK_URL, else http.host and http.port of the configuration)',
      ),
    )
    .addOption(new Option('--token-file <file>', 'file with the token (else SWITCHHOOK_TOKEN)'))
    .addOption(configOption())
    .option('--json', 'print JSON');
}

export interface ApiQuestion {
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  readonly timeoutMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The API of a running daemon. What it answers is checked against the schema that the daemon answers by. */
export class ApiClient {
  readonly origin: string;
  readonly #token: string | undefined;

  constructor(origin: string, token?: string) {
    this.origin = origin;
    this.#token = token;
  }

  /** @throws AppError `usage`, `config_unreadable`, `config_invalid` */
  static of(cli: Cli, flags: DaemonFlags): ApiClient {
    return new ApiClient(originOf(cli, flags), tokenOf(cli, flags));
  }

  /** @param path below `/v1`, its parts encoded: use the tag `path` */
  get<T extends z.ZodType>(path: string, schema: T, question: ApiQuestion = {}): Promise<z.output<T>> {
    return this.#ask('GET', path, schema, question);
  }

  post<T extends z.ZodType>(path: string, schema: T, question: ApiQuestion = {}): Promise<z.output<T>> {
    return this.#ask('POST', path, schema, { body: {}, ...question });
  }

  /** For the other methods. */
  ask<T extends z.ZodType>(
    method: 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    schema: T,
    question: ApiQuestion = {},
  ): Promise<z.output<T>> {
    return this.#ask(method, path, schema, question);
  }

  /** @throws AppError what the daemon said; `daemon_unreachable`, `daemon_protocol` */
  async #ask<T extends z.ZodType>(
    method: string,
    path: string,
    schema: T,
    { query = {}, body, timeoutMs = DEFAULT_TIMEOUT_MS, headers = {} }: ApiQuestion,
  ): Promise<z.output<T>> {
    const url = this.#url(path, query);
    const { status, text } = await this.#exchange(url, method, { body, headers, timeoutMs });
    const value = jsonOf(text);
    if (status !== 200) throw errorOf(status, value, this.origin);
    const result = checked(schema, value);
    if (result.success) return result.data;
    const [issue] = result.error.issues;
    throw new AppError(
      'daemon_protocol',
      `${url.pathname}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`,
    );
  }

  /**
   * Events as they come, until the daemon ends them or the signal is given.
   * @throws AppError what the daemon said; `daemon_unreachable`, also when the connection breaks; `daemon_protocol`
   */
  async *stream(
    path: string,
    {
      query = {},
      headers = {},
      signal,
    }: Pick<ApiQuestion, 'query' | 'headers'> & { readonly signal: AbortSignal },
  ): AsyncGenerator<StreamEvent> {
    try {
      const token = this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` };
      const response = await fetch(this.#url(path, query), {
        headers: { accept: 'text/event-stream', ...headers, ...token },
        redirect: 'manual',
        signal,
      });
      if (response.status !== 200)
        throw errorOf(response.status, jsonOf(await limitedText(response)), this.origin);
      if (response.body !== null) yield* eventsIn(response.body);
    } catch (error) {
      if (error instanceof AppError) throw error;
      throw new AppError('daemon_unreachable', this.origin, { cause: error });
    }
  }

  #url(path: string, query: NonNullable<ApiQuestion['query']>): URL {
    const url = new URL(`${this.origin}/v1${path}`);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, String(value));
    return url;
  }

  async #exchange(
    url: URL,
    method: string,
    { body, headers: more, timeoutMs }: Required<Pick<ApiQuestion, 'body' | 'headers' | 'timeoutMs'>>,
  ): Promise<{ status: number; text: string }> {
    const headers: Record<string, string> = { accept: 'application/json', ...more };
    if (this.#token !== undefined) headers['authorization'] = `Bearer ${this.#token}`;
    if (body !== undefined) headers['content-type'] = 'application/json';
    try {
      const response = await fetch(url, {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        // The token is for this address and for no other.
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
      });
      return { status: response.status, text: await limitedText(response) };
    } catch (error) {
      if (error instanceof AppError) throw error;
      const timedOut = error instanceof Error && error.name === 'TimeoutError';
      const detail = timedOut ? `${this.origin} did not answer within ${timeoutMs} ms` : this.origin;
      throw new AppError('daemon_unreachable', detail, { cause: error });
    }
  }
}

/** Tag for paths: what is put in is encoded. */
export function path(strings: TemplateStringsArray, ...values: readonly string[]): string {
  return strings.reduce((text, part, index) => {
    const value = values[index - 1] ?? '';
    // `.` and `..` would be taken for steps in the path.
    if (/^\.{1,2}$/.test(value)) throw new AppError('usage', `"${value}" is not a name`);
    return `${text}${encodeURIComponent(value)}${part}`;
  });
}

/** Where the daemon of a configuration is asked, also when it listens on all addresses. */
export function originOfConfig({ host, port }: { readonly host: string; readonly port: number }): string {
  if (host === '0.0.0.0') return `http://127.0.0.1:${port}`;
  if (host === '::') return `http://[::1]:${port}`;
  return `http://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

function originOf(cli: Cli, flags: DaemonFlags): string {
  const [from, named] =
    flags.daemon === undefined ? ['SWITCHHOOK_URL', cli.env['SWITCHHOOK_URL']] : ['--daemon', flags.daemon];
  if (named === undefined || named === '')
    return originOfConfig(readNamedConfig(cli, flags, 'defaults').config.http);
  if (!URL.canParse(named)) throw new AppError('usage', `${from}: expected a URL like http://127.0.0.1:8085`);
  const { protocol, origin, pathname, username, password } = new URL(named);
  const plain = (protocol === 'http:' || protocol === 'https:') && username === '' && password === '';
  if (!plain) throw new AppError('usage', `${from}: expected an http(s) URL without user and password`);
  return `${origin}${pathname.replace(/(?<!\/)\/+$/, '')}`;
}

function tokenOf(cli: Cli, flags: DaemonFlags): string | undefined {
  if (flags.tokenFile === undefined) return cli.env['SWITCHHOOK_TOKEN'] || undefined;
  let text: string;
  try {
    text = readFileSync(flags.tokenFile, 'utf8').trim();
  } catch (error) {
    const { code = 'error' } = error as NodeJS.ErrnoException;
    throw new AppError('usage', `--token-file: ${flags.tokenFile} can't be read (${code})`);
  }
  if (!/^[\x21-\x7e]+$/.test(text))
    throw new AppError('usage', `--token-file: ${flags.tokenFile} holds no token`);
  return text;
}

async function limitedText({ body }: Response): Promise<string> {
  if (body === null) return '';
  const reader = body.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks).toString('utf8');
    bytes += value.length;
    if (bytes > MAX_ANSWER_BYTES) throw new AppError('daemon_protocol', 'The answer is larger than 64 MB.');
    chunks.push(value);
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** What the daemon refused, as if it had been thrown here. */
function errorOf(status: number, value: unknown, origin: string): AppError {
  const answer = checked(errorAnswerSchema, value);
  if (!answer.success) return new AppError('daemon_protocol', `${origin} answered ${status}`);
  const { code, message, detail } = answer.data.error;
  return errorOfCode(code, detail, message);
}

/** An error that the daemon told of. One of a later version is not known here. */
export function errorOfCode(code: string, detail: string, message = ''): AppError {
  if (Object.hasOwn(ERRORS, code)) return new AppError(code as ErrorCode, detail);
  return new AppError('daemon_protocol', `${code}: ${message} ${detail}`.trim());
}
