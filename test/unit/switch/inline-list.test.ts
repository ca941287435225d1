import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Segment, Step } from '../../../src/switch/channel.js';
import { compileSegment, itemsOf, readLeftover, SEGMENT_ITEMS } from '../../../src/switch/inline-list.js';
import { expandOnce, runSet, separate } from './freeswitch-strings.js';

function segment(steps: readonly Step[], more: Partial<Segment> = {}): Segment {
  return { steps, before: {}, after: {}, release: false, ...more };
}

const CLOCK = { elapsedMs: 1000, endedAtMicros: 5_000_000 };

/** The items that FreeSWITCH would find in the list, after it has expanded the argument of execute_extension. */
function itemsIn(list: string): string[] {
  const argument = list.replaceAll('\\$', '$');
  expect(argument).toMatch(/^m:~:[^ ]* inline$/);
  return argument.slice('m:~:'.length, -' inline'.length).split('~');
}

describe('compileSegment', () => {
  it('writes plain data into the list and marks what takes time', () => {
    const compiled = compileSegment(
      segment([
        { application: 'answer', data: '' },
        { application: 'playback', data: 'silence_stream://300' },
      ]),
      'r1',
    );
    expect(compiled.before).toEqual([]);
    expect(compiled.outcomeVariables).toEqual(['cti_o1']);
    const items = itemsIn(compiled.list);
    expect(items[0]).toBe('answer');
    expect(items[1]).toBe('playback:silence_stream://300');
    expect(items[2]).toMatch(/^set:cti_o1=r1;1,\$\{strmicroepoch\(\)\},\$\{current_application_response\}/);
    expect(items[3]).toBe('multiset:^^!cti_o1=${cti_o1};E');
  });

  it('carries the end of the program in its last item', () => {
    const { list } = compileSegment(
      segment([{ application: 'answer', data: '' }], {
        after: { cti_status: 'done', cti_error: '' },
        release: true,
      }),
      'r1',
    );
    expect(itemsIn(list).at(-1)).toBe('multiset:^^!cti_status=done!cti_error=!cti_o1=r1;E');
  });

  it('sends data with blanks through a variable', () => {
    const { before, list } = compileSegment(segment([{ application: 'log', data: 'INFO two words' }]), 'r1');
    expect(before).toEqual([{ application: 'multiset', data: '^^!cti_d1=INFO two words' }]);
    expect(itemsIn(list)[0]).toBe('log:${cti_d1}');
  });

  it('bounds a bridge by call_timeout in whole seconds, for the bridge alone', () => {
    const step: Step = {
      application: 'bridge',
      data: 'user/1',
      timeoutMs: 1200,
      scope: { continue_on_fail: 'true' },
    };
    const { list } = compileSegment(segment([step]), 'r1');
    expect(itemsIn(list)).toContain('bridge:%[continue_on_fail=true,call_timeout=2]user/1');
  });

  it('keeps the scope apart from a dial string that begins with a bracket', () => {
    const step: Step = { application: 'bridge', data: '[a=b]user/1', scope: { continue_on_fail: 'true' } };
    const { list } = compileSegment(segment([step]), 'r1');
    expect(itemsIn(list)).toContain('bridge:%[continue_on_fail=true]{}${cti_d1}');
  });

  it('gives every application exactly its data, whatever is in it', () => {
    const anything = fc.stringMatching(/^[^$%\r\n\0]*$/);
    const awkward = fc.string({
      unit: fc.constantFrom('\\', "'", '"', ' ', '!', '~', '^', ',', ';', 'n', 'ü', '='),
    });
    fc.assert(
      fc.property(fc.array(fc.oneof(anything, awkward), { minLength: 1, maxLength: 6 }), (data) => {
        const steps = data.map((text) => ({ application: 'info', data: text }));
        const { before, list } = compileSegment(segment(steps), 'r1');
        const variables = new Map<string, string>();
        for (const { application, data: argument } of before) runSet(application, argument, variables);
        const items = separate(expandOnce(argumentOf(list), variables).slice('m:~:'.length), '~');
        data.forEach((text, at) => {
          const [, given = ''] = /^info:?([^]*)$/.exec(items[at] ?? '') ?? [];
          expect(expandOnce(given, variables)).toBe(text);
        });
      }),
    );
  });

  it('never writes more than FreeSWITCH takes in one inline list', () => {
    const steps: Step[] = [];
    const step: Step = { application: 'playback', data: 'x.wav' };
    for (let items = itemsOf(step); items <= SEGMENT_ITEMS; items += itemsOf(step)) steps.push(step);
    expect(itemsIn(compileSegment(segment(steps), 'r1').list).length).toBeLessThanOrEqual(128);
  });

  it('spreads the outcomes so that no reply to getvar is cut', () => {
    const steps = Array.from({ length: 20 }, (): Step => ({ application: 'playback', data: 'x.wav' }));
    const compiled = compileSegment(segment(steps), 'r1');
    expect(compiled.outcomeVariables.length).toBeGreaterThan(2);
    for (const name of compiled.outcomeVariables) {
      const records = itemsIn(compiled.list).filter((item) => item.startsWith(`set:${name}=`)).length;
      expect(records).toBeLessThanOrEqual(4);
    }
  });
});

