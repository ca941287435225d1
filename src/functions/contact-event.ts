import type { JsonObject } from './json.js';

export type InitiationMethod = 'INBOUND' | 'OUTBOUND' | 'TRANSFER' | 'CALLBACK';

export interface ContactEndpoint {
  readonly Address: string;
  readonly Type: 'TELEPHONE_NUMBER' | 'VOIP';
}

/** What a function learns of the call, under the names of Amazon Connect; null where Connect sends null. */
export interface ContactData {
  readonly Attributes: Readonly<Record<string, string>>;
  readonly Channel: 'VOICE';
  readonly ContactId: string;
  readonly CustomerEndpoint: ContactEndpoint | null;
  readonly CustomerId: string | null;
  readonly Description: string | null;
  readonly InitialContactId: string;
  readonly InitiationMethod: InitiationMethod;
  readonly InstanceARN: string;
  readonly LanguageCode: string | null;
  readonly MediaStreams: { readonly Customer: { readonly Audio: AudioStream | null } };
  readonly Name: string | null;
  readonly PreviousContactId: string;
  readonly Queue: {
    readonly ARN: string | null;
    readonly Name: string;
    readonly OutboundCallerId: null;
  } | null;
  readonly References: Readonly<Record<string, ContactReference>>;
  readonly SystemEndpoint: ContactEndpoint | null;
}

export interface ContactReference {
  readonly Type: string;
  readonly Value: string;
}

export interface AudioStream {
  /** The file or URL that is recorded to. */
  readonly StreamARN: string;
  /** Milliseconds since 1970, as text. */
  readonly StartTimestamp: string;
  readonly StopTimestamp: string | null;
  readonly StartFragmentNumber: string | null;
}

/** The channel, as far as it is asked: its own name for itself, its variables and caller profile. */
export interface ContactChannel {
  readonly uuid: string;
  get(name: string): string | undefined;
}

/** What the flow adds. */
export interface ContactFlowFacts {
  readonly attributes: Readonly<Record<string, string>>;
  /** `en-US` */
  readonly languageCode?: string;
  readonly queue?: { readonly name: string; readonly arn?: string };
  readonly customerId?: string;
  readonly description?: string;
  readonly references?: Readonly<Record<string, ContactReference>>;
  readonly recording?: {
    readonly path: string;
    readonly startedEpochMs: number;
    readonly stoppedEpochMs?: number;
  };
}

export const DEFAULT_INSTANCE_ARN = 'arn:switchhook:connect:local:0:instance/switchhook';

const METHODS: ReadonlySet<string> = new Set(['INBOUND', 'OUTBOUND', 'TRANSFER', 'CALLBACK']);

/**
 * Fills in the contact data. The dialplan may say what FreeSWITCH can't know: `cti_initial_contact_id`,
 * `cti_previous_contact_id`, `cti_initiation_method`, `cti_customer_id`.
 */
export function contactDataOf(
  channel: ContactChannel,
  flow: ContactFlowFacts,
  instanceArn: string = DEFAULT_INSTANCE_ARN,
): ContactData {
  const { uuid } = channel;
  const method = methodOf(channel);
  const caller = endpointOf(channel.get('caller_id_number'));
  const called = endpointOf(channel.get('destination_number'));
  // A channel that FreeSWITCH originated: the one who was called is the customer.
  const isOurs = channel.get('direction') === 'outbound';
  return {
    Attributes: flow.attributes,
    Channel: 'VOICE',
    ContactId: uuid,
    CustomerEndpoint: isOurs ? called : caller,
    CustomerId: flow.customerId ?? set(channel.get('cti_customer_id')) ?? null,
    Description: flow.description ?? null,
    InitialContactId: set(channel.get('cti_initial_contact_id')) ?? uuid,
    InitiationMethod: method,
    InstanceARN: instanceArn,
    LanguageCode: flow.languageCode ?? null,
    MediaStreams: { Customer: { Audio: audioOf(flow.recording) } },
    Name: null,
    PreviousContactId: set(channel.get('cti_previous_contact_id')) ?? uuid,
    Queue: flow.queue ? { ARN: flow.queue.arn ?? null, Name: flow.queue.name, OutboundCallerId: null } : null,
    References: flow.references ?? {},
    SystemEndpoint: isOurs ? caller : called,
  };
}

/** The body of a request in Connect's shape. */
export interface ContactFlowEvent<Parameters extends JsonObject = JsonObject> {
  readonly Name: 'ContactFlowEvent';
  readonly Details: { readonly ContactData: ContactData; readonly Parameters: Parameters };
}

export function contactEvent(contact: ContactData, parameters: JsonObject): ContactFlowEvent {
  return { Name: 'ContactFlowEvent', Details: { ContactData: contact, Parameters: parameters } };
}

/**
 * A channel that was transferred by `uuid_transfer`, `transfer` or SIP REFER carries `transfer_source`
 * (switch_ivr.c: switch_ivr_session_transfer sets it; switch_ivr_bridge.c for uuid_bridge).
 */
function methodOf(channel: ContactChannel): InitiationMethod {
  const said = channel.get('cti_initiation_method')?.toUpperCase();
  if (said !== undefined && METHODS.has(said)) return said as InitiationMethod;
  if (set(channel.get('transfer_source')) !== undefined) return 'TRANSFER';
  return channel.get('direction') === 'outbound' ? 'OUTBOUND' : 'INBOUND';
}

function endpointOf(address: string | undefined): ContactEndpoint | null {
  if (address === undefined || address === '') return null;
  return { Address: address, Type: /^\+?[0-9*#]+$/.test(address) ? 'TELEPHONE_NUMBER' : 'VOIP' };
}

function audioOf(recording: ContactFlowFacts['recording']): AudioStream | null {
  if (recording === undefined) return null;
  return {
    StreamARN: recording.path,
    StartTimestamp: String(recording.startedEpochMs),
    StopTimestamp: recording.stoppedEpochMs === undefined ? null : String(recording.stoppedEpochMs),
    StartFragmentNumber: null,
  };
}

function set(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
