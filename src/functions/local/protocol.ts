/** What a worker is started with. */
export interface WorkerSettings {
  readonly name: string;
  /** Absolute path. */
  readonly file: string;
  /** Name of the export; `a.b` reaches into objects. */
  readonly handler: string;
  readonly memoryMb: number;
  /** Of the answer, in UTF-8. */
  readonly maxBytes: number;
}

/** An invocation. The next one is sent after the answer to this one. */
export interface ToWorker {
  readonly requestId: string;
  /** JSON. */
  readonly event: string;
  readonly deadlineEpochMs: number;
}

export type FromWorker =
  | { readonly type: 'ready' }
  /** The file can't be used; the worker is of no use. */
  | { readonly type: 'unloadable'; readonly detail: string }
  /** What the handler wrote to its console. */
  | { readonly type: 'printed'; readonly text: string }
  /** JSON. */
  | { readonly type: 'result'; readonly text: string }
  | { readonly type: 'exception'; readonly errorType: string; readonly errorMessage: string }
  | { readonly type: 'too_large'; readonly bytes: number }
  | { readonly type: 'out_of_memory'; readonly detail: string };