/** The argument without ` inline`, as execute_extension splits it at blanks. */
function argumentOf(list: string): string {
  return list.slice(0, -' inline'.length);
}

describe('reading what a list left', () => {
  const steps: Step[] = [
    { application: 'answer', data: '' },
    { application: 'playback', data: 'a.wav' },
    { application: 'playback', data: 'b.wav' },
    { application: 'hangup', data: '' },
  ];
  const compiled = compileSegment(segment(steps), 'r1');
  const read = (value: string | undefined) => compiled.read([value], CLOCK);

  it('tells the values and times of what ran to its end', () => {
    const { completed, steps: results } = read('r1;1,4500000,FILE PLAYED,300,;2,4900000,FILE NOT FOUND,,;E');
    expect(completed).toBe(true);
    expect(results[1]).toMatchObject({
      state: 'ran',
      values: { current_application_response: 'FILE PLAYED', playback_ms: '300' },
      durationMs: 600,
    });
    expect(results[2]).toMatchObject({ state: 'ran', durationMs: 400 });
  });

  it('finds the step during which the list ended', () => {
    const { completed, steps: results } = read('r1;1,4500000,FILE PLAYED,300,');
    expect(completed).toBe(false);
    expect(results.map(({ state }) => state)).toEqual(['ran', 'ran', 'cut', 'not_run']);
    expect(results[2]?.durationMs).toBe(500);
  });

  it('takes an application that ends the call for the one that ended it', () => {
    const { steps: results } = read('r1;1,4500000,FILE PLAYED,300,;2,4900000,FILE PLAYED,300,');
    expect(results.map(({ state }) => state)).toEqual(['ran', 'ran', 'ran', 'cut']);
  });

  it.each([undefined, '', 'r0;1,4500000,FILE PLAYED,300,;E'])('takes nothing of another run: %j', (value) => {
    const { completed, steps: results } = read(value);
    expect(completed).toBe(false);
    expect(results.map(({ state }) => state)).toEqual(['ran', 'cut', 'not_run', 'not_run']);
  });

  it('does without times where FreeSWITCH expands no API', () => {
    const { steps: results } = read(
      'r1;1,<API Execute Permission Denied>,FILE PLAYED,300,;2,x,FILE PLAYED,1,;E',
    );
    expect(results[1]).toEqual({
      state: 'ran',
      values: { current_application_response: 'FILE PLAYED', playback_ms: '300' },
      timedOut: false,
    });
  });

  it('reads what another daemon’s list left in the channel', () => {
    const variables: Record<string, string> = {
      cti_o1: 'zz;1,4500000,FILE PLAYED,300,;2,4900000,FILE PLAYED,1,;E',
    };
    const results = readLeftover(steps, { header: () => undefined, variable: (name) => variables[name] });
    expect(results.map(({ state }) => state)).toEqual(['ran', 'ran', 'ran', 'ran']);
    expect(results[1]?.values).toMatchObject({ playback_ms: '300' });
  });
});
