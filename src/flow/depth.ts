/**
 * Whether a value made of JSON's kinds is nested deeper than so many levels. What a YAML anchor leads back into
 * itself is deeper than any.
 */
export function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((item) => isDeeperThan(item, levels - 1));
}
