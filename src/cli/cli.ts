/** What a command needs of the process it runs in; tests give their own. */
export interface Cli {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Results. */
  out(text: string): void;
  /**
   * From now on this process goes on when its output can't be written.
   * @returns writes lines of the log, as far as somebody takes them; absent: `out` does
   */
  readonly keepGoing?: () => (line: string) => void;
  /** Errors, warnings, hints. */
  err(text: string): void;
  /** The output is a terminal, in which what was written can be written over. */
  readonly terminal: boolean;
  /** The output is a terminal that understands colours. */
  readonly colour: boolean;
  /**
   * Calls back at SIGTERM and SIGINT instead of ending the process.
   * @returns takes the listener away
   */
  onSignal(listener: (signal: 'SIGTERM' | 'SIGINT') => void): () => void;
  /**
   * Calls back at SIGHUP instead of ending the process.
   * @returns takes the listener away
   */
  onHangup(listener: () => void): () => void;
  /** Keys as they are pressed, where the input is a terminal; undefined elsewhere. */
  readonly keys?: (listener: (key: string) => void) => () => void;
  /** Asks a question and reads a line, where input and output are a terminal; undefined elsewhere. */
  readonly ask?: (question: string) => Promise<string>;
  /** Everything on standard input. */
  readInput(): Promise<string>;
  /** Set by the command that ran. */
  exitCode: number;
}
