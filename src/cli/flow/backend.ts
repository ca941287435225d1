import { basename } from 'node:path';
import { AppError } from '../../errors.js';
import { mermaid, tree } from '../../flow/diagram.js';
import type { Problem } from '../../flow/flow.js';
import { Coverage } from '../../flow-test/coverage.js';
import { runSuite } from '../../flow-test/suite.js';
import {
  diagramSchema,
  flowCheckSchema,
  flowSchema,
  flowsSchema,
  flowTestSchema,
} from '../../http/contract/flows.js';
import type { FlowCheckAnswer, FlowsAnswer, FlowTestAnswer } from '../../http/contract/flows.js';
import { ApiClient, path } from '../api-client.js';
import type { Cli } from '../cli.js';
import { isRemote } from '../remote.js';
import type { Immutable } from '../remote.js';
import { withGround } from './ground.js';
import { testCases } from './test-cases.js';
import { flowNamed, flowWorkplace, shownPlace, soundFlows } from './workplace.js';
import type { FlowFlags, FlowWorkplace } from './workplace.js';

export type ListedFlows = Immutable<FlowsAnswer> & {
  /** What is wrong with those that are not among them. */
  readonly errors: number;
};

export type CheckedFlows = Immutable<FlowCheckAnswer> & {
  /** The folder, or the daemon. */
  readonly where: string;
};

export type TestedCase = Immutable<Omit<FlowTestAnswer['cases'][number], 'path' | 'ends'>>;
export type TestedFlows = Immutable<Pick<FlowTestAnswer, 'coverage' | 'duration_ms'>> & {
  readonly cases: readonly TestedCase[];
};

export interface TestRequest {
  /** Files of cases, or folders of them; none: those beside the flows. */
  readonly paths: readonly string[];
  readonly only: string | undefined;
  readonly onResult: (one: TestedCase) => void;
}

/** Where the flows are: in files here, or with a running daemon. Both answer as the API does. */
export interface FlowBackend {
  list(): Promise<ListedFlows>;
  document(name: string): Promise<unknown>;
  diagram(name: string, format: 'tree' | 'mermaid'): Promise<string>;
  check(): Promise<CheckedFlows>;
  test(request: TestRequest): Promise<TestedFlows>;
}

/** @throws AppError `usage`, `config_unreadable`, `config_invalid` */
export function flowBackend(cli: Cli, flags: FlowFlags): FlowBackend {
  const local = { '--flows': flags.flows, '--functions': flags.functions };
  return isRemote(flags, local)
    ? new DaemonBackend(ApiClient.of(cli, flags))
    : new FilesBackend(cli, flowWorkplace(cli, flags));
}

class FilesBackend implements FlowBackend {
  readonly #cli: Cli;
  readonly #place: FlowWorkplace;

  constructor(cli: Cli, place: FlowWorkplace) {
    this.#cli = cli;
    this.#place = place;
  }

  list(): Promise<ListedFlows> {
    const { set, config, problems } = this.#place;
    const numbersOf = (flow: string): string[] =>
      Object.entries(config.flows.numbers).flatMap(([number, name]) => (name === flow ? [number] : []));
    return Promise.resolve({
      version: set.version,
      flows: Array.from(set.flows.values(), ({ name, version, description, blocks }) => ({
        name,
        version,
        description: description ?? '',
        blocks: blocks.size,
        numbers: numbersOf(name),
      })),
      errors: errorsAmong(problems),
    });
  }

  document(name: string): Promise<unknown> {
    return Promise.resolve(flowNamed(this.#place, name).source.document);
  }

  diagram(name: string, format: 'tree' | 'mermaid'): Promise<string> {
    const flow = flowNamed(this.#place, name);
    return Promise.resolve(format === 'mermaid' ? mermaid(flow) : tree(flow));
  }

  check(): Promise<CheckedFlows> {
    const { set, problems, folder } = this.#place;
    return Promise.resolve({
      ok: errorsAmong(problems) === 0,
      version: set.version,
      flows: set.flows.size,
      problems: problems.map(({ file, ...one }) => ({ ...one, file: shownPlace(file) })),
      where: `in ${folder}`,
    });
  }

  async test({ paths, only, onResult }: TestRequest): Promise<TestedFlows> {
    const place = soundFlows(this.#place);
    const cases = testCases(paths.length > 0 ? paths : [`${place.folder}/tests`], only).cases;
    const coverage = new Coverage(place.set);
    const begunMs = performance.now();
    const tested: TestedCase[] = [];
    await withGround(this.#cli, place, (ground) =>
      runSuite(cases, ground, ({ file, name, place: at, misses, realMs, run }) => {
        coverage.add(run);
        const one = { file, name, place: at, ok: misses.length === 0, misses, duration_ms: tenths(realMs) };
        tested.push(one);
        onResult(one);
      }),
    );
    return {
      cases: tested,
      coverage: coverage.flows().map(({ flow, blocks, blocksCovered, exits, exitsCovered, missed }) => ({
        flow,
        blocks,
        blocks_covered: blocksCovered,
        exits,
        exits_covered: exitsCovered,
        missed,
      })),
      duration_ms: tenths(performance.now() - begunMs),
    };
  }
}

class DaemonBackend implements FlowBackend {
  readonly #client: ApiClient;

  constructor(client: ApiClient) {
    this.#client = client;
  }

  /** Those in force, which have no errors. */
  async list(): Promise<ListedFlows> {
    return { ...(await this.#client.get('/flows', flowsSchema)), errors: 0 };
  }

  async document(name: string): Promise<unknown> {
    return (await this.#client.get(path`/flows/${plainName(name)}`, flowSchema)).document;
  }

  async diagram(name: string, format: 'tree' | 'mermaid'): Promise<string> {
    const url = path`/flows/${plainName(name)}/diagram`;
    return (await this.#client.get(url, diagramSchema, { query: { format } })).text;
  }

  async check(): Promise<CheckedFlows> {
    return {
      ...(await this.#client.post('/flows/check', flowCheckSchema)),
      where: `at ${this.#client.origin}`,
    };
  }

  async test({ paths, only, onResult }: TestRequest): Promise<TestedFlows> {
    // Read here, so that mistakes in them are told with their line.
    const { cases, contents } = testCases(paths, only, paths.length === 0);
    const tested = await this.#client.post('/flows/test', flowTestSchema, {
      body: { ...(paths.length === 0 ? {} : { files: contents }), ...(only === undefined ? {} : { only }) },
    });
    if (paths.length > 0 && tested.cases.length !== cases.length)
      throw new AppError('daemon_protocol', `${tested.cases.length} of ${cases.length} cases`);
    const placed = tested.cases.map(({ file, place, ...one }, at) => ({
      ...one,
      file: cases[at]?.file ?? file,
      place: cases[at]?.one.place ?? place,
    }));
    for (const one of placed) onResult(one);
    return { cases: placed, coverage: tested.coverage, duration_ms: tested.duration_ms };
  }
}

function errorsAmong(problems: readonly Problem[]): number {
  return problems.filter(({ severity }) => severity === 'error').length;
}

/** A file may be named, too. */
function plainName(name: string): string {
  return basename(name).replace(/\.ya?ml$/, '');
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}
