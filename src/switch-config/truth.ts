/** switch_true() (switch_utils.h). */
export function isTrue(text: string | undefined): boolean {
  if (text === undefined) return false;
  if (/^(?:yes|on|true|t|enabled|active|allow)$/i.test(text)) return true;
  return /^-?\d+$/.test(text) && Number.parseInt(text, 10) !== 0;
}
