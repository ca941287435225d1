import { describe, expect, it } from 'vitest';
import { FlowFiles } from '../../../src/functions/flow-files.js';
import { FunctionInvoker } from '../../../src/functions/invoke.js';
import { FunctionRegistry } from '../../../src/functions/registry.js';
import { tryFunction } from '../../../src/functions/trial.js';

const flows = new FlowFiles('conf/flows');
const registry = new FunctionRegistry({ file: 'conf/functions.yaml', env: {}, flows });

describe('conf/functions.yaml', () => {
  it.each(registry.list().map(({ name }) => name))(
    '%s answers its example, and its flow is satisfied',
    async (name) => {
      const settings = registry.read().functions.get(name);
      if (settings === undefined) throw new Error('gone');
      const invoker = new FunctionInvoker({ egress: { allowed_addresses: [], denied_addresses: [] } });
      try {
        invoker.load(new Map([[name, settings]]));
        const { uses } = flows.flowsUsing(name);
        const trial = await tryFunction(invoker, name, settings, uses, { parameters: {} });
        expect(trial.result).toMatchObject({ ok: true });
        expect(trial.flows).not.toEqual([]);
        expect(trial.flows.flatMap(({ missing }) => missing)).toEqual([]);
        expect(registry.show(name).misfits).toEqual([]);
        expect(trial.remarks).toEqual([]);
      } finally {
        await invoker.close();
      }
    },
  );

  it('fails for a number of no known region, as the example of the region flow needs it', async () => {
    const settings = registry.read().functions.get('get_number_region');
    if (settings === undefined) throw new Error('gone');
    const invoker = new FunctionInvoker({ egress: { allowed_addresses: [], denied_addresses: [] } });
    try {
      invoker.load(new Map([['get_number_region', settings]]));
      const trial = await tryFunction(invoker, 'get_number_region', settings, [], {
        parameters: { phone: '12' },
      });
      expect(trial.result).toMatchObject({ ok: false, code: 'function_exception' });
    } finally {
      await invoker.close();
    }
  });
});
