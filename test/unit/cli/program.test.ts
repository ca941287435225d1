import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../src/errors.js';
import { errorText } from '../../../src/cli/print-error.js';
import { createProgram } from '../../../src/cli/program.js';
import { harness, runCli } from './harness.js';

/** All commands that do something, those below others too: `acl add`. */
function namesOf(command: Command, before = ''): string[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .flatMap((one) => {
      const name = `${before}${one.name()}`;
      return one.commands.length === 0 ? [name] : namesOf(one, `${name} `);
    });
}

describe('the command line', () => {
  it('prints its help without a command, as a mistake', async () => {
    const { code, out, err } = await runCli([]);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toContain('Usage: switchhook');
  });

  it.each([
    [['--bogus'], /^error usage: The command line is not valid\. — unknown option '--bogus'/],
    [['serv'], /^error usage: .*unknown command 'serv'.*Did you mean serve\?/],
    [['check', '--jsn'], /^error usage: .*unknown option '--jsn'.*Did you mean --json\?/],
    [['actions'], /^error usage: .*missing required argument 'target'/],
    [['actions', 'x', '--var', 'novalue'], /^error usage: .*expected name=value/],
    [['reference'], /^error usage: .*either --write or --check/],
    [['check', 'surplus'], /^error usage: .*too many arguments/],
  ])('%j is a usage error', async (args, message) => {
    const { code, out, err } = await runCli(args);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toMatch(message);
    expect(err).toContain('See --help.');
  });

  it('prints its version', async () => {
    const { code, out } = await runCli(['--version']);
    expect(code).toBe(0);
    expect(out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  const names = namesOf(createProgram(harness().cli));

  it.each(names)('%s --help has an example that names it', async (name) => {
    const { code, out, err } = await runCli([...name.split(' '), '--help']);
    expect(code).toBe(0);
    expect(err).toBe('');
    expect(out.split('Example:\n')[1]).toContain(`switchhook ${name}`);
  });

  it('keeps the command for its own development out of the help', async () => {
    const { out } = await runCli(['--help']);
    expect(out).toContain('serve');
    expect(out).not.toContain('reference');
  });

  it('says which configuration it looked for', async () => {
    const { code, err } = await runCli(['check', '-c', '/nowhere/switchhook.yaml']);
    expect(code).toBe(3);
    expect(err).toMatch(
      /^error config_unreadable: .* — \/nowhere\/switchhook\.yaml can't be read \(ENOENT\)\n {2}Check/,
    );
  });
});

describe('an error', () => {
  it('has its code, what happened, where, and what to do', () => {
    expect(errorText(new AppError('listen_failed', '127.0.0.1:8084'))).toBe(
      'error listen_failed: An address could not be listened on. — 127.0.0.1:8084\n' +
        '  Check that nothing else uses the port and that the address is local.',
    );
  });

  it('steers no terminal', () => {
    expect(errorText(new AppError('http_status', 'a\u001b[2J\u009b\rb'))).toContain('a\\x1b[2J\\x9b\\x0db');
  });
});
