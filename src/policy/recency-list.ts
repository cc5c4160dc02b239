/** Knows its neighbours in one RecencyList. */
export interface Recent<T> {
  older: T | undefined;
  newer: T | undefined;
}

/**
 * Items in order of when they were last added, the oldest at hand. A Map keeps the order, too, but leaves a gap where
 * an item was removed: to find its first item takes a walk over all gaps before it.
 */
export class RecencyList<T extends Recent<T>> {
  private first: T | undefined;
  private last: T | undefined;
  private count = 0;

  get size(): number {
    return this.count;
  }

  get oldest(): T | undefined {
    return this.first;
  }

  /** As the newest. The item must not be in a list. */
  add(item: T): void {
    item.older = this.last;
    if (this.last === undefined) this.first = item;
    else this.last.newer = item;
    this.last = item;
    this.count += 1;
  }

  /** The item must be in this list. */
  remove(item: T): void {
    const { older, newer } = item;
    if (older === undefined) this.first = newer;
    else older.newer = newer;
    if (newer === undefined) this.last = older;
    else newer.older = older;
    item.older = undefined;
    item.newer = undefined;
    this.count -= 1;
  }
}
