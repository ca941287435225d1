/** Where a member stands; for taking it out again. */
export interface Link<T extends object> {
  member: T | undefined;
  before: Link<T> | undefined;
  after: Link<T> | undefined;
}

/**
 * Members that come and go, the oldest first, each as often as it was added. It stands where a `Set` would leave all of
 * them in memory for longer: V8's Set and Map take a new table whenever enough has come and gone, and the table of before
 * points to it (ordered-hash-table.cc, OrderedHashTable::Rehash). From the first such table on that has grown old, those
 * behind it are kept, with all that was in them, until the next full collection.
 */
export class LinkedSet<T extends object> {
  /** Stands behind the newest and before the oldest. */
  readonly #end: Link<T> = { member: undefined, before: undefined, after: undefined };
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(member: T): Link<T> {
    const end = this.#end;
    const newest = end.before ?? end;
    const link: Link<T> = { member, before: newest, after: end };
    newest.after = link;
    end.before = link;
    this.#size += 1;
    return link;
  }

  /** Does nothing the second time. */
  remove(link: Link<T>): void {
    const { before, after } = link;
    if (before === undefined || after === undefined) return;
    before.after = after;
    after.before = before;
    // What is out points to nobody.
    link.member = undefined;
    link.before = undefined;
    link.after = undefined;
    this.#size -= 1;
  }

  /** Those of now, whatever becomes of them meanwhile. */
  get members(): T[] {
    const members: T[] = [];
    for (let link = this.#end.after; link?.member !== undefined; link = link.after) members.push(link.member);
    return members;
  }

  /** The newest one of which it is true. */
  findLast(isWanted: (member: T) => boolean): T | undefined {
    for (let link = this.#end.before; link?.member !== undefined; link = link.before)
      if (isWanted(link.member)) return link.member;
    return undefined;
  }
}
