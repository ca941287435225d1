import { basename, join } from 'node:path';
import { Policy } from '../call/policy.js';
import type { Config } from '../config/schema.js';
import { AppError } from '../errors.js';
import { mermaid, tree } from '../flow/diagram.js';
import type { Flow, Problem } from '../flow/flow.js';
import { checkContext, speechOf } from '../flow-files/check-context.js';
import { checkedFlows, flowFilesIn } from '../flow-files/folder.js';
import type { BackgroundTests } from '../flow-test/background.js';
import type { TestJob } from '../flow-test/job.js';
import { readFunctionsFile } from '../functions/functions-file.js';
import type { Environment } from '../functions/functions-file.js';
import type { Flows } from './flows.js';

interface InForce {
  readonly config: Config;
  readonly flows: Flows;
}

interface FlowSummary {
  name: string;
  version: string;
  description: string;
  blocks: number;
  numbers: string[];
}

interface FlowDetails extends FlowSummary {
  document: unknown;
  exits: { block: string; type: string; exit: string; to: string | null }[];
}

interface Checked {
  ok: boolean;
  version: string;
  flows: number;
  problems: {
    severity: 'error' | 'warning';
    rule: string;
    message: string;
    flow: string;
    file: string;
    path: (string | number)[];
    line?: number | undefined;
    column?: number | undefined;
  }[];
}

interface Tested {
  ok: boolean;
  cases: {
    file: string;
    name: string;
    place: string;
    ok: boolean;
    misses: { what: string; expected: string; got: string }[];
    path: string[];
    ends: string;
    duration_ms: number;
  }[];
  coverage: {
    flow: string;
    blocks: number;
    blocks_covered: number;
    exits: number;
    exits_covered: number;
    missed: string[];
  }[];
  duration_ms: number;
}

/** What the API tells of flows. */
export class ConfiguredFlows {
  readonly #inForce: () => InForce;
  readonly #env: Environment;
  readonly #tests: Pick<BackgroundTests, 'run'>;

  constructor(inForce: () => InForce, env: Environment, tests: Pick<BackgroundTests, 'run'>) {
    this.#inForce = inForce;
    this.#env = env;
    this.#tests = tests;
  }

  list(): { version: string; flows: FlowSummary[] } {
    const { current } = this.#inForce().flows.library;
    return {
      version: current.version,
      flows: [...current.flows.values()].map((flow) => this.#summary(flow)),
    };
  }

  /** @throws AppError `no_such_flow` */
  show(name: string): FlowDetails {
    const flow = this.#flow(name);
    const exits = [...flow.blocks.values()].flatMap(({ name: block, type, ways }) =>
      Array.from(ways, ([exit, { target }]) => ({ block, type: type.type, exit, to: target ?? null })),
    );
    return { ...this.#summary(flow), document: flow.source.document, exits };
  }

  /** @throws AppError `no_such_flow` */
  diagram(name: string, format: 'mermaid' | 'tree'): string {
    return format === 'mermaid' ? mermaid(this.#flow(name)) : tree(this.#flow(name));
  }

  /**
   * The files as they are now, with functions.yaml as it is now.
   * @param given stands for the file of its name, or beside the others
   * @throws AppError `config_unreadable`, `config_invalid`
   */
  check(given?: { readonly name: string; readonly text: string }): Checked {
    const { config } = this.#inForce();
    const { folder } = config.flows;
    const { file: functionsFile } = config.functions;
    const functions =
      functionsFile === undefined ? new Map() : readFunctionsFile(functionsFile, this.#env).functions;
    const profile = config.policies[config.flows.policy];
    const policy = profile === undefined ? undefined : new Policy(config.flows.policy, profile);
    const files = folder === undefined ? [] : flowFilesIn(folder);
    const { set, problems } = checkedFlows(
      files,
      { speech: speechOf(config.flows), stateMaxBytes: config.flows.state_max_bytes },
      checkContext(config.flows, { functions, policy }),
      given,
    );
    return {
      ok: !problems.some(({ severity }) => severity === 'error'),
      version: set.version,
      flows: set.flows.size,
      problems: problems.map(problemAnswer),
    };
  }

  /** @throws AppError as BackgroundTests.run */
  async test({
    files,
    only,
  }: {
    readonly files?: readonly { readonly name: string; readonly content: unknown }[];
    readonly only?: string;
  }): Promise<Tested> {
    const begunMs = performance.now();
    const { config, flows } = this.#inForce();
    const { current } = flows.library;
    const { folder } = config.flows;
    if (files === undefined && folder === undefined)
      throw new AppError('invalid_request', 'body.files: no folder of flows is configured');
    const job: TestJob = {
      flows: Object.fromEntries(
        Array.from(current.flows.values(), ({ name, source }) => [name, source.document]),
      ),
      speech: current.speech,
      stateMaxBytes: current.stateMaxBytes,
      policies: config.policies,
      policy: config.flows.policy,
      numbers: Object.entries(config.flows.numbers).map(([number, flow]) => ({ number, flow })),
      functions: config.functions.file === undefined ? undefined : withoutSecrets(flows),
      cases: files === undefined ? { folder: join(folder ?? '', 'tests') } : { files },
      ...(only === undefined ? {} : { only }),
    };
    const { cases, coverage } = await this.#tests.run(job);
    return {
      ok: cases.every(({ misses }) => misses.length === 0),
      cases: cases.map(({ misses, path, realMs, ...one }) => ({
        ...one,
        ok: misses.length === 0,
        misses: [...misses],
        path: [...path],
        duration_ms: tenths(realMs),
      })),
      coverage: coverage.map(({ blocksCovered, exitsCovered, missed, ...one }) => ({
        ...one,
        blocks_covered: blocksCovered,
        exits_covered: exitsCovered,
        missed: [...missed],
      })),
      duration_ms: tenths(performance.now() - begunMs),
    };
  }

  #flow(name: string): Flow {
    const { flows } = this.#inForce().flows.library.current;
    const flow = flows.get(name);
    if (flow !== undefined) return flow;
    throw new AppError('no_such_flow', JSON.stringify(name));
  }

  #summary({ name, version, description, blocks }: Flow): FlowSummary {
    const { numbers } = this.#inForce().config.flows;
    return {
      name,
      version,
      description: description ?? '',
      blocks: blocks.size,
      numbers: Object.entries(numbers).flatMap(([number, flow]) => (flow === name ? [number] : [])),
    };
  }
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}

/** Cases invoke no function, so that none of their secrets is needed where they run. */
function withoutSecrets({ functions }: Flows): Flows['functions'] {
  return new Map(
    Array.from(functions, ([name, settings]) => [
      name,
      { ...settings, headers: {}, environment: {}, signing_secrets: [] },
    ]),
  );
}

/** Where the files are on the daemon's machine is nobody's business. */
function problemAnswer({
  severity,
  rule,
  message,
  flow,
  file,
  path,
  line,
  column,
}: Problem): Checked['problems'][number] {
  return {
    severity,
    rule,
    message,
    flow,
    file: basename(file),
    path: [...path],
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
  };
}
