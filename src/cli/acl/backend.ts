import { AclService } from '../../acl/service.js';
import type { AddRequest, RemoveRequest } from '../../acl/service.js';
import { AppError } from '../../errors.js';
import {
  aclApplySchema,
  aclCheckSchema,
  aclEditSchema,
  aclListSchema,
  aclListsSchema,
  aclTestSchema,
} from '../../http/contract/acl.js';
import type {
  AclApplyAnswer,
  AclCheckAnswer,
  AclEditAnswer,
  AclListAnswer,
  AclListsAnswer,
  AclTestAnswer,
} from '../../http/contract/acl.js';
import { ApiClient, path } from '../api-client.js';
import type { DaemonFlags } from '../api-client.js';
import type { Cli } from '../cli.js';
import type { Immutable } from '../remote.js';

export interface AclFlags extends DaemonFlags {
  readonly file?: string;
  readonly conf?: string;
  readonly switch?: string;
}

type Reply<T> = Promise<Immutable<T>>;

/** Where the lists are: in a file here, or with a running daemon. */
export interface AclBackend {
  lists(): Reply<AclListsAnswer>;
  show(list: string): Reply<AclListAnswer>;
  add(list: string, request: AddRequest): Reply<AclEditAnswer>;
  remove(list: string, request: RemoveRequest): Reply<AclEditAnswer>;
  test(ip: string, list: string | undefined, port: number): Reply<AclTestAnswer>;
  check(): Reply<AclCheckAnswer>;
  apply(): Reply<AclApplyAnswer>;
}

/** @throws AppError `usage` */
export function aclBackend(cli: Cli, flags: AclFlags): AclBackend {
  if (flags.file === undefined) {
    if (flags.conf !== undefined)
      throw new AppError('usage', '--conf goes with --file; the daemon knows its own');
    return new DaemonBackend(ApiClient.of(cli, flags), flags.switch);
  }
  for (const [name, value] of [
    ['--switch', flags.switch],
    ['--daemon', flags.daemon],
  ])
    if (value !== undefined) throw new AppError('usage', `${name} does not go with --file`);
  return new AclService({ file: flags.file, confDir: flags.conf });
}

class DaemonBackend implements AclBackend {
  readonly #client: ApiClient;
  readonly #switch: string | undefined;

  constructor(client: ApiClient, switchName: string | undefined) {
    this.#client = client;
    this.#switch = switchName;
  }

  lists(): Promise<AclListsAnswer> {
    return this.#client.get('/acl/lists', aclListsSchema, { query: { switch: this.#switch } });
  }

  show(list: string): Promise<AclListAnswer> {
    return this.#client.get(path`/acl/lists/${list}`, aclListSchema, { query: { switch: this.#switch } });
  }

  add(list: string, { dryRun, ...request }: AddRequest): Promise<AclEditAnswer> {
    return this.#client.post(path`/acl/lists/${list}/entries`, aclEditSchema, {
      body: { ...request, dry_run: dryRun, switch: this.#switch },
    });
  }

  remove(list: string, { cidr, dryRun }: RemoveRequest): Promise<AclEditAnswer> {
    return this.#client.ask('DELETE', path`/acl/lists/${list}/entries`, aclEditSchema, {
      query: { cidr, dry_run: dryRun === true, switch: this.#switch },
    });
  }

  test(ip: string, list: string | undefined, port: number): Promise<AclTestAnswer> {
    return this.#client.get('/acl/test', aclTestSchema, { query: { ip, list, port, switch: this.#switch } });
  }

  check(): Promise<AclCheckAnswer> {
    return this.#client.get('/acl/check', aclCheckSchema, { query: { switch: this.#switch } });
  }

  apply(): Promise<AclApplyAnswer> {
    return this.#client.post('/acl/apply', aclApplySchema, { body: { switch: this.#switch } });
  }
}
