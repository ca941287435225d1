import { basename } from 'node:path';
import { isPlainMap } from '../config/layer.js';
import type { Config } from '../config/schema.js';
import { AppError } from '../errors.js';
import { FlowFiles } from '../functions/flow-files.js';
import type { Environment } from '../functions/functions-file.js';
import type { FunctionInvoker } from '../functions/invoke.js';
import type { JsonObject } from '../functions/json.js';
import { FunctionRegistry, settingsOf } from '../functions/registry.js';
import type { FunctionChange } from '../functions/registry.js';
import type { FunctionSettings } from '../functions/settings.js';
import { tryFunction } from '../functions/trial.js';

interface InForce {
  readonly config: Config;
  readonly invoker: FunctionInvoker;
}

interface Change {
  name: string;
  files: string[];
  misfits: { flow: string; block: string; place: string; problem: string }[];
  in_force: boolean;
  problem?: string | undefined;
}

interface Trial {
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly attributes: Readonly<Record<string, string>>;
  readonly caller?: string | undefined;
  readonly called?: string | undefined;
}

/** Secrets that a function of somebody else's making may be given. */
const ENV_NAME = /^SWITCHHOOK_FUNCTION_[A-Z0-9_]{1,64}$/;
/** They name files of the daemon's machine, or code that it would run. */
const FILE_SETTINGS = ['file', 'handler', 'environment', 'ca_file', 'client_cert_file', 'client_key_file'];

/**
 * What the API does with functions. Whoever may use it sets URLs and parameters; what runs on the daemon's machine,
 * and what is read from it, is for those who may log in there.
 */
export class ConfiguredFunctions {
  readonly #inForce: () => InForce;
  readonly #env: Environment;
  readonly #reload: () => unknown;

  /** @param reload takes over what was written; throws when it can't */
  constructor(inForce: () => InForce, env: Environment, reload: () => unknown) {
    this.#inForce = inForce;
    this.#env = env;
    this.#reload = reload;
  }

