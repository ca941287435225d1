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
  readonly signal: (name: 'SIGTERM' | 'SIGINT') => void;
}

/** A process for commands to run in. */
export function harness(env: Readonly<Record<string, string>> = {}): CliHarness {
  let out = '';
  let err = '';
  const lookers = new Set<() => void>();
  const keys = new Set<(key: string) => void>();
  const listeners = new Set<(signal: 'SIGTERM' | 'SIGINT') => void>();
  return {
    cli: {
      env,
      out(text) {
        out += text;
        for (const look of lookers) look();
      },
      err: (text) => void (err += text),
      colour: false,
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
      for (const listener of listeners) listener(name);
    },
  };
}

export async function runCli(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<CliRun> {
  const { cli, out, err } = harness(env);
  const code = await run(args, cli);
  return { code, out: out(), err: err() };
}
