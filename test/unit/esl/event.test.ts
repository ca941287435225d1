import { describe, expect, it } from 'vitest';
import { EslEvent, parseArrayValue } from '../../../src/esl/event.js';
import { FrameReader } from '../../../src/esl/framing.js';
import { commandReply, jsonEvent, plainEvent } from './scripted-peer.js';

function read(text: string): EslEvent | undefined {
  const [frame] = new FrameReader().push(Buffer.from(text));
  if (frame === undefined) throw new Error('no message');
  return EslEvent.fromFrame(frame);
}

describe('EslEvent', () => {
  it('reads a plain event, decoded, whatever the case of the name', () => {
    const event = read(
      plainEvent({
        'Event-Name': 'CHANNEL_ANSWER',
        'Caller-Caller-ID-Name': 'Zo%C3%AB%20%22Q%22',
        variable_cti_curl: 'http%3A//10.0.0.5/app%3Fa%3Db',
        variable_empty: '_undef_',
      }),
    );
    expect(event?.name).toBe('CHANNEL_ANSWER');
    expect(event?.get('caller-caller-id-name')).toBe('Zoë "Q"');
    expect(event?.variable('cti_curl')).toBe('http://10.0.0.5/app?a=b');
    expect(event?.variable('empty')).toBe('');
    expect(event?.variable('missing')).toBeUndefined();
    expect(event?.body).toBeUndefined();
  });

  it('reads the body of a plain event by its own Content-Length, in bytes', () => {
    const event = read(
      plainEvent({ 'Event-Name': 'BACKGROUND_JOB', 'Job-UUID': 'a-b' }, '+OK Zoë\n\nContent-Length: 3\n'),
    );
    expect(event?.get('Job-UUID')).toBe('a-b');
    expect(event?.body).toBe('+OK Zoë\n\nContent-Length: 3\n');
  });

  it('makes do with a plain event whose inner Content-Length promises too much, or nothing sensible', () => {
    const event = (length: string): EslEvent | undefined => {
      const text = `Event-Name: CUSTOM\nContent-Length: ${length}\n\nabc`;
      return read(`Content-Length: ${text.length}\nContent-Type: text/event-plain\n\n${text}`);
    };
    expect(event('999')?.body).toBe('abc');
    expect(event('2')?.body).toBe('ab');
    expect(event('-1')?.body).toBeUndefined();
    expect(event('many')?.body).toBeUndefined();
    expect(event('many')?.name).toBe('CUSTOM');
  });

  it('reads a JSON event, with arrays as FreeSWITCH writes them elsewhere, and the body', () => {
    const event = read(
      jsonEvent({
        'Event-Name': 'BACKGROUND_JOB',
        variable_arr: ['a b', 'c|d'],
        variable_percent: '100%25',
        'Content-Length': '5',
        _body: '+OK é',
      }),
    );
    expect(event?.name).toBe('BACKGROUND_JOB');
    expect(event?.variable('ARR')).toBe('ARRAY::a b|:c|d');
    expect(event?.variable('percent')).toBe('100%25');
    expect(event?.body).toBe('+OK é');
    expect(event?.get('_body')).toBeUndefined();
  });

  it('cannot be led astray by the names of a JSON event', () => {
    const text = '{"Event-Name":"CUSTOM","__proto__":"x","constructor":"y"}';
    const event = read(`Content-Length: ${text.length}\nContent-Type: text/event-json\n\n${text}`);
    expect(event?.get('__proto__')).toBe('x');
    expect(event?.get('constructor')).toBe('y');
    expect(event?.get('hasOwnProperty')).toBeUndefined();
  });

  it.each(['{"Event-Name":', '[]', 'null', '"text"', ''])('gives nothing for the JSON %j', (text) => {
    const length = text === '' ? '' : `Content-Length: ${text.length}\n`;
    expect(read(`${length}Content-Type: text/event-json\n\n${text}`)).toBeUndefined();
  });

  it('gives nothing for a message that is no event', () => {
    expect(read(commandReply('+OK'))).toBeUndefined();
    expect(read('Content-Type: text/event-xml\n\n')).toBeUndefined();
  });
});

describe('parseArrayValue', () => {
  it.each([
    ['ARRAY::a|:b', ['a', 'b']],
    ['ARRAY::a b|:c|d|:', ['a b', 'c|d', '']],
    ['ARRAY::one', ['one']],
    ['plain|:value', ['plain|:value']],
    ['', ['']],
  ])('reads %j', (value, elements) => {
    expect(parseArrayValue(value)).toEqual(elements);
  });
});
