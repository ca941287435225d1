const SHARED: readonly (readonly [string, object])[] = [
  ['Object', Object.prototype],
  ['Array', Array.prototype],
  ['Function', Function.prototype],
  ['String', String.prototype],
  ['Number', Number.prototype],
  ['Map', Map.prototype],
  ['Error', Error.prototype],
];

/** What every object shares with all others, as it is at the beginning. */
export class Prototypes {
  readonly #before = SHARED.map(([, prototype]) => new Map(ownOf(prototype)));
  readonly #counts = SHARED.map(([, prototype]) => Reflect.ownKeys(prototype).length);

  /** What has been changed, `''` when nothing; it is put back. Looks at the values too when `closely`. */
  changed(closely: boolean): string {
    if (!closely && SHARED.every(([, one], i) => Reflect.ownKeys(one).length === this.#counts[i])) return '';
    const found: string[] = [];
    for (const [i, [name, prototype]] of SHARED.entries()) {
      const before = this.#before[i];
      const now = new Map(ownOf(prototype));
      for (const [key, value] of now) {
        if (before?.has(key) === true && before.get(key) === value) continue;
        found.push(`${name}.prototype.${String(key)}`);
        if (before?.has(key) === true) Object.defineProperty(prototype, key, { value: before.get(key) });
        else Reflect.deleteProperty(prototype, key);
      }
      for (const key of before?.keys() ?? [])
        if (!now.has(key)) found.push(`${name}.prototype.${String(key)} is gone`);
    }
    return found.join(', ');
  }
}

function ownOf(prototype: object): [PropertyKey, unknown][] {
  return Reflect.ownKeys(prototype).map((key) => {
    const found = Object.getOwnPropertyDescriptor(prototype, key);
    return [key, found !== undefined && 'value' in found ? (found.value as unknown) : key];
  });
}
