/**
 * The types of what the daemon says and hears over HTTP, for those who write the other side in TypeScript:
 * `import type { Action, AppRequest } from 'switchhook'`. Nothing of it is there when the program runs.
 */
import type { ActionEntry } from './call/action.js';
import type { JsonObject } from './functions/json.js';

/** What an HTTP app answers: at most 100 actions. An empty list means: nothing (more) to do. */
export type ActionList = readonly ActionEntry[];

/** What a function is asked with `event: flat`: its parameters, and nothing else. */
export type FlatFunctionEvent<Parameters extends JsonObject = JsonObject> = Parameters;

/** What a function answers: with `response: json` any object, else one whose values are strings. */
export type FunctionResponse<Kind extends 'string_map' | 'json' = 'string_map'> = Kind extends 'json'
  ? JsonObject
  : Readonly<Record<string, string>>;

/** What a function answers instead when it failed, as a Lambda function does. */
export interface FunctionException {
  readonly errorMessage: string;
  readonly errorType?: string;
}

export type { ActionEntry as Action } from './call/action.js';
export type { ErrorCode } from './errors.js';
export type { RequestBody as AppRequest } from './source/curl/request-body.js';
export type {
  ContactData,
  ContactEndpoint,
  ContactFlowEvent,
  ContactReference,
  InitiationMethod,
} from './functions/contact-event.js';
export type { JsonObject, JsonValue } from './functions/json.js';
export type { EventType as CallbackType } from './callbacks/event.js';
export type { CallbackData, ReceivedEvent as CallbackEvent } from './callbacks/event-data.js';
export type { ContactRecord } from './records/contact-record.js';
