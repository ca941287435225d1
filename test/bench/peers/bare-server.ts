/**
 * The least that can answer a synchronous `socket`: no HTTP, no reading of what FreeSWITCH says, one write with
 * the whole fixed list. What a program outside FreeSWITCH cannot be faster than.
 */
import { createServer } from 'node:net';
import { HOLD_LIST, PLAY_LIST, type ListedAction } from '../lists.js';

function script(list: readonly ListedAction[]): Buffer {
  const commands = list.map(
    ({ application, data }) =>
      `sendmsg\ncall-command: execute\nexecute-app-name: ${application}\n` +
      (data === '' ? '' : `execute-app-arg: ${data}\n`),
  );
  return Buffer.from(['connect\n', ...commands, 'exit\n'].map((command) => `${command}\n`).join(''));
}

async function serve(list: readonly ListedAction[], port: number): Promise<void> {
  const bytes = script(list);
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.resume();
    socket.write(bytes);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', 1024, resolve));
}

await serve(PLAY_LIST, Number(process.env['BENCH_PORT']));
await serve(HOLD_LIST, Number(process.env['BENCH_HOLD_PORT']));
process.on('disconnect', () => process.exit(0));
process.send?.({ type: 'ready' });
