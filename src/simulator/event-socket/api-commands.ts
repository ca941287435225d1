import type { Listener } from './listener.js';

function split(command: string): { name: string; args: string } {
  const space = command.indexOf(' ');
  return space < 0
    ? { name: command, args: '' }
    : { name: command.slice(0, space), args: command.slice(space + 1) };
}

async function execute(listener: Listener, command: string): Promise<string> {
  const { name, args } = split(command);
  const api = listener.core.apis.get(name);
  return api === undefined ? `-ERR ${name} Command not found!\n` : api(listener.core, args);
}

/** `api`: blocks the connection until it is done, then writes an api/response. */
export async function runApi(listener: Listener, command: string): Promise<undefined> {
  const result = await execute(listener, command);
  const body = result === '' ? '-ERR no reply\n' : result;
  listener.write(`Content-Type: api/response\nContent-Length: ${body.length}\n\n${body}`);
  return undefined;
}

/** `bgapi`: answers at once; the result comes as a BACKGROUND_JOB event. */
export function startBackgroundApi(listener: Listener, command: string, jobUuid: string | undefined): string {
  const { core } = listener;
  const uuid = jobUuid ?? core.newUuid();
  const { name, args } = split(command);
  const owner = listener.channel?.uuid;
  void execute(listener, command)
    .then((result) => {
      core.fire('BACKGROUND_JOB', undefined, (event) => {
        event.add('Job-UUID', uuid);
        event.add('Job-Owner-UUID', owner);
        event.add('Job-Command', name);
        if (args !== '') event.add('Job-Command-Arg', args);
        event.body = result;
      });
    })
    .catch((error: unknown) => core.onDefect(error));
  return `~Reply-Text: +OK Job-UUID: ${uuid}\nJob-UUID: ${uuid}\n\n`;
}
