/** Something that is due at a time. */
export interface Due {
  /** Milliseconds, by whatever clock the user of the queue has; must not change while it is queued. */
  due: number;
}

/** What is due next comes first: a binary heap. */
export class DueQueue<T extends Due> {
  private readonly heap: T[] = [];

  first(): T | undefined {
    return this.heap[0];
  }

  add(item: T): void {
    const { heap } = this;
    let at = heap.length;
    heap.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || above.due <= item.due) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = item;
  }

  /** Takes the first one out if it is due at `now`. */
  takeDue(now: number): T | undefined {
    const { heap } = this;
    const [first] = heap;
    if (first === undefined || first.due > now) return undefined;
    const last = heap.pop();
    if (last !== undefined && last !== first) this.sink(last);
    return first;
  }

  clear(): void {
    this.heap.length = 0;
  }

  /** Puts an item in the place of the first one, and then below all that are due earlier. */
  private sink(item: T): void {
    const { heap } = this;
    let at = 0;
    for (;;) {
      const [left, right] = [heap[2 * at + 1], heap[2 * at + 2]];
      const rightIsFirst = left !== undefined && right !== undefined && right.due < left.due;
      const below = rightIsFirst ? right : left;
      if (below === undefined || below.due >= item.due) break;
      heap[at] = below;
      at = 2 * at + (rightIsFirst ? 2 : 1);
    }
    heap[at] = item;
  }
}
