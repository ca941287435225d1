import { describe, expect, it } from 'vitest';
import { continuedTrace, traceIdOf, traceparent } from '../../../src/http-client/trace-context.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

describe('a trace that is gone on with', () => {
  it('is that of the header, with a span of our own', () => {
    const [first, second] = [1, 2].map(() => continuedTrace(`00-${TRACE}-${SPAN}-01`));
    expect(first).toMatchObject({ traceId: TRACE, parentSpanId: SPAN, isSampled: true });
    expect(first?.spanId).toMatch(/^[0-9a-f]{16}$/);
    expect(first?.spanId).not.toBe(second?.spanId);
    expect(continuedTrace(traceparent(TRACE, SPAN))).toMatchObject({ traceId: TRACE, parentSpanId: SPAN });
  });

  it.each([
    ['00', false],
    ['02', false],
    ['03', true],
    ['ff', true],
  ])('is recorded or not by the flags %s', (flags, isSampled) => {
    expect(continuedTrace(`00-${TRACE}-${SPAN}-${flags}`)).toMatchObject({ isSampled });
  });

  it('may be of a later version, which brings more', () => {
    expect(continuedTrace(`cc-${TRACE}-${SPAN}-01-what-the-future-will-be-like`)).toMatchObject({
      traceId: TRACE,
    });
  });

  it.each([
    undefined,
    '',
    [`00-${TRACE}-${SPAN}-01`],
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-01-more`,
    `00-${TRACE}-${SPAN}-1`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${TRACE.slice(1)}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}00-01`,
    `ff-${TRACE}-${SPAN}-01`,
    `cc-${TRACE}-${SPAN}-01.`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE}-${SPAN}-01\n`,
    `cc-${TRACE}-${SPAN}-01-${'x'.repeat(1000)}`,
  ])('is not there: %j', (header) => {
    expect(continuedTrace(header)).toBeUndefined();
  });
});

describe('the trace of a call', () => {
  it('is its uuid, where that will do', () => {
    expect(traceIdOf('0f8fad5b-d9cb-469f-a165-70867728950e')).toBe('0f8fad5bd9cb469fa16570867728950e');
    expect(traceIdOf('call 1')).toMatch(/^[0-9a-f]{32}$/);
    expect(traceIdOf('00000000-0000-0000-0000-000000000000')).not.toMatch(/^0+$/);
  });
});