  /** @throws AppError `config_invalid`, `config_unreadable` */
  list() {
    if (this.#inForce().config.functions.file === undefined) return [];
    return this.#registry()
      .list()
      .map(({ timeoutMs, kind, target, ...one }) => ({
        ...one,
        kind,
        target: kind === 'local' ? basename(target) : target,
        timeout_ms: timeoutMs,
      }));
  }

  /** @throws AppError `no_such_function`, … */
  show(name: string) {
    const { place, settings, uses, misfits, unreadable, ...rest } = this.#registry().show(name);
    return {
      ...rest,
      place: shortPlace(place),
      settings: { ...settings },
      uses: uses.map((use) => ({
        ...use,
        place: shortPlace(use.place),
        parameters: [...use.parameters],
        outputs: [...use.outputs],
      })),
      misfits: misfits.map(shortened),
      unreadable: unreadable.map(shortPlace),
    };
  }

  add(name: string, settings: Readonly<Record<string, unknown>>): Change {
    refuseForeign(settings);
    return this.#changed(this.#registry().add(name, settings));
  }

  set(name: string, patch: Readonly<Record<string, unknown>>): Change {
    refuseForeign(patch);
    const registry = this.#registry();
    refuseElsewhere(settingsOf(registry.read(), name), patch);
    return this.#changed(registry.set(name, patch));
  }

  remove(name: string): Change {
    return this.#changed(this.#registry().remove(name));
  }

  rename(from: string, to: string, updateFlows: boolean): Change {
    return this.#changed(this.#registry().rename(from, to, { updateFlows }));
  }

  /** As the daemon has it in force. @throws AppError `no_such_function`, `invalid_request` */
  async test(name: string, { parameters, attributes, caller, called }: Trial) {
    const { config, invoker } = this.#inForce();
    const settings = settingsOf(this.#registry().read(), name);
    if (!invoker.has(name))
      throw new AppError('no_such_function', `${name} is not in force: reload the configuration`);
    const { uses } = this.#flows().flowsUsing(name);
    let trial: Awaited<ReturnType<typeof tryFunction>>;
    try {
      trial = await tryFunction(invoker, name, settings, uses, {
        parameters: parameters as JsonObject,
        attributes,
        instanceArn: config.functions.instance_arn,
        ...(caller === undefined ? {} : { caller }),
        ...(called === undefined ? {} : { called }),
      });
    } catch (error) {
      if (error instanceof AppError && error.code === 'usage')
        throw new AppError('invalid_request', `body.parameters: ${error.detail}`);
      throw error;
    }
    const { result, attempts, request, response, remarks, flows } = trial;
    const missed = flows.some(({ missing }) => missing.length > 0);
    return {
      ok: result.ok && !missed,
      ...(result.ok ? { values: { ...result.values } } : { code: result.code, detail: result.detail }),
      duration_ms: result.durationMs,
      attempts: attempts.map(({ durationMs, ...one }) => ({ ...one, duration_ms: durationMs })),
      request,
      ...(response === undefined ? {} : { response: response.slice(0, 65_536) }),
      remarks: [...remarks],
      flows: flows.map(({ flow, block, place, missing }) => ({
        flow,
        block,
        place: shortPlace(place),
        missing: [...missing],
      })),
    };
  }

  #registry(): FunctionRegistry {
    const { file } = this.#inForce().config.functions;
    if (file === undefined) throw new AppError('functions_not_configured');
    return new FunctionRegistry({ file, env: this.#env, flows: this.#flows() });
  }

  #flows(): FlowFiles {
    return new FlowFiles(this.#inForce().config.flows.folder);
  }

  #changed({ name, files, misfits }: FunctionChange): Change {
    const change = {
      name,
      files: files.map((file) => basename(file)),
      misfits: misfits.map(shortened),
    };
    try {
      this.#reload();
      return { ...change, in_force: true };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return { ...change, in_force: false, problem: `${error.code}: ${error.detail}` };
    }
  }
}

/** @throws AppError `forbidden` */
function refuseForeign(settings: Readonly<Record<string, unknown>>): void {
  const named = FILE_SETTINGS.find((name) => Object.hasOwn(settings, name) && settings[name] !== null);
  if (named !== undefined)
    throw new AppError('forbidden', `${named} can only be set on the machine of the daemon`);
  refuseReferences(settings, 0);
}

/**
 * A secret goes where those sent it who wrote it into the file: a function that is to ask another server from now on has
 * to be given others, or none.
 * @throws AppError `forbidden`
 */
function refuseElsewhere(before: FunctionSettings, patch: Readonly<Record<string, unknown>>): void {
  const { url, headers } = patch;
  if (typeof url !== 'string' || originOf(url) === originOf(before.url ?? '')) return;
  const given = isPlainMap(headers) ? headers : {};
  // An object would be merged with the reference that stands there.
  const isGiven = (name: string): boolean => typeof given[name] === 'string' || given[name] === null;
  const kept = headers === null ? [] : Object.keys(before.headers).filter((header) => !isGiven(header));
  if (before.signing_secrets.length > 0 && !Object.hasOwn(patch, 'signing_secrets'))
    kept.push('signing_secrets');
  if (kept.length === 0) return;
  const detail = `another server would be sent what is kept of ${kept.join(', ')}: give new ones, or take them away (null)`;
  throw new AppError('forbidden', detail);
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : '';
}

function refuseReferences(value: unknown, depth: number): void {
  if (depth > 20) throw new AppError('invalid_request', 'body.settings: too deep');
  if (Array.isArray(value)) {
    for (const item of value) refuseReferences(item, depth + 1);
    return;
  }
  if (!isPlainMap(value)) return;
  // Wherever it stands, also beside other keys: a patch may take those away.
  const { file, env } = value;
  if (typeof file === 'string')
    throw new AppError('forbidden', 'a secret from a file can only be set on the machine of the daemon');
  if (typeof env === 'string' && !ENV_NAME.test(env))
    throw new AppError('forbidden', 'the variable has to be one of SWITCHHOOK_FUNCTION_*');
  for (const item of Object.values(value)) refuseReferences(item, depth + 1);
}

function shortened<T extends { readonly place: string }>(one: T): T {
  return { ...one, place: shortPlace(one.place) };
}

/** `/etc/switchhook/flows/support.yaml:12:5` → `support.yaml:12:5` */
function shortPlace(place: string): string {
  return place.replace(/^.*\//, '');
}
