import { baseOf } from './text.js';

/** What `say-as` asks for, as words that any engine speaks, and as the arguments of FreeSWITCH's `say`. */

export const INTERPRETATIONS = [
  'characters',
  'spell-out',
  'digits',
  'number',
  'cardinal',
  'ordinal',
  'date',
  'time',
  'telephone',
  'currency',
] as const;

export type Interpretation = (typeof INTERPRETATIONS)[number];

export function isInterpretation(text: string): text is Interpretation {
  return (INTERPRETATIONS as readonly string[]).includes(text);
}

const SIGNS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  en: {
    '.': 'point',
    '-': 'dash',
    '+': 'plus',
    '@': 'at',
    _: 'underscore',
    '#': 'hash',
    '*': 'star',
    '/': 'slash',
    $: 'dollar',
  },
  de: {
    '.': 'Punkt',
    '-': 'Strich',
    '+': 'plus',
    '@': 'at',
    _: 'Unterstrich',
    '#': 'Raute',
    '*': 'Stern',
    '/': 'Schrägstrich',
    $: 'Dollar',
  },
  fr: {
    '.': 'point',
    '-': 'tiret',
    '+': 'plus',
    '@': 'arobase',
    _: 'souligné',
    '#': 'dièse',
    '*': 'étoile',
    '/': 'barre',
    $: 'dollar',
  },
  es: {
    '.': 'punto',
    '-': 'guion',
    '+': 'más',
    '@': 'arroba',
    _: 'guion bajo',
    '#': 'almohadilla',
    '*': 'asterisco',
    '/': 'barra',
    $: 'dólar',
  },
  zh: { '.': '点', '-': '杠', '+': '加', '@': 'at', '#': '井号', '*': '星号', $: '美元' },
};

/** As words in the language, for an engine. */
export function inWords(how: Interpretation, text: string, format: string, language: string): string {
  const plain = text.trim();
  switch (how) {
    case 'characters':
    case 'spell-out':
      return spelt(plain, language);
    case 'digits':
      return spelt(plain.replaceAll(/\s/g, ''), language);
    case 'telephone':
      return telephone(plain, language);
    case 'number':
    case 'cardinal':
      return plain.replaceAll(/(?<=\d)[ ,](?=\d{3})/g, '');
    case 'ordinal':
      return ordinal(plain, language);
    case 'date':
      return date(plain, format, language) ?? plain;
    case 'time':
      return time(plain, language) ?? plain;
    case 'currency':
      return currency(plain, language) ?? plain;
  }
}

/** One character after the other, with a short rest between. */
function spelt(text: string, language: string): string {
  const signs = SIGNS[baseOf(language)] ?? {};
  return Array.from(text)
    .filter((character) => character.trim() !== '')
    .map((character) => signs[character] ?? character)
    .join(', ');
}

/** In groups of three, the last of up to four; groups that are written keep as they are. */
function telephone(text: string, language: string): string {
  const groups = /[\s()./-]/.test(text)
    ? text.split(/[\s()./-]+/)
    : (text.match(/\+|\d{1,4}$|\d{3}|./g) ?? []);
  return groups
    .filter((group) => group !== '')
    .map((group) => spelt(group, language).replaceAll(', ', ' '))
    .join(', ');
}

const ENGLISH_ORDINALS: Readonly<Record<string, string>> = { one: 'st', two: 'nd', few: 'rd', other: 'th' };

function ordinal(text: string, language: string): string {
  if (!/^\d{1,12}$/.test(text)) return text;
  const base = baseOf(language);
  if (base === 'en') {
    return `${text}${ENGLISH_ORDINALS[new Intl.PluralRules('en', { type: 'ordinal' }).select(Number(text))] ?? 'th'}`;
  }
  return base === 'zh' ? `第${text}` : base === 'de' ? `${text}.` : text;
}

