/** The whole suite of faults, by hand; otherwise the short form that stands before every change. */
export const full = process.env.SWITCHHOOK_FAULTS === 'full';

/** How often, or how much, or how long: in the short form and in the full one. */
export function repeat(short: number, long: number): number {
  return full ? long : short;
}
