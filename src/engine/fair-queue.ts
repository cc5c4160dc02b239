/** Whose events share a queue: those of one acceptor and its sessions. */
export interface HasFlow {
  readonly flow: number;
}

/**
 * What waits for its turn, a queue for each flow, and fairQueue take turns: when thousands of sessions of one acceptor have
 * something at once, those of the others do not wait for all of them.
 */
export class FairQueue<T extends HasFlow> {
  /** In the order of their turns. */
  private readonly queues = new Map<number, Queue<T>>();
  private waiting = 0;

  get size(): number {
    return this.waiting;
  }

  has(flow: number): boolean {
    return this.queues.has(flow);
  }

  add(item: T): void {
    this.waiting += 1;
    const queue = this.queues.get(item.flow);
    if (queue === undefined) this.queues.set(item.flow, { items: [item], taken: 0 });
    else queue.items.push(item);
  }

  /** The first of the flow whose turn it is. */
  take(): T | undefined {
    for (const [flow, queue] of this.queues) {
      const item = queue.items[queue.taken];
      queue.taken += 1;
      if (queue.taken >= mostTaken && 2 * queue.taken >= queue.items.length) {
        queue.items.splice(0, queue.taken);
        queue.taken = 0;
      }
      this.queues.delete(flow);
      if (queue.taken < queue.items.length) this.queues.set(flow, queue);
      this.waiting -= 1;
      return item;
    }
    return undefined;
  }
}

/** So many that were taken are kept in a queue at most, or as many as wait in it: one that is never empty must not grow for ever. */
const mostTaken = 256;

interface Queue<T> {
  readonly items: T[];
  taken: number;
}
