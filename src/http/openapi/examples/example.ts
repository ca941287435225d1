/** What somebody may send, and what comes back: shown in the documentation, and held to the schemas by a test. */
export interface Example {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly body?: unknown;
  readonly answer: unknown;
}

/** By method and path: `POST /v1/calls/:uuid/hangup`. */
export type Examples = Readonly<Record<string, Example>>;

export const UUID = '0f8fad5b-d9cb-469f-a165-70867728950e';
