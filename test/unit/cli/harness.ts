import type { Cli } from '../../../src/cli/cli.js';
import { run } from '../../../src/cli/program.js';

export interface CliRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface CliHarness {
  readonly cli: Cli & {
    /** Waits until the results hold this. */
    readonly told: (text: RegExp) => Promise<void>;
  };
  readonly out: () => string;
  readonly err: () => string;
  /** A key of the terminal. */
  readonly press: (key: string) => void;
  readonly signal: (name: 'SIGTERM' | 'SIGINT' | 'SIGHUP') => void;
}

/** A process for commands to run in. */
export function harness(
  env: Readonly<Record<string, string>> = {},
  /** What is on standard input, and how the one at the terminal answers; nobody is there without it. */
  input: { readonly text?: string; readonly answer?: string } = {},
): CliHarness {
  let out = '';
  let err = '';
  const lookers = new Set<() => void>();
  const keys = new Set<(key: string) => void>();
  const hangups = new Set<() => void>();
  const listeners = new Set<(signal: 'SIGTERM' | 'SIGINT') => void>();
  return {
    cli: {
      env,
      out(text) {
        out += text;
        for (const look of lookers) look();
      },
      err: (text) => void (err += text),
      terminal: false,
      colour: false,
      readInput: () => Promise.resolve(input.text ?? ''),
      ...(input.answer !== undefined && {
        ask(question: string) {
          err += question;
          return Promise.resolve(input.answer ?? '');
        },
      }),
      onHangup(listener) {
        hangups.add(listener);
        return () => hangups.delete(listener);
      },
      onSignal(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      keys(listener) {
        keys.add(listener);
        return () => keys.delete(listener);
      },
      told: (text) =>
        new Promise((resolve) => {
          const look = (): void => {
            if (!text.test(out)) return;
            lookers.delete(look);
            resolve();
          };
          lookers.add(look);
          look();
        }),
      exitCode: 0,
    },
    press: (key) => {
      for (const listener of keys) listener(key);
    },
    out: () => out,
    err: () => err,
    signal: (name) => {
      if (name === 'SIGHUP') {
        for (const listener of hangups) listener();
        return;
      }
      for (const listener of listeners) listener(name);
    },
  };
}

export async function runCli(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  input: { readonly text?: string; readonly answer?: string } = {},
): Promise<CliRun> {
  const { cli, out, err } = harness(env, input);
  const code = await run(args, cli);
  return { code, out: out(), err: err() };
}
