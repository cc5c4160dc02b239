import { EPOLLERR } from '../../libc/constants.ts';

/** Events share a queue by flow. The flow of a listener's sessions is the descriptor of that listener. */
export type Flow = number;

/** Dials: the engine does not know their listener. */
export const dialFlow: Flow = -1;
/** All listening sockets together. */
export const listenersFlow: Flow = -2;
/**
 * Resets, whichever listener their sessions have. A burst through hundreds of listeners that leaves at once takes one
 * turn then, and not one for each listener.
 */
const resetFlow: Flow = -3;

/** `pending` of a socket without a queued event. */
export const noEvents = 0;

/** A socket that may have events. */
export interface Ready {
  readonly flow: Flow;
  /** Its queued events, as epoll_ctl(2) has them. */
  pending: number;
}

/** Taken items that a queue keeps at most, unless as many wait in it: a queue that is never empty must not grow. */
const mostTaken = 256;

interface Queue<T> {
  readonly items: T[];
  /** Items at the beginning that were taken. */
  taken: number;
}

/**
 * Sockets with events, when more are ready than can be handled in a row. The flows take turns: where thousands of
 * sessions of one listener have an event at once, those of the others do not wait for all of them.
 */
export class ReadyQueue<T extends Ready> {
  /** In the order of their turns. */
  private readonly queues = new Map<Flow, Queue<T>>();
  private waiting = 0;

  get size(): number {
    return this.waiting;
  }

  /** Adds events of a socket, which waits once however many it has. Returns whether it did not wait yet. */
  add(item: T, events: number): boolean {
    const isNew = item.pending === noEvents;
    item.pending |= events;
    if (!isNew) return false;
    this.waiting += 1;
    // A dial that has failed is not one of a burst: its session goes on to the next target.
    const flow = (events & EPOLLERR) === 0 || item.flow === dialFlow ? item.flow : resetFlow;
    const queue = this.queues.get(flow);
    if (queue === undefined) this.queues.set(flow, { items: [item], taken: 0 });
    else queue.items.push(item);
    return true;
  }

  /** Takes the first socket of the flow whose turn it is. */
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
