/** Knows its place in one SlotList; -1 while it has none. */
export interface Slotted {
  slot: number;
}

/**
 * An unordered collection for what comes and goes ten thousand times a second, in place of a Set: each item knows its
 * own slot, and the last item takes the place of one that leaves. A Set whose items change all the time is rehashed all
 * the time, and V8 keeps each outgrown table pointing to the next: one that is old and dead keeps all that follow it,
 * and every session that was in them, alive until the next full collection (seen: twice the scavenger's work).
 */
export class SlotList<T extends Slotted> {
  private readonly items: T[] = [];

  get size(): number {
    return this.items.length;
  }

  /** The item must not be in any list of this kind. */
  add(item: T): void {
    item.slot = this.items.length;
    this.items.push(item);
  }

  /** No effect on an item that is not there. */
  delete(item: T): void {
    const { slot } = item;
    if (slot === -1) return;
    const last = this.items.pop();
    if (last !== undefined && last !== item) {
      this.items[slot] = last;
      last.slot = slot;
    }
    item.slot = -1;
  }

  /** A copy, so that items may leave while it is walked. */
  all(): T[] {
    return this.items.slice();
  }
}
