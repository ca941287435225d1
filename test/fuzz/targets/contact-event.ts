import { contactDataOf, contactEvent } from '../../../src/functions/contact-event.js';
import { readResponse } from '../../../src/functions/response.js';
import type { JsonObject } from '../../../src/functions/json.js';
import { asText, asTexts, jsonForm, partOf } from '../forms/json.js';
import type { JsonValue } from '../forms/json.js';
import { defineTarget, must, mustEqual } from '../target.js';

const KINDS = ['string_map', 'json'] as const;

export const target = defineTarget<JsonValue>({
  name: 'contact-event',
  about:
    'What a function is told of a call and answers: an event of the documented shape that survives JSON, whatever the channel says; answers that are read within the limits or refused by a documented code.',
  covers: ['functions/contact-event.ts', 'functions/response.ts', 'functions/json.ts'],
  form: jsonForm([
    'channel', 'attributes', 'parameters', 'answer', 'required', 'caller_id_number', 'destination_number', 'direction', 'outbound', 'inbound',
    'transfer_source', 'cti_initiation_method', 'callback', 'cti_customer_id', 'cti_initial_contact_id', '+493012345', 'result', 'errorMessage', 'errorType',
  ]), // prettier-ignore
  seeds: [
    {
      channel: { caller_id_number: '+4930', destination_number: '100', direction: 'inbound' },
      attributes: { a: 'b' },
      parameters: { x: 1 },
      answer: { result: 'ok' },
    },
    {
      channel: { direction: 'outbound', cti_initiation_method: 'callback', transfer_source: 'x' },
      answer: '{"errorMessage":"no","errorType":"E"}',
    },
    { channel: {}, answer: '[1]' },
    { answer: {}, required: Array.from({ length: 200 }, (_, at) => `name ${at}`) },
    { answer: { deep: [[{}]], n: 1e21, t: true } },
  ],
  run(input) {
    const channel = asTexts(partOf(input, 'channel'));
    const get = (name: string): string | undefined =>
      Object.hasOwn(channel, name) ? channel[name] : undefined;
    const given = partOf(input, 'parameters');
    const parameters = (
      typeof given === 'object' && given !== null && !Array.isArray(given) ? given : {}
    ) as JsonObject;
    const attributes = asTexts(partOf(input, 'attributes'));
    const event = contactEvent(contactDataOf({ uuid: 'u', get }, { attributes }), parameters);
    const again = JSON.parse(JSON.stringify(event)) as typeof event;
    mustEqual(again, event, 'through JSON');
    const { ContactData } = again.Details;
    must(ContactData.ContactId === 'u', 'another contact');
    for (const end of [ContactData.CustomerEndpoint, ContactData.SystemEndpoint]) {
      must(
        end === null || (end.Address !== '' && ['TELEPHONE_NUMBER', 'VOIP'].includes(end.Type)),
        'an endpoint',
      );
    }
    const answer = partOf(input, 'answer');
    const body = typeof answer === 'string' ? answer : JSON.stringify(answer ?? null);
    const wanted = partOf(input, 'required');
    const required = Array.isArray(wanted) ? wanted.map(asText) : [];
    for (const kind of KINDS) {
      for (const coerce of [false, true]) {
        const read = readResponse(body, { kind, coerce, required });
        if (!read.ok) {
          must(/^function_[a-z_]+$/.test(read.code) && read.detail.length <= 600, `refused by ${read.code}`);
          continue;
        }
        must(
          required.every((name) => Object.hasOwn(read.values, name)),
          'a required value is missing',
        );
        if (kind === 'string_map')
          must(
            Object.values(read.values).every((value) => typeof value === 'string'),
            'a value that is no text',
          );
        mustEqual(JSON.parse(JSON.stringify(read.values)), read.values, 'the answer through JSON');
      }
    }
  },
});
