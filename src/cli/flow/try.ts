import { Command } from 'commander';
import { parse } from 'yaml';
import { checked } from '../../checked.js';
import { AppError } from '../../errors.js';
import type { Caller, Hands } from '../../flow-test/caller.js';
import { caseFileSchema } from '../../flow-test/case-file.js';
import type { FlowCase } from '../../flow-test/case-file.js';
import { runCase } from '../../flow-test/run-case.js';
import type { Heard } from '../../flow-test/run-case.js';
import type { VirtualClock } from '../../simulator/virtual-clock.js';
import { addVariable } from '../actions.js';
import type { Cli } from '../cli.js';
import { EXIT } from '../exit-code.js';
import { printable } from '../print-error.js';
import { withGround } from './ground.js';
import { flowNamed, flowOptions, flowWorkplace, soundFlows } from './workplace.js';
import type { FlowFlags } from './workplace.js';

interface TryFlags extends FlowFlags {
  readonly caller: string;
  readonly dialled: string;
  readonly at?: string;
  readonly var: Readonly<Record<string, string>>;
  readonly attribute: Readonly<Record<string, string>>;
  readonly answer: Readonly<Record<string, string>>;
  readonly press?: string;
}

export function flowTryCommand(cli: Cli): Command {
  return flowOptions(new Command('try'))
    .description('Walk through a flow in the terminal: it says what the caller hears and asks for the keys.')
    .argument('<flow>', 'its name')
    .option('--caller <number>', 'the number of the caller', '+4930123456')
    .option('--dialled <number>', 'the number that was called', '7000')
    .option('--at <time>', 'when the call comes: 2026-03-02T10:00:00+01:00')
    .option('--var <name=value>', 'a channel variable; may be repeated', addVariable, {})
    .option('--attribute <name=value>', 'an attribute; may be repeated', addVariable, {})
    .option(
      '--answer <function=json>',
      'what a function answers instead of being invoked, or an error code; may be repeated',
      addVariable,
      {},
    )
    .option(
      '--press <keys,keys…>',
      'the keys for one question after the other, instead of asking; - for none',
    )
    .addHelpText(
      'after',
      `
Functions are invoked for real unless --answer says what they answer. The time jumps: nobody waits for prompts.

Example:
  switchhook flow try order-lookup --answer 'order-status={"status":"shipped","shipped_on":"2026-03-02"}'`,
    )
    .action(async (name: string, flags: TryFlags) => {
      cli.exitCode = await attempt(cli, name, flags);
    });
}

async function attempt(cli: Cli, name: string, flags: TryFlags): Promise<number> {
  if (flags.press === undefined && cli.ask === undefined)
    throw new AppError('usage', 'without a terminal, say with --press which keys are pressed');
  const workplace = soundFlows(flowWorkplace(cli, flags));
  const flow = flowNamed(workplace, name);
  return withGround(cli, workplace, async (ground) => {
    const say = (who: string, what: string): void => cli.out(`${who.padEnd(9)} ${printable(what)}\n`);
    const caller = new Person(cli, ground.stage.clock, flags.press);
    const run = await runCase(caseOf(flow.name, flags), ground, {
      caller,
      otherwise: 'real',
      watch: {
        heard: ({ what, text }) => say(WHO[what], text),
        visited: ({ flow: of, block, exit, error }) =>
          say(
            'flow',
            `${of}/${block}${exit === '' ? '' : ` → ${exit}`}${error === undefined ? '' : ` (${error})`}`,
          ),
        invoked: (called) => say('function', called),
      },
    });
    for (const { name: called, result, detail } of run.functions) {
      if (result !== 'ok') say('function', `${called}: ${result} ${detail}`);
    }
    const attributes = Object.entries(run.attributes).map(([key, value]) => `${key}=${value}`);
    if (attributes.length > 0) say('left', attributes.join('  '));
    const seconds = (run.durationMs / 1000).toFixed(1);
    say(
      'end',
      run.error === ''
        ? `${ENDS[run.ends]}, ${run.cause}, after ${seconds} s`
        : `${run.error}: ${run.errorDetail}`,
    );
    return run.error === '' ? EXIT.ok : EXIT.failed;
  });
}

const WHO: Readonly<Record<Heard['what'], string>> = {
  prompt: 'hears',
  digits: 'typed',
  transfer: 'calls',
  queue: 'queue',
  record: 'records',
  action: 'runs',
};

const ENDS = {
  by_flow: 'the flow hung up',
  by_caller: 'the caller hung up',
  in_dialplan: 'back in the dialplan',
  failed: 'failed',
} as const;

/** @throws AppError `usage` */
function caseOf(flow: string, flags: TryFlags): FlowCase {
  const functions = Object.fromEntries(
    Object.entries(flags.answer).map(([name, text]) => [
      name,
      /^[a-z_]+$/.test(text) ? { fails: text } : { answers: parsed(name, text) },
    ]),
  );
  const given = {
    flow,
    caller: flags.caller,
    dialled: flags.dialled,
    at: flags.at ?? new Date().toISOString(),
    variables: flags.var,
    attributes: flags.attribute,
    functions,
    cases: [{ name: 'try', expect: {} }],
  };
  const read = checked(caseFileSchema, given);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw new AppError('usage', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
  }
  const { cases, ...common } = read.data;
  const [one] = cases;
  if (one === undefined) throw new AppError('internal', 'a file without cases');
  return { ...one, ...common, place: '' };
}

function parsed(name: string, text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new AppError('usage', `--answer ${name}: ${(error as Error).message}`);
  }
}

/** A person at the terminal, for whom time stands still while he thinks. */
class Person implements Caller {
  readonly #cli: Cli;
  readonly #clock: VirtualClock;
  readonly #given: string[] | undefined;

  constructor(cli: Cli, clock: VirtualClock, given: string | undefined) {
    this.#cli = cli;
    this.#clock = clock;
    this.#given = given?.split(',');
  }

  asked({ what }: { what: 'digits' | 'record' }, hands: Hands): void {
    if (what === 'record') {
      hands.speak(3000);
      return;
    }
    const given = this.#given?.shift();
    if (this.#given !== undefined) {
      if (given === undefined) hands.hangUp();
      else act(given, hands);
      return;
    }
    const goOn = this.#clock.hold();
    void Promise.resolve(this.#cli.ask?.('keys (Enter: none, q: hang up)> ') ?? 'q')
      .then((line) => act(line, hands))
      .finally(goOn);
  }

  prompted(): void {
    // A person listens to the end.
  }
}

function act(line: string, hands: Hands): void {
  const keys = line.trim();
  if (keys.toLowerCase() === 'q') hands.hangUp();
  else if (/^[0-9A-D*#]+$/.test(keys)) hands.press(keys);
}
