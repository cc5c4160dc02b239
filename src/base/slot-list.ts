/** The slot of an item that is in no list. */
export const noSlot = -1;

/** Knows its place in one SlotList; `noSlot` while it has none. */
export interface Slotted {
  slot: number;
}

/**
 * An unordered collection for items that are added and removed ten thousand times a second, instead of a Set: each item
 * knows its slot, and the last item takes the place of a removed one. V8 rehashes a Set whose items change. Each old
 * table keeps the next one, and its sessions, alive until a full collection (measured: twice the scavenger's work).
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
    if (slot === noSlot) return;
    const last = this.items.pop();
    if (last !== undefined && last !== item) {
      this.items[slot] = last;
      last.slot = slot;
    }
    item.slot = noSlot;
  }

  /** A copy, so that items may leave while it is walked. */
  all(): T[] {
    return this.items.slice();
  }
}
