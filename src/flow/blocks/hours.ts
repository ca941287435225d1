import { z } from 'zod';
import { leave } from '../block.js';
import { defineBlock } from './define.js';

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
type Day = (typeof DAYS)[number];

const span = z
  .string()
  .regex(
    /^(?:[01]\d|2[0-3]):[0-5]\d-(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/,
    'expected hours such as 09:00-17:30, up to 24:00',
  );
const spans = z.union([span, z.array(span).max(10)]);
const days = z
  .string()
  .regex(
    /^(?:sun|mon|tue|wed|thu|fri|sat)(?:-(?:sun|mon|tue|wed|thu|fri|sat))?(?:, ?(?:sun|mon|tue|wed|thu|fri|sat)(?:-(?:sun|mon|tue|wed|thu|fri|sat))?)*$/,
    'expected days such as mon-fri or sat, sun',
  );
const fullDate = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'expected a date: 2026-12-24');

const parameters = z.strictObject({
  time_zone: z.string().refine(isTimeZone, 'expected a time zone such as Europe/Berlin').default('UTC'),
  open: z
    .record(days, spans)
    .describe('When it is open: `mon-fri: 09:00-17:00`. A span may go past midnight.'),
  holidays: z
    .array(
      z.string().regex(/^(?:\d{4}-)?\d{2}-\d{2}$/, 'expected a date: 2026-12-25, or 12-25 for every year'),
    )
    .max(1000)
    .default([]),
  special: z
    .record(fullDate, spans)
    .default({})
    .describe('Days with hours of their own; an empty list: closed.'),
});

type Parameters = z.output<typeof parameters>;

export const hours = defineBlock({
  type: 'hours',
  summary: 'Asks whether it is open now.',
  parameters,
  exits: () => [
    { name: 'open', when: 'it is within the hours', instead: 'next' },
    { name: 'closed', when: 'it is not' },
    { name: 'holiday', when: 'it is a holiday', instead: 'closed' },
  ],
  enter: (given, turn) => leave(stateAt(given, turn.call.now())),
});

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** A moment as a clock on the wall shows it. */
interface Local {
  /** `2026-12-24` */
  readonly date: string;
  readonly day: Day;
  /** Since midnight. */
  readonly minute: number;
}

/** Making one costs some 50 µs, and there are few. */
const clocks = new Map<string, Intl.DateTimeFormat>();

function localTime(now: number, zone: string): Local {
  let clock = clocks.get(zone);
  if (clock === undefined) {
    clock = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    });
    clocks.set(zone, clock);
  }
  // 12/24/2026, 09:05
  const [, month = '', day = '', year = '', hour = '', minute = ''] =
    /^(\d+)\/(\d+)\/(\d+), (\d+):(\d+)/.exec(clock.format(now)) ?? [];
  const date = `${year}-${month}-${day}`;
  return { date, day: dayOf(date), minute: Number(hour) * 60 + Number(minute) };
}

function dayOf(date: string): Day {
  return DAYS[new Date(`${date}T00:00:00Z`).getUTCDay()] ?? 'sun';
}

function dayBefore(date: string): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);
}

export function stateAt(given: Parameters, now: number): 'open' | 'closed' | 'holiday' {
  const { date, day, minute } = localTime(now, given.time_zone);
  const yesterday = dayBefore(date);
  const late = spansOf(given, yesterday, dayOf(yesterday)).some(([from, to]) => to <= from && minute < to);
  if (late) return 'open';
  const isOpen = spansOf(given, date, day).some(
    ([from, to]) => minute >= from && (to <= from || minute < to),
  );
  if (isOpen) return 'open';
  return isHoliday(given, date) ? 'holiday' : 'closed';
}

function isHoliday({ holidays, special }: Parameters, date: string): boolean {
  return !Object.hasOwn(special, date) && (holidays.includes(date) || holidays.includes(date.slice(5)));
}

/** From and to in minutes; `to` is not later than `from` where the span ends on the next day. */
function spansOf(given: Parameters, date: string, day: Day): (readonly [number, number])[] {
  const special = Object.hasOwn(given.special, date) ? given.special[date] : undefined;
  if (special !== undefined) return minutes(special);
  if (isHoliday(given, date)) return [];
  return Object.entries(given.open).flatMap(([names, open]) => (covers(names, day) ? minutes(open) : []));
}

function minutes(given: string | readonly string[]): (readonly [number, number])[] {
  return (typeof given === 'string' ? [given] : given).map((text) => {
    const [from = 0, to = 0] = text.split('-').map((time) => {
      const [hour, minute] = time.split(':');
      return Number(hour) * 60 + Number(minute);
    });
    return [from, to] as const;
  });
}

function covers(names: string, day: Day): boolean {
  return names.split(/, ?/).some((part) => {
    const [first, last = first] = part.split('-') as Day[];
    const [from, to, at] = [first, last, day].map((name) => (name === undefined ? -1 : DAYS.indexOf(name)));
    if (from === undefined || to === undefined || at === undefined) return false;
    return from <= to ? at >= from && at <= to : at >= from || at <= to;
  });
}
