/**
 * The npm package `esl` in server mode (outbound `async full`), as its documentation shows it, with what it advises
 * for load: only the events it needs (`all_events: false`), no debug log, time-outs that fit the actions.
 */
import { FreeSwitchServer } from 'esl';
import { ask } from './ask.js';

const PATIENCE_MS = 3_600_000;
const quiet = (): void => undefined;

const server = new FreeSwitchServer({
  all_events: process.env['BENCH_ALL_EVENTS'] === 'true',
  logger: { debug: quiet, info: quiet, error: quiet },
});
server.on('error', quiet);
server.on('connection', (call, { data }) => {
  const run = async (): Promise<void> => {
    for (const { application, data: argument } of await ask(data['variable_cti_curl'] ?? '')) {
      if (application === 'hangup') await call.hangup(argument === '' ? 'NORMAL_CLEARING' : argument);
      else await call.command(application, argument, PATIENCE_MS);
    }
    await call.exit();
  };
  // The caller has hung up meanwhile, or the package gave up on an answer: the call shows as failed at the caller.
  run().catch(quiet);
});
await server.listen({ host: '127.0.0.1', port: Number(process.env['BENCH_PORT']) });
process.on('disconnect', () => process.exit(0));
process.on('unhandledRejection', quiet);
process.send?.({ type: 'ready' });
