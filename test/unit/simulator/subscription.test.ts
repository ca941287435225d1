import { describe, expect, it } from 'vitest';
import { SwitchEvent } from '../../../src/simulator/event.js';
import { Subscription } from '../../../src/simulator/event-socket/subscription.js';

function event(name: string, headers: Readonly<Record<string, string>> = {}, subclass?: string): SwitchEvent {
  const made = new SwitchEvent(name, subclass);
  for (const [header, value] of Object.entries(headers)) made.add(header, value);
  return made;
}

function subscribed(words: string): { subscription: Subscription; got: string[] } {
  const got: string[] = [];
  const subscription = new Subscription((each) => got.push(each.get('x') ?? each.name));
  subscription.enable(words.split(' '));
  return { subscription, got };
}

describe('Subscription', () => {
  it('answers as FreeSWITCH does', () => {
    const { subscription } = subscribed('');
    expect(subscription.enable(['plain'])).toBe('-ERR no keywords supplied');
    expect(subscription.enable(['json', 'DTMF'])).toBe('+OK event listener enabled json');
    expect(subscription.disable(['DTMF'])).toBe('+OK events nixed');
    expect(subscription.disableAll()).toBe('+OK no longer listening for events');
    expect(subscription.disableAll()).toBe('-ERR not listening for events');
  });

  it('wants only what was named', () => {
    const { subscription } = subscribed('plain CHANNEL_ANSWER CUSTOM a::b');
    expect(subscription.wants('CHANNEL_ANSWER')).toBe(true);
    expect(subscription.wants('CHANNEL_HANGUP')).toBe(false);
    expect(subscribed('plain all').subscription.wants('CHANNEL_HANGUP')).toBe(true);
  });

  it('tells CUSTOM events apart by their subclass', () => {
    const { subscription, got } = subscribed('plain CUSTOM a::b');
    subscription.deliver(event('CUSTOM', { x: '1' }, 'a::b'));
    subscription.deliver(event('CUSTOM', { x: '2' }, 'c::d'));
    expect(got).toEqual(['1']);
  });

  it('ORs positive filters and drops what lacks the header', () => {
    const { subscription, got } = subscribed('plain all');
    subscription.addFilter('Unique-ID', 'a');
    subscription.addFilter('variable_cti_curl', '/^http/');
    subscription.deliver(event('CHANNEL_ANSWER', { 'Unique-ID': 'a', x: '1' }));
    subscription.deliver(event('CHANNEL_ANSWER', { 'Unique-ID': 'b', x: '2' }));
    subscription.deliver(
      event('CHANNEL_ANSWER', { 'Unique-ID': 'c', variable_cti_curl: 'http://x', x: '3' }),
    );
    subscription.deliver(event('BACKGROUND_JOB', { x: '4' }));
    expect(got).toEqual(['1', '3']);
    subscription.deleteFilter('all', undefined);
    subscription.deliver(event('BACKGROUND_JOB', { x: '5' }));
    expect(got).toEqual(['1', '3', '5']);
  });

  it('lets a negative filter decide', () => {
    const { subscription, got } = subscribed('plain all');
    subscription.addFilter('Unique-ID', 'a');
    subscription.addFilter('Application', '-set');
    subscription.deliver(event('CHANNEL_EXECUTE', { 'Unique-ID': 'a', Application: 'set', x: '1' }));
    subscription.deliver(event('CHANNEL_EXECUTE', { 'Unique-ID': 'a', Application: 'answer', x: '2' }));
    expect(got).toEqual(['2']);
  });

  it('myevents is about one channel', () => {
    const { subscription, got } = subscribed('');
    subscription.enableMine('a');
    subscription.deliver(event('CHANNEL_ANSWER', { 'Unique-ID': 'a', x: '1' }));
    subscription.deliver(event('CHANNEL_ANSWER', { 'Unique-ID': 'b', x: '2' }));
    expect(got).toEqual(['1']);
    expect(subscription.wants('PLAYBACK_START')).toBe(false);
  });
});
