import { describe, expect, it } from 'vitest';
import { SwitchWatch } from '../../../src/cli/switch-watch.js';
import { EslEvent } from '../../../src/esl/event.js';
import { FrameReader } from '../../../src/esl/framing.js';

function event(headers: Readonly<Record<string, string>>): EslEvent {
  const body = Object.entries(headers)
    .map(([name, value]) => `${name}: ${encodeURIComponent(value)}\n`)
    .join('');
  const text = `Content-Length: ${body.length + 1}\nContent-Type: text/event-plain\n\n${body}\n`;
  const [frame] = new FrameReader().push(Buffer.from(text));
  const made = frame === undefined ? undefined : EslEvent.fromFrame(frame);
  if (made === undefined) throw new Error('no event');
  return made;
}

function watcher(hidden: string[] = []): {
  watch: SwitchWatch;
  told: string[];
  happens: (name: string, headers?: Record<string, string>, uuid?: string) => void;
} {
  const told: string[] = [];
  const watch = new SwitchWatch((what) => told.push(what), hidden);
  return {
    watch,
    told,
    happens: (name, headers = {}, uuid = 'a') =>
      watch.onEvent(event({ 'Event-Name': name, 'Unique-ID': uuid, ...headers })),
  };
}

const execute = (application: string, data: string): Record<string, string> => ({
  Application: application,
  'Application-Data': data,
});

describe('the watch on a switch', () => {
  it('follows the first channel that runs anything, to its end', async () => {
    const { watch, told, happens } = watcher();
    happens('CHANNEL_ANSWER', {}, 'caller');
    happens('CHANNEL_EXECUTE', execute('playback', 'a.wav'));
    happens('CHANNEL_EXECUTE', execute('park', ''), 'caller');
    happens('CHANNEL_EXECUTE_COMPLETE', {
      ...execute('playback', 'a.wav'),
      'Application-Response': 'FILE PLAYED',
    });
    happens('DTMF', { 'DTMF-Digit': '5' });
    happens('CHANNEL_HANGUP', { 'Hangup-Cause': 'USER_BUSY' });
    expect(told).toEqual([
      'playback a.wav',
      'playback ended: FILE PLAYED',
      'the caller pressed 5',
      'hung up, USER_BUSY',
    ]);
    expect(watch.uuid).toBe('a');
    expect((await watch.hungUp).get('Hangup-Cause')).toBe('USER_BUSY');
  });

  it("leaves the daemon's bookkeeping out", () => {
    const { told, happens } = watcher();
    happens('CHANNEL_EXECUTE', execute('multiset', '^^!cti_d1=x!DIALSTATUS='));
    happens('CHANNEL_EXECUTE', execute('execute_extension', 'm:~:answer inline'));
    happens('CHANNEL_EXECUTE', execute('set', 'cti_o1=r1;x'));
    happens('CHANNEL_EXECUTE', execute('set', 'cti_region=north'));
    expect(told).toEqual(['set cti_region=north']);
  });

  it('hides what it is told to hide', () => {
    const { told, happens } = watcher(['socket']);
    happens('CHANNEL_EXECUTE', execute('socket', '127.0.0.1:1 full'));
    happens('CHANNEL_EXECUTE', execute('answer', ''));
    expect(told).toEqual(['answer']);
  });
});
