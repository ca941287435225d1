/** What a command needs of the process it runs in; tests give their own. */
export interface Cli {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Results. */
  out(text: string): void;
  /** Errors, warnings, hints. */
  err(text: string): void;
  /** The output is a terminal that understands colours. */
  readonly colour: boolean;
  /**
   * Calls back at SIGTERM and SIGINT instead of ending the process.
   * @returns takes the listener away
   */
  onSignal(listener: (signal: 'SIGTERM' | 'SIGINT') => void): () => void;
  /** Keys as they are pressed, where the input is a terminal; undefined elsewhere. */
  readonly keys?: (listener: (key: string) => void) => () => void;
  /** Set by the command that ran. */
  exitCode: number;
}
