import { phrasesOf } from '../../flow-test/phrases.js';
import { Stage } from '../../flow-test/stage.js';
import type { Ground } from '../../flow-test/run-case.js';
import { contactDataOf } from '../../functions/contact-event.js';
import { FunctionInvoker } from '../../functions/invoke.js';
import type { FlowFunctions } from '../../source/flow/functions.js';
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
  const real: FlowFunctions = {
    async invoke({ name, parameters, event, timeoutMs, call, attributes, language, queue, signal }) {
      const facts = {
        attributes,
        languageCode: language,
        ...(queue === '' ? {} : { queue: { name: queue } }),
      };
      const { durationMs, attempts, ...result } = await invoker.invoke({
        name,
        parameters,
        contact: contactDataOf(call, facts, config.functions.instance_arn),
        ...(event === undefined ? {} : { event }),
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
        signal,
      });
      return { result, durationMs, attempts: attempts.length };
    },
  };
  try {
    return await use({
      set,
      stage,
      policies,
      policy: config.flows.policy,
      numbers,
      declared: functions,
      real: functions === undefined ? undefined : real,
    });
  } finally {
    await Promise.all([stage.close(), invoker.close()]);
  }
}
