/**
 * A list of named values that remembers its order, with names that ignore case: channel variables and event
 * headers (switch_event.c). Setting a name again moves it to the end, as it does there.
 */
export class NamedValues {
  private readonly entries = new Map<string, { readonly name: string; value: string }>();

  get(name: string): string | undefined {
    return this.entries.get(name.toLowerCase())?.value;
  }

  /** An empty value removes the name, as everywhere in FreeSWITCH. */
  set(name: string, value: string | undefined): void {
    const key = name.toLowerCase();
    this.entries.delete(key);
    if (value !== undefined && value !== '') this.entries.set(key, { name, value });
  }

  /** Adds to an array value, which FreeSWITCH writes as `ARRAY::a|:b`. */
  push(name: string, value: string): void {
    const before = this.get(name);
    if (before === undefined) this.set(name, value);
    else if (before.startsWith('ARRAY::')) this.set(name, `${before}|:${value}`);
    else this.set(name, `ARRAY::${before}|:${value}`);
  }

  delete(name: string): void {
    this.entries.delete(name.toLowerCase());
  }

  /** One element of an array value; a plain value has only the element 0. */
  element(name: string, index: number): string | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    if (!value.startsWith('ARRAY::')) return index === 0 ? value : undefined;
    return value.slice('ARRAY::'.length).split('|:')[index];
  }

  *[Symbol.iterator](): Iterator<readonly [name: string, value: string]> {
    for (const { name, value } of this.entries.values()) yield [name, value];
  }
}
