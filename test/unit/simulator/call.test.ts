import { afterEach, describe, expect, it } from 'vitest';
import { AppError } from '../../../src/errors.js';
import { Simulator, type SimulatorOptions } from '../../../src/simulator/simulator.js';

const simulators: Simulator[] = [];
afterEach(async () => {
  await Promise.all(simulators.splice(0).map((simulator) => simulator.stop()));
});

function make(actions: string, options: SimulatorOptions = {}): Simulator {
  const simulator = new Simulator({
    timeScale: 20,
    ...options,
    xml: [
      `<context name="public"><extension name="x"><condition>${actions}</condition></extension></context>`,
    ],
  });
  simulators.push(simulator);
  return simulator;
}

const action = (application: string, data = ''): string =>
  `<action application="${application}" data="${data}"/>`;

describe('a simulated call', () => {
  it('shows what ran on it, when, and its variables', async () => {
    const simulator = make(
      action('answer') +
        action('sleep', '1000') +
        action('set', 'name=J\u00fcrgen') +
        action('hangup', 'USER_BUSY'),
    );
    const call = simulator.placeCall({ destination: '1', variables: { own: 'gr\u00fc\u00dfe' } });
    expect(call.isAnswered).toBe(false);
    await call.answered;
    expect(call.isAnswered).toBe(true);
    expect(await call.ended).toEqual({ cause: 'USER_BUSY' });
    expect(call.executed.map(({ application, data }) => [application, data])).toEqual([
      ['answer', ''],
      ['sleep', '1000'],
      ['set', 'name=Jürgen'],
      ['hangup', 'USER_BUSY'],
    ]);
    const [, , setting] = call.executed;
    expect(setting?.atMs).toBeGreaterThanOrEqual(1000);
    expect(call.variables.name).toBe('Jürgen');
    expect(call.variables.own).toBe('grüße');
    expect(call.variables.hangup_cause).toBe('USER_BUSY');
    expect(call.variables.hangup_cause_q850).toBe('17');
    expect(call.variable('destination_number')).toBe('1');
    expect(simulator.channelCount).toBe(0);
  });

  it('gives up as a phone does', async () => {
    const unanswered = make(action('sleep', '600000')).placeCall({ destination: '1' });
    unanswered.hangup();
    expect(await unanswered.ended).toEqual({ cause: 'ORIGINATOR_CANCEL' });
    const answered = make(action('answer') + action('park')).placeCall({ destination: '1' });
    await answered.answered;
    answered.hangup();
    expect(await answered.ended).toEqual({ cause: 'NORMAL_CLEARING' });
  });

  it('tells its events, until nobody listens', async () => {
    const call = make(action('answer') + action('hangup')).placeCall({ destination: '1' });
    const seen: string[] = [];
    const forget = call.onEvent((event) => {
      seen.push(event.name);
      if (event.name === 'CHANNEL_ANSWER') {
        expect(event.get('Unique-ID')).toBe(call.uuid);
        forget();
      }
    });
    await call.ended;
    expect(seen).toContain('CHANNEL_EXECUTE');
    expect(seen.at(-1)).toBe('CHANNEL_ANSWER');
  });

  it('writes what "log" says', async () => {
    const lines: string[] = [];
    const simulator = make(action('log', 'WARNING grüße ${destination_number}') + action('log', 'one'), {
      onLog: (level, text) => lines.push(`${level} ${text}`),
    });
    await simulator.placeCall({ destination: '12' }).ended;
    expect(lines).toEqual(['WARNING grüße 12', 'DEBUG one']);
  });

  it('lives through many calls at once and leaves nothing behind', async () => {
    const simulator = make(
      action('answer') + action('playback', 'silence_stream://2000') + action('hangup', 'USER_BUSY'),
    );
    const calls = Array.from({ length: 300 }, (_, index) =>
      simulator.placeCall({ destination: String(index) }),
    );
    await Promise.all(calls.map((call) => call.answered));
    expect(simulator.channelCount).toBe(300);
    const ends = await Promise.all(calls.map((call) => call.ended));
    expect(new Set(ends.map(({ cause }) => cause))).toEqual(new Set(['USER_BUSY']));
    expect(simulator.channelCount).toBe(0);
  });

  it('is ended when the switch stops', async () => {
    const simulator = make(action('answer') + action('park'));
    await simulator.start();
    const call = simulator.placeCall({ destination: '1' });
    await call.answered;
    await simulator.stop();
    expect(await call.ended).toEqual({ cause: 'SYSTEM_SHUTDOWN' });
  });
});

describe('a simulated switch', () => {
  it('says when its port is taken', async () => {
    const first = make('');
    await first.start();
    const second = make('', { eventSocketPort: first.eventSocketPort });
    await expect(second.start()).rejects.toThrow(AppError);
    await expect(second.start()).rejects.toMatchObject({ code: 'listen_failed' });
  });
});
