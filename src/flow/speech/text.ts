/**
 * What is spoken is often somebody else's: a caller's name, a function's answer. Nothing in it may be taken for
 * anything but text, neither by FreeSWITCH (`$`, `\`, `{`, `@@`, `://`) nor by an engine that reads markup (`<`).
 */

const DOLLARS: Readonly<Record<string, string>> = {
  en: 'dollars',
  de: 'Dollar',
  fr: 'dollars',
  es: 'dólares',
  it: 'dollari',
  pt: 'dólares',
  nl: 'dollar',
  zh: '美元',
  ja: 'ドル',
};

function dollarsIn(language: string): string {
  const base = baseOf(language);
  return (Object.hasOwn(DOLLARS, base) ? DOLLARS[base] : undefined) ?? 'USD';
}

/** The language without its country. */
export function baseOf(language: string): string {
  return (language.split(/[-_]/)[0] ?? '').toLowerCase();
}

/** With the two that XML does not know. */
// eslint-disable-next-line no-control-regex -- they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const UNUSUAL = /[^A-Za-z0-9 .,!?;'-]/;

/** Text as it can be spoken. */
export function spoken(text: string, language: string): string {
  if (!UNUSUAL.test(text)) return text.replaceAll(/ {2,}/g, ' ').trim();
  return (
    text
      .replaceAll(CONTROL, ' ')
      .replaceAll(LONE_SURROGATE, '')
      .replaceAll(/\$ ?(\d+(?:[.,]\d+)*)/g, (_, amount: string) => `${amount} ${dollarsIn(language)}`)
      .replaceAll(/[$\\<>^{}|]/g, ' ')
      .replaceAll(/@(?=@)/g, '@ ')
      .replaceAll('://', ': ')
      .replaceAll(/\s+/g, ' ')
      // `say://` would be a stream.
      .replace(/^[ /]+/, '')
      .trimEnd()
  );
}

/** For an engine that reads SSML: the same, and escaped. */
export function escapedXml(text: string, language: string): string {
  return spoken(text, language).replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll("'", '&apos;');
}
