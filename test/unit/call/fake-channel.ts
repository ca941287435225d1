import { applicationInfo } from '../../../src/switch/applications.js';
import type {
  Channel,
  ChannelData,
  Segment,
  SegmentEnd,
  SegmentResult,
  Step,
  StepResult,
} from '../../../src/switch/channel.js';
import { isSegmentEnd } from '../../../src/switch/channel.js';

/** What a step brings on the fake channel: values, or an end of the whole list during it. */
export type FakeStep = Partial<StepResult> | { readonly end: SegmentEnd };

export interface FakeChannelOptions {
  readonly variables?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Called for each step in turn. Nothing: it ran and brought nothing. */
  readonly onStep?: (step: Step) => FakeStep | undefined;
  readonly onWait?: (play: string | undefined) => SegmentEnd | Promise<SegmentEnd>;
}

/** A channel without FreeSWITCH: it records what it was given and answers as the test says. */
export class FakeChannel implements Channel {
  readonly uuid = 'fake-uuid';
  readonly data: ChannelData;
  readonly gone: AbortSignal;
  readonly segments: Segment[] = [];
  readonly waits: (string | undefined)[] = [];
  readonly releases: Readonly<Record<string, string>>[] = [];
  readonly #controller = new AbortController();
  readonly #options: FakeChannelOptions;

  constructor(options: FakeChannelOptions = {}) {
    this.#options = options;
    this.gone = this.#controller.signal;
    this.data = {
      header: (name) => options.headers?.[name],
      variable: (name) => options.variables?.[name],
    };
  }

  /** The applications that were run, in order. */
  get applications(): string[] {
    return this.segments.flatMap(({ steps }) =>
      steps.map(({ application, data }) => `${application} ${data}`.trim()),
    );
  }

  hangUp(): void {
    this.#controller.abort({ kind: 'hung_up', cause: 'NORMAL_CLEARING' } satisfies SegmentEnd);
  }

  run(segment: Segment): Promise<SegmentResult> {
    this.segments.push(segment);
    const steps: StepResult[] = [];
    let end: SegmentEnd = { kind: 'completed' };
    for (const step of segment.steps) {
      if (end.kind !== 'completed') {
        steps.push({ state: 'not_run', values: {}, timedOut: false });
        continue;
      }
      const brought = this.#options.onStep?.(step) ?? {};
      if ('end' in brought) {
        end = brought.end;
        steps.push({ state: 'cut', values: {}, timedOut: false });
      } else {
        const values = brought.values ?? successOf(step);
        steps.push({ state: 'ran', timedOut: false, ...brought, values });
      }
    }
    return Promise.resolve({ end, steps });
  }

  async wait(play: string | undefined): Promise<SegmentEnd> {
    this.waits.push(play);
    return (await this.#options.onWait?.(play)) ?? { kind: 'completed' };
  }

  release(variables: Readonly<Record<string, string>>): Promise<SegmentEnd> {
    this.releases.push(variables);
    const reason: unknown = this.gone.reason;
    return Promise.resolve(isSegmentEnd(reason) ? reason : { kind: 'completed' });
  }
}

/** The values that make an application's judge say `ok`. */
function successOf({ application, data }: Step): Record<string, string> {
  const names = applicationInfo(application).outcomeVariables(data);
  const good: Record<string, string> = { DIALSTATUS: 'ANSWER', read_result: 'success', record_ms: '10' };
  const response = application === 'phrase' ? 'PHRASE PLAYED' : 'FILE PLAYED';
  return Object.fromEntries(
    names.map((name) => [name, name === 'current_application_response' ? response : (good[name] ?? '')]),
  );
}
