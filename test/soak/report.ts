import { table } from '../bench/report.js';
import type { EndingCounts } from './ledger.js';
import type { SoakFigures } from './run.js';

/** One thing that must be so. */
export interface Verdict {
  readonly what: string;
  readonly measured: string;
  readonly isMet: boolean;
}

/** Kinds of objects may be more or fewer by so many without anything having leaked: pools, and what the probe needs. */
const IDLE_SLACK = 12;
/** Pools of connections keep what stands for a closed one, to be used again: app.connections of them, and of functions. */
const POOLED = 256 + 64;
/** Before that a process still takes what it will need. */
const LEAST_MINUTES = 20;

export function verdictsOf(figures: SoakFigures): Verdict[] {
  const { ledger, accounts, calm } = { ...figures, calm: figures.ledger.calm };
  const hit = Object.values(figures.ledger.hit) as EndingCounts[];
  const sum = (ending: keyof EndingCounts): number => hit.reduce((all, one) => all + one[ending], 0);
  const calmWrong = calm.fallback + calm.gone + calm.unforeseen;
  const harmlessWrong = ledger.wrong.filter(
    ({ ending, fault }) => fault !== undefined && ending !== 'unforeseen',
  ).length;
  const grows = figures.slopes.filter(({ isJudged, slope }) => isJudged && slope.verdict === 'grows');
  const idle = (name: string): string =>
    `${figures.idleBefore.objects[name] ?? 0} → ${figures.idleAfter.objects[name] ?? 0}`;
  const kept = (name: string): number =>
    (figures.idleAfter.objects[name] ?? 0) - (figures.idleBefore.objects[name] ?? 0);
  const verdict = (what: string, isMet: boolean, measured: string): Verdict => ({ what, measured, isMet });
  return [
    verdict(
      'every call that was placed has ended',
      figures.ended === figures.placed,
      `${figures.ended} of ${figures.placed}`,
    ),
    verdict(
      'calls without a fault end as programmed',
      calmWrong === 0,
      `${calmWrong} of ${calm.programmed + calmWrong} did not`,
    ),
    verdict('harmless faults are not noticed', harmlessWrong === 0, `${harmlessWrong} calls noticed`),
    verdict(
      'calls in a fault end as the dialplan foresees',
      sum('unforeseen') === 0,
      `${sum('programmed')} as programmed, ${sum('fallback')} by its fallback, ${sum('gone')} gone with the switch, ${sum('unforeseen')} otherwise`,
    ),
    verdict(
      'one contact record and one last event per call',
      accounts.wrong === 0,
      `${accounts.whole} calls; ${accounts.neverReached} never reached a daemon; ${accounts.inTwoParts} told in two parts; ${accounts.halfKnown} known by half; ${accounts.wrong} wrong`,
    ),
    verdict(
      'events in order, without gaps',
      accounts.disorders === 0,
      `${accounts.disorders} disorders, ${accounts.repeatedEvents} repeated`,
    ),
    verdict('no channel left in FreeSWITCH', figures.leftChannels === 0, String(figures.leftChannels)),
    verdict('no claim and no guard left in FreeSWITCH', figures.leftMarks === 0, String(figures.leftMarks)),
    verdict('no call left in a daemon', figures.leftCalls === 0, String(figures.leftCalls)),
    ...(['timers', 'sockets', 'emitters', 'targets'] as const).map((name) =>
      verdict(
        `no ${name} left, without calls before and after`,
        kept(name) <= IDLE_SLACK + (name === 'emitters' ? POOLED : 0),
        idle(name),
      ),
    ),
    verdict(
      'memory, descriptors and resources are flat',
      grows.length === 0 || figures.minutes < LEAST_MINUTES,
      figures.minutes < LEAST_MINUTES
        ? `not judged in less than ${LEAST_MINUTES} minutes`
        : grows.length === 0
          ? 'within noise'
          : grows.map(({ what }) => what).join(', '),
    ),
    verdict('nothing else went wrong', figures.troubles.length === 0, `${figures.troubles.length} troubles`),
  ];
}

export function soakReport(figures: SoakFigures): string {
  const { ledger, accounts } = figures;
  const endings = (name: string, one: EndingCounts): string[] => [
    name,
    ...(['programmed', 'fallback', 'gone', 'unforeseen'] as const).map((key) => String(one[key])),
  ];
  const head = ['', 'as programmed', 'fallback', 'gone', 'unforeseen'];
  const number = (value: number, digits: number): string =>
    Number.isFinite(value) ? value.toFixed(digits) : '-';
  const parts = [
    `${figures.placed} calls at ${figures.callsPerSecond}/s, ${ledger.windows.length} faults, ${figures.retransmissions} INVITEs repeated\n`,
    table(head, [
      endings('without a fault', ledger.calm),
      ...Object.entries(ledger.hit).map(([fault, one]) => endings(`in ${fault}`, one as EndingCounts)),
    ]),
    '',
    table(
      head,
      Object.entries(ledger.byKind).map(([kind, one]) => endings(kind, one as EndingCounts)),
    ),
    '',
    table(
      ['daemon a, under load', 'mean', 'noise', 'per hour', '±', 'verdict'],
      figures.slopes.map(({ what, unit, slope }) => [
        unit === '' ? what : `${what} (${unit})`,
        number(slope.mean, 1),
        number(slope.noise, 2),
        number(slope.perHour, 2),
        number(slope.plusMinus, 2),
        slope.verdict,
      ]),
    ),
    '',
    ...Object.entries(ledger.fallbacks).map(([why, count]) => `fallback, ${count} times: ${why}`),
    '',
    `records ${accounts.records} (${Object.entries(accounts.results)
      .map(([result, count]) => `${result} ${count}`)
      .join(', ')}), first events ${accounts.startedEvents}, last events ${accounts.endedEvents}`,
    `active resources without calls: before ${JSON.stringify(figures.idleBefore.resources)}, after ${JSON.stringify(figures.idleAfter.resources)}`,
    `heap without calls: ${number(figures.idleBefore.heapBytes / 1e6, 1)} → ${number(figures.idleAfter.heapBytes / 1e6, 1)} MB, resident ${number(figures.idleBefore.rssBytes / 1e6, 0)} → ${number(figures.idleAfter.rssBytes / 1e6, 0)} MB`,
    ...Object.entries(figures.logged).map(([what, count]) => `log, ${count} times: ${what}`),
    '',
    table(
      ['must be so', 'measured', ''],
      verdictsOf(figures).map(({ what, measured, isMet }) => [what, measured, isMet ? 'met' : 'MISSED']),
    ),
    '',
    ...ledger.wrong
      .slice(0, 20)
      .map(
        ({ serial, kind, fault, ending, detail, at }) =>
          `! ${at} call ${serial} (${kind}), ${fault ?? 'no fault'}: ${ending}: ${detail}`,
      ),
    ...accounts.complaints.slice(0, 20).map((text) => `! ${text}`),
    ...(figures.switchDeaths.length > 0
      ? [`! FreeSWITCH ended ${figures.switchDeaths.length} times by itself`]
      : []),
    ...figures.troubles.slice(0, 20).map((text) => `! ${text}`),
    ...figures.switchDeaths.map((text) => `! ${text.slice(-3000)}`),
  ];
  return parts.join('\n');
}
