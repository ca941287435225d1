import { describe, expect, it } from 'vitest';
import { callLogger, createLogger } from '../../../src/telemetry/log.js';
import type { Logger, LogOptions } from '../../../src/telemetry/log.js';

function recorder(options: Partial<LogOptions> = {}): {
  log: Logger;
  text: () => string;
  lines: () => unknown[];
} {
  let text = '';
  const log = createLogger(
    { level: 'info', format: 'json', ...options },
    { write: (line) => (text += line) },
  );
  return {
    log,
    text: () => text,
    lines: () =>
      text
        .trimEnd()
        .split('\n')
        .map((line): unknown => JSON.parse(line)),
  };
}

describe('the log', () => {
  it('writes JSON lines with the level by name, the time in ISO, and the uuid of the call', () => {
    const { log, lines } = recorder();
    callLogger(log, 'abc-1').warn({ attempt: 2 }, 'request failed');
    expect(lines()).toEqual([
      {
        level: 'warn',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as unknown,
        uuid: 'abc-1',
        attempt: 2,
        msg: 'request failed',
      },
    ]);
  });

  it('keeps what is below its level out', () => {
    const { log, text } = recorder({ level: 'warn' });
    log.info('not this');
    expect(text()).toBe('');
  });

  it('masks secrets wherever they stand', () => {
    const { log, text } = recorder();
    log.info(
      {
        headers: { Authorization: 'hunter1', 'x-api-key': 'hunter2', accept: 'json' },
        attempts: [{ signing_secret: 'hunter3' }],
        password: 'hunter4',
        'webhook-signature': 'hunter5',
      },
      'request',
    );
    expect(text()).not.toContain('hunter');
    expect(text()).toContain('"accept":"json"');
  });

  const outcome = {
    application: 'play_and_get_digits',
    variables: { pin: '4711', read_result: 'success', DIALSTATUS: 'BUSY', empty: '' },
    digits: '4712',
  };

  it('masks what callers entered, in whichever variable the app had it put', () => {
    const { log, text, lines } = recorder();
    log.info({ outcome }, 'outcome');
    expect(text()).not.toMatch(/471[12]/);
    expect(lines()[0]).toMatchObject({
      outcome: { variables: { read_result: 'success', DIALSTATUS: 'BUSY', empty: '' } },
    });
  });

  it('shows it where that is asked for', () => {
    const { log, text } = recorder({ show_digits: true });
    log.info({ outcome, token: 'hunter' }, 'outcome');
    expect(text()).toContain('4711');
    expect(text()).toContain('4712');
    expect(text()).not.toContain('hunter');
  });

  it('does not run into what refers to itself', () => {
    const { log, lines } = recorder();
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    log.info({ loop }, 'loop');
    expect(lines()).toHaveLength(1);
  });
});

describe('the pretty format', () => {
  it('is one line of words', () => {
    const { log, text } = recorder({ format: 'pretty' });
    callLogger(log, 'abc-1').info({ program: 'curl/billing', why: 'two words' }, 'handed over');
    expect(text()).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} INFO {2}handed over {2}uuid=abc-1 {2}program=curl\/billing {2}why="two words"\n$/,
    );
  });

  it('shows the stack of an error below', () => {
    const { log, text } = recorder({ format: 'pretty' });
    log.error({ err: new Error('broken') }, 'a defect');
    expect(text().split('\n')[1]).toBe('    Error: broken');
    expect(text().split('\n')[2]).toMatch(/^ {4}at /);
  });

  it('lets nothing through that steers a terminal', () => {
    const { log, text } = recorder({ format: 'pretty' });
    log.info({ caller: 'x\u001b[2Jy\u009b2J\nz\u007f', ['\u001bkey']: 1 }, 'handed over');
    log.error({ err: new Error('\u001b[2J\u009b') }, 'a defect');
    // eslint-disable-next-line no-control-regex -- those are what this is about
    expect(text()).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });
});