/** `ymd`, `mdy`, `dmy`, `md`, `dm`, `ym`, …; ISO dates and eight digits need no format. */
function date(text: string, format: string, language: string): string | undefined {
  const iso = /^(\d{4})-?(\d{2})-?(\d{2})(?:[T ].*)?$/.exec(text);
  const numbers = iso === null ? text.split(/[^0-9]+/).filter((part) => part !== '') : iso.slice(1);
  const order = iso === null || /^[ymd]{3}$/.exec(format)?.[0] === undefined ? undefined : format;
  const names = (iso !== null && (order === undefined || text.includes('-')) ? 'ymd' : format || 'mdy').split(
    '',
  );
  if (numbers.length !== names.length || names.some((name) => !'ymd'.includes(name))) return undefined;
  const of = (name: string): number | undefined => {
    const at = names.indexOf(name);
    return at < 0 ? undefined : Number(numbers[at]);
  };
  const [year, month, day] = [of('y'), of('m'), of('d')];
  const moment = new Date(Date.UTC(year ?? 2000, (month ?? 1) - 1, day ?? 1));
  if (month !== undefined && moment.getUTCMonth() !== month - 1) return undefined;
  return formatted(language, moment, {
    ...(year === undefined ? {} : { year: 'numeric' }),
    ...(month === undefined ? {} : { month: 'long' }),
    ...(day === undefined ? {} : { day: 'numeric' }),
  });
}

function time(text: string, language: string): string | undefined {
  const [, hour = '', minute = '', half = ''] = /^(\d{1,2}):?(\d{2})(?::\d{2})? ?([ap]m)?$/i.exec(text) ?? [];
  if (hour === '') return undefined;
  const shift = half === '' ? 0 : (half.toLowerCase() === 'pm' ? 12 : 0) - (Number(hour) === 12 ? 12 : 0);
  const hours = Number(hour) + shift;
  if (hours > 23 || Number(minute) > 59) return undefined;
  const moment = new Date(Date.UTC(2000, 0, 1, hours, Number(minute)));
  return formatted(language, moment, { hour: 'numeric', minute: '2-digit' });
}

function formatted(language: string, moment: Date, options: Intl.DateTimeFormatOptions): string | undefined {
  try {
    return new Intl.DateTimeFormat(language, { ...options, timeZone: 'UTC' }).format(moment);
  } catch {
    return undefined;
  }
}

const SYMBOLS: Readonly<Record<string, string>> = {
  $: 'USD',
  '€': 'EUR',
  '£': 'GBP',
  '¥': 'CNY',
  '￥': 'CNY',
};

function currency(text: string, language: string): string | undefined {
  const compact = text.replaceAll(/[\s,](?=\d{3}(?:\D|$))/g, '').replaceAll(/\s/g, '');
  const [, before = '', amount = '', after = ''] =
    /^([A-Z]{3}|[$€£¥￥])?(-?\d+(?:\.\d+)?)([A-Z]{3}|[$€£¥￥])?$/.exec(compact) ?? [];
  const sign = before || after;
  if (amount === '') return undefined;
  if (sign === '') return amount;
  try {
    return new Intl.NumberFormat(language, {
      style: 'currency',
      currency: SYMBOLS[sign] ?? sign,
      currencyDisplay: 'name',
      useGrouping: false,
      trailingZeroDisplay: 'stripIfInteger',
    }).format(Number(amount));
  } catch {
    return undefined;
  }
}

/** `<type> <method> <text>` of FreeSWITCH's `say` (switch_ivr_say.c), or undefined where it has nothing fitting. */
export function sayArguments(how: Interpretation, text: string): string | undefined {
  const plain = text.trim();
  const digits = plain.replaceAll(/[\s,]/g, '');
  switch (how) {
    case 'characters':
    case 'spell-out':
      return /^[A-Za-z0-9]{1,64}$/.test(plain) ? `name_spelled pronounced ${plain}` : undefined;
    case 'digits':
      return /^\d{1,64}$/.test(digits) ? `number iterated ${digits}` : undefined;
    case 'telephone': {
      const number = plain.replaceAll(/[\s()./-]/g, '');
      return /^\d{1,32}$/.test(number) ? `number iterated ${number}` : undefined;
    }
    case 'number':
    case 'cardinal':
      return /^\d{1,9}$/.test(digits) ? `number pronounced ${digits}` : undefined;
    case 'ordinal':
      return /^\d{1,9}$/.test(digits) ? `number counted ${digits}` : undefined;
    // Dates, times and amounts: say knows one currency and only points in time.
    case 'date':
    case 'time':
    case 'currency':
      return undefined;
  }
}
