import { expect, it } from 'vitest';
import { faultsOf, Walk } from '../walk.js';

const HOURS = `
    type: hours
    time_zone: Europe/Berlin
    open:
      mon-thu: 09:00-17:00
      fri: [09:00-12:00, 13:00-15:30]
      sat, sun: 22:00-02:00
    holidays: ['12-25', 2026-04-03, 2026-04-04]
    special: { 2026-12-24: 09:00-12:00, 2026-12-25: [], 2026-04-04: 10:00-11:00 }`;

function main(hours: string, exits = '{ open: open, closed: closed, holiday: holiday }'): string {
  return `start: it\nblocks:\n  it:${hours}\n    exits: ${exits}\n  open: { type: end }\n  closed: { type: end }\n  holiday: { type: end }\n`;
}

function exitAt(time: string, hours = HOURS, exits?: string): string | undefined {
  return new Walk({ flows: { main: main(hours, exits) }, now: Date.parse(time) }).exits[0];
}

it.each([
  ['Monday morning', '2026-01-05T09:00+01:00', 'open'],
  ['a minute before', '2026-01-05T08:59+01:00', 'closed'],
  ['the last minute', '2026-01-05T16:59+01:00', 'open'],
  ['closing time', '2026-01-05T17:00+01:00', 'closed'],
  ['summer time', '2026-07-06T09:00+02:00', 'open'],
  ['an hour off in summer', '2026-07-06T09:00+03:00', 'closed'],
  ['Friday noon', '2026-01-09T12:30+01:00', 'closed'],
  ['Friday afternoon', '2026-01-09T13:00+01:00', 'open'],
  ['Saturday night', '2026-01-10T23:30+01:00', 'open'],
  ['after its midnight', '2026-01-11T01:59+01:00', 'open'],
  ['after that', '2026-01-11T02:00+01:00', 'closed'],
  ['the night to Monday', '2026-01-12T01:00+01:00', 'open'],
  ['Monday before Saturday is over elsewhere', '2026-01-12T02:00+01:00', 'closed'],
  ['a holiday of one year', '2026-04-03T10:00+02:00', 'holiday'],
  ['the same day next year', '2027-04-03T10:00+02:00', 'closed'],
  ['a special day within its hours', '2026-12-24T11:59+01:00', 'open'],
  ['a special day after them', '2026-12-24T12:00+01:00', 'closed'],
  ['a holiday of every year', '2027-12-25T23:00+01:00', 'holiday'],
  ['a special day that is a holiday', '2026-04-04T10:30+02:00', 'open'],
  ['the evening of that', '2026-04-04T23:00+02:00', 'closed'],
])('knows %s', (_title, time, exit) => {
  expect(exitAt(time)).toBe(`it:${exit}`);
});

it('takes closed where there is no way for holidays', () => {
  const walk = new Walk({
    flows: { main: main(HOURS, '{ open: open, closed: closed }') },
    now: Date.parse('2026-04-03T10:00+02:00'),
  });
  expect(walk.visits[0]).toMatchObject({ exit: 'holiday', next: 'closed' });
});

it('is open around the clock', () => {
  const always = '\n    type: hours\n    open: { mon-sun: 00:00-24:00 }';
  expect(exitAt('2026-01-05T00:00Z', always)).toBe('it:open');
  expect(exitAt('2026-01-05T23:59Z', always)).toBe('it:open');
});

it('knows days that go round the weekend', () => {
  const days = '\n    type: hours\n    open: { fri-mon: 09:00-10:00 }';
  expect(
    ['2026-01-09', '2026-01-11', '2026-01-12', '2026-01-13'].map((day) => exitAt(`${day}T09:30Z`, days)),
  ).toEqual(['it:open', 'it:open', 'it:open', 'it:closed']);
});

it.each([
  ['time_zone: Europe/Bonn\n    open: {}', 'time zone'],
  ['open: { mon-xyz: 09:00-10:00 }', 'days such as'],
  ['open: { mon: 9-10 }', 'hours such as'],
  ['open: { mon: 09:00-25:00 }', 'hours such as'],
  ['open: {}\n    holidays: [25.12.]', 'a date'],
])('refuses %s', (parameters, message) => {
  expect(faultsOf(main(`\n    type: hours\n    ${parameters}`)).join('\n')).toContain(message);
});
