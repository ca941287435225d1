/** Between a hunt and its worker. */

/** Something that must not happen, with the input that makes it happen. */
export interface Finding {
  readonly kind: 'threw' | 'polluted' | 'hung' | 'memory' | 'died';
  /** What went wrong, with the place in the source when there is one. */
  readonly message: string;
  readonly input: Uint8Array;
}

export interface WorkerOrder {
  readonly target: string;
  readonly seed: number;
  readonly memory: SharedArrayBuffer;
  /** To begin with, besides the seeds: cases, and what a hunt before this one has kept. */
  readonly inputs: readonly Uint8Array[];
}

export type WorkerReport =
  | { readonly kind: 'ready' }
  | { readonly kind: 'finding'; readonly finding: Finding }
  /** An input that reached something new. */
  | { readonly kind: 'kept'; readonly input: Uint8Array }
  | { readonly kind: 'over'; readonly inputs: number; readonly blocks: number };
