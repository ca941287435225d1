import { describe, expect, it } from 'vitest';
import { contactDataOf, contactEvent } from '../../../src/functions/contact-event.js';
import type { ContactFlowFacts } from '../../../src/functions/contact-event.js';

const UUID = '0f8fad5b-d9cb-469f-a165-70867728950e';
const of = (values: Record<string, string>, facts: Partial<ContactFlowFacts> = {}) =>
  contactDataOf(
    { uuid: UUID, get: (name) => (Object.hasOwn(values, name) ? values[name] : undefined) },
    { attributes: {}, ...facts },
  );
const INBOUND = { caller_id_number: '+493012345', destination_number: '1000', direction: 'inbound' };

describe('contact data', () => {
  it('of a plain call has null where Connect sends null', () => {
    expect(contactEvent(of(INBOUND), { a: '1' })).toEqual({
      Name: 'ContactFlowEvent',
      Details: {
        ContactData: {
          Attributes: {},
          Channel: 'VOICE',
          ContactId: UUID,
          CustomerEndpoint: { Address: '+493012345', Type: 'TELEPHONE_NUMBER' },
          CustomerId: null,
          Description: null,
          InitialContactId: UUID,
          InitiationMethod: 'INBOUND',
          InstanceARN: 'arn:switchhook:connect:local:0:instance/switchhook',
          LanguageCode: null,
          MediaStreams: { Customer: { Audio: null } },
          Name: null,
          PreviousContactId: UUID,
          Queue: null,
          References: {},
          SystemEndpoint: { Address: '1000', Type: 'TELEPHONE_NUMBER' },
        },
        Parameters: { a: '1' },
      },
    });
  });

  it('has what the flow knows', () => {
    expect(
      of(INBOUND, {
        attributes: { tier: 'gold' },
        languageCode: 'de-DE',
        queue: { name: 'support' },
        customerId: 'c-1',
        references: { ticket: { Type: 'URL', Value: 'https://tickets.example/1' } },
        recording: { path: '/var/rec/a.wav', startedEpochMs: 1000 },
      }),
    ).toMatchObject({
      Attributes: { tier: 'gold' },
      LanguageCode: 'de-DE',
      Queue: { Name: 'support', ARN: null, OutboundCallerId: null },
      CustomerId: 'c-1',
      References: { ticket: { Type: 'URL' } },
      MediaStreams: {
        Customer: { Audio: { StreamARN: '/var/rec/a.wav', StartTimestamp: '1000', StopTimestamp: null } },
      },
    });
  });

  it('turns the endpoints around when FreeSWITCH placed the call', () => {
    expect(of({ ...INBOUND, direction: 'outbound' })).toMatchObject({
      CustomerEndpoint: { Address: '1000' },
      SystemEndpoint: { Address: '+493012345' },
      InitiationMethod: 'OUTBOUND',
    });
  });

  it('knows a transfer by its traces, and takes the word of the dialplan', () => {
    expect(of({ ...INBOUND, transfer_source: '1:uuid:bl_xfer:1000/default/XML' }).InitiationMethod).toBe(
      'TRANSFER',
    );
    expect(of({ ...INBOUND, cti_initiation_method: 'callback' }).InitiationMethod).toBe('CALLBACK');
    expect(of({ ...INBOUND, cti_initiation_method: 'nonsense' }).InitiationMethod).toBe('INBOUND');
    expect(
      of({
        ...INBOUND,
        cti_initial_contact_id: 'first',
        cti_previous_contact_id: 'second',
        cti_customer_id: 'c',
      }),
    ).toMatchObject({ InitialContactId: 'first', PreviousContactId: 'second', CustomerId: 'c' });
  });

  it('says what an address is', () => {
    expect(of({ ...INBOUND, caller_id_number: 'alice' }).CustomerEndpoint).toEqual({
      Address: 'alice',
      Type: 'VOIP',
    });
    expect(of({ ...INBOUND, caller_id_number: '' }).CustomerEndpoint).toBeNull();
    expect(of({}).SystemEndpoint).toBeNull();
  });
});
