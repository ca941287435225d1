/** The npm package `modesl` in server mode (outbound `async full`), each action after the end of the one before. */
import modesl from 'modesl';
import { ask } from './ask.js';

const quiet = (): void => undefined;

const server = new modesl.Server(
  { host: '127.0.0.1', port: Number(process.env['BENCH_PORT']), myevents: true },
  () => process.send?.({ type: 'ready' }),
);
server.on('connection::open', (connection) => {
  // It writes a command header by header; with Nagle's algorithm each would wait for an acknowledgement.
  connection.socket?.setNoDelay(true);
  connection.on('error', quiet);
});
server.on('connection::ready', (connection) => {
  const run = async (): Promise<void> => {
    const url = connection.getInfo()?.getHeader('variable_cti_curl') ?? '';
    for (const { application, data } of await ask(url)) {
      await new Promise((resolve) => connection.execute(application, data, resolve));
    }
  };
  run().catch(quiet);
});
process.on('disconnect', () => process.exit(0));
// The package writes to a socket that FreeSWITCH has closed already, and throws from there.
process.on('uncaughtException', quiet);
