import { crash } from '../crashable.ts';
import type { StreamLeg } from './stream-leg.ts';

/** A listener as the waiting room sees it. */
export interface WaitingAcceptor {
  hasRoom(): boolean;
  /** The client's turn has come. */
  enter(leg: StreamLeg): void;
}

/** Clients let in in a row. Then the rest of the loop has its turn, and their targets may answer. */
const mostInARow = 16;

/**
 * Clients that were accepted and wait for room: a bounded queue, first come first served. Clients of a listener without
 * room are passed over. Where several listeners are open, each has half of the places at most, as it has half of the
 * sessions (`perListener: auto`): one flooded listener leaves places to the others.
 */
export class WaitingRoom {
  /** In order of arrival. */
  private readonly queue = new Map<StreamLeg, WaitingAcceptor>();
  /** How many wait at each open listener. */
  private readonly counts = new Map<WaitingAcceptor, number>();
  /** Clients in all. Those that wait beyond it keep their places. */
  capacity: number;
  private state: 'idle' | 'admitting' | 'admitting, once more' | 'deferred' = 'idle';

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get size(): number {
    return this.queue.size;
  }

  open(acceptor: WaitingAcceptor): void {
    this.counts.set(acceptor, 0);
  }

  /** Resets the clients that wait for this listener. */
  close(acceptor: WaitingAcceptor): void {
    for (const [leg, of] of this.queue) if (of === acceptor) this.drop(leg);
    this.counts.delete(acceptor);
  }

  /** Whether clients wait for this listener: a new one must not overtake them. */
  has(acceptor: WaitingAcceptor): boolean {
    return this.countOf(acceptor) > 0;
  }

  /** Has a new client wait, and drops it when it leaves. False: it has no place. */
  add(leg: StreamLeg, acceptor: WaitingAcceptor): boolean {
    const share = this.counts.size > 1 ? Math.ceil(this.capacity / 2) : this.capacity;
    if (this.size >= this.capacity || this.countOf(acceptor) >= share) return false;
    this.queue.set(leg, acceptor);
    this.counts.set(acceptor, this.countOf(acceptor) + 1);
    leg.onReset = () => this.drop(leg);
    // A client may half-close after its request, but one that finishes without a byte has given up.
    leg.onEmptyEnd = () => this.drop(leg);
    return true;
  }

  /** Lets clients in while there is room. May be called again from within, by a session that ends at once. */
  admit(): void {
    if (this.state === 'deferred') return;
    if (this.state !== 'idle') {
      this.state = 'admitting, once more';
      return;
    }
    let left = mostInARow;
    do {
      this.state = 'admitting';
      for (const [leg, acceptor] of this.queue) {
        if (left === 0) break;
        if (this.tryOne(leg, acceptor) === 'entered') left -= 1;
      }
    } while (this.state !== 'admitting' && left > 0);
    this.state = left > 0 ? 'idle' : 'deferred';
    if (left > 0) return;
    setImmediate(() => {
      this.state = 'idle';
      this.admit();
    });
  }

  /** An exception ends this client alone, and neither the caller nor another client. */
  private tryOne(leg: StreamLeg, acceptor: WaitingAcceptor): 'entered' | 'waits' | 'dropped' {
    try {
      if (!acceptor.hasRoom()) return 'waits';
      // A leg whose head is full is not read, so that its reset has not been seen yet.
      if (leg.wasReset()) {
        this.drop(leg);
        return 'dropped';
      }
      this.remove(leg);
      acceptor.enter(leg);
      return 'entered';
    } catch (error) {
      crash(leg, error);
      this.remove(leg);
      return 'dropped';
    }
  }

  private drop(leg: StreamLeg): void {
    this.remove(leg);
    leg.reset();
  }

  private remove(leg: StreamLeg): void {
    const acceptor = this.queue.get(leg);
    if (acceptor === undefined) return;
    this.queue.delete(leg);
    this.counts.set(acceptor, this.countOf(acceptor) - 1);
    leg.onReset = null;
    leg.onEmptyEnd = null;
  }

  private countOf(acceptor: WaitingAcceptor): number {
    return this.counts.get(acceptor) ?? 0;
  }
}
