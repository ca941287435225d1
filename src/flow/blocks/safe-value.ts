/**
 * Values from callers and functions, made fit for the data of an application. FreeSWITCH expands `$`, splits at
 * quotes, commas, bars and blanks, and reads brackets as variables: none of that may come from a value.
 */

// eslint-disable-next-line no-control-regex -- they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** For `set name=value`: what would be expanded or unescaped becomes `_`. */
export function asVariableValue(value: string): string {
  return value
    .replaceAll(CONTROL, ' ')
    .replaceAll(LONE_SURROGATE, '')
    .replaceAll(/[$\\]/g, '_')
    .replace(/^ARRAY::/i, 'ARRAY__')
    .slice(0, 2000);
}

/** For one argument of any application: a word. `undefined` when the value is none. */
export function asWord(value: string): string | undefined {
  return /^[\p{L}\p{N}_.+#*@:-]{0,256}$/u.test(value) && !value.startsWith('^^') ? value : undefined;
}

/** For an application that takes a text: letters, digits, blanks and what is usual between them. */
export function asText(value: string): string {
  return value
    .replaceAll(CONTROL, ' ')
    .replaceAll(LONE_SURROGATE, '')
    .replaceAll(/[^\p{L}\p{M}\p{N}\p{Sc} .,:;?!+*#@()/_-]|\$/gu, ' ')
    .replaceAll('://', ': ')
    .replaceAll('^^', ' ')
    .slice(0, 2000);
}

/** For a part of a recording's name. */
export function asFileName(value: string): string {
  return value.replaceAll(/[^A-Za-z0-9_+-]/g, '_').slice(0, 128);
}
