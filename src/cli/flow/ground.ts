import { phrasesOf } from '../../flow-test/phrases.js';
import { Stage } from '../../flow-test/stage.js';
import type { Ground } from '../../flow-test/run-case.js';
import { forFlows } from '../../functions/for-flows.js';
import { FunctionInvoker } from '../../functions/invoke.js';
import type { Cli } from '../cli.js';
import type { FlowWorkplace } from './workplace.js';

/** What flows run on without a switch; taken down afterwards. */
export async function withGround<T>(
  cli: Cli,
  { set, policies, config, numbers, functions }: FlowWorkplace,
  use: (ground: Ground) => Promise<T>,
): Promise<T> {
  const stage = new Stage([...set.flows.values()].flatMap(phrasesOf));
  const invoker = new FunctionInvoker({
    egress: config.egress,
    onPrinted: (name, text) => cli.err(`${name}: ${text}`),
  });
  if (functions !== undefined) invoker.load(functions);
  try {
    return await use({
      set,
      stage,
      policies,
      policy: config.flows.policy,
      numbers,
      declared: functions,
      real: functions === undefined ? undefined : forFlows(invoker, config.functions.instance_arn),
    });
  } finally {
    await Promise.all([stage.close(), invoker.close()]);
  }
}
