import type { ErrorCode } from '../../errors.js';

/** What an HTTP app is told of a call by `POST` (docs/guide/http-app.md). Later versions may tell more. */
export interface RequestBody {
  /** The channel. */
  readonly uuid: string;
  /** Empty when the caller shows none, as with all of these. Told by the caller: it proves nothing. */
  readonly caller_id_number: string;
  readonly caller_id_name: string;
  readonly destination_number: string;
  /** Of the dialplan. */
  readonly context: string;
  /** Those of the endpoint's `variables` that the call has. */
  readonly variables: Readonly<Record<string, string>>;
  /** Only at a `fallback_url`: what went wrong before. */
  readonly cti_error?: ErrorCode;
}
