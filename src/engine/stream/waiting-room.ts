import { crash } from '../crashable.ts';
import type { StreamLeg } from './stream-leg.ts';

/** New clients in a row who become sessions; then the rest of the loop has its turn: what each of them costs would hold up everybody else. */
const perStep = 16;

/** An acceptor as the waiting room sees it. */
export interface WaitingAcceptor {
  hasRoom(): boolean;
  enter(leg: StreamLeg): void;
  /** The last who waited for it has entered, or left. */
  nobodyWaits(): void;
  /** One who waited had to leave his place to a client of another acceptor. */
  lostPlace(): void;
}

/**
 * Clients that have come at the limit, or too many at once, accepted: the first at each acceptor, or all, where an acceptor cannot be
 * shut. First come first served; an acceptor that is full for itself makes only its own clients wait. When all places are taken, the
 * last of the acceptor that has most of them gives way to who comes to an acceptor that has fewer (longest queue drop): those of a
 * flooded acceptor would take the places of all others.
 */
export class WaitingRoom {
  private readonly queues = new Map<WaitingAcceptor, Map<StreamLeg, number>>();
  private readonly capacity: number;
  private nextTicket = 0;
  private count = 0;
  private state: 'idle' | 'admitting' = 'idle';
  /** New clients who may still become sessions before the rest of the loop has its turn. */
  private left = perStep;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get size(): number {
    return this.count;
  }

  /** Whether somebody waits for this acceptor. */
  has(acceptor: WaitingAcceptor): boolean {
    return this.queues.has(acceptor);
  }

  /** Whether a new client at this acceptor could wait. */
  hasPlace(acceptor: WaitingAcceptor): boolean {
    if (this.count < this.capacity) return true;
    // With him, his acceptor would still have no more places than the longest queue is left with.
    const longest = this.longest();
    return longest !== undefined && longest.queue.size > (this.queues.get(acceptor)?.size ?? 0) + 1;
  }

  /**
   * Whether a new client at this acceptor need not wait: there is room, nobody would be overtaken, and not too many have come at
   * once. Counts him then.
   */
  mayPass(acceptor: WaitingAcceptor): boolean {
    return !this.has(acceptor) && acceptor.hasRoom() && this.takeTurn();
  }

  /** False: there is no place. Who leaves while waiting is dropped. */
  add(leg: StreamLeg, acceptor: WaitingAcceptor): boolean {
    const full = this.count >= this.capacity;
    // Nobody gives up a place for one that could be a session: where many come at once they wait for their turn alone.
    if (!this.hasPlace(acceptor) || (full && acceptor.hasRoom())) return false;
    if (full) this.takePlace();
    const queue = this.queues.get(acceptor) ?? new Map<StreamLeg, number>();
    queue.set(leg, this.nextTicket++);
    this.queues.set(acceptor, queue);
    this.count += 1;
    leg.onGone = () => this.turnAway(leg, acceptor);
    // A client may half-close after its words, but one that says nothing and finishes while there is no room for it has
    // given up.
    if (!acceptor.hasRoom()) leg.onLeft = () => this.turnAway(leg, acceptor);
    return true;
  }

  /** Lets in whoever there is room for. A session that ends within this call asks once more: this one goes on anyway. */
  admit(): void {
    if (this.state === 'admitting') return;
    this.state = 'admitting';
    try {
      this.admitAll();
    } finally {
      this.state = 'idle';
    }
  }

  private admitAll(): void {
    for (let acceptor = this.next(); acceptor !== undefined && this.takeTurn(); acceptor = this.next()) {
      const leg = this.queues.get(acceptor)?.keys().next().value;
      if (leg === undefined) return;
      try {
        this.admitOne(leg, acceptor);
      } catch (error) {
        // Whoever says that there may be room has no part in it, nor have those who still wait.
        crash(leg, error);
        this.remove(leg, acceptor);
      }
    }
  }

  private admitOne(leg: StreamLeg, acceptor: WaitingAcceptor): void {
    // One that fills its head is not read any more, so that its reset goes unseen until it is looked for.
    if (leg.wasReset()) this.turnAway(leg, acceptor);
    else {
      this.remove(leg, acceptor);
      acceptor.enter(leg);
    }
  }

  /** False when it is the rest of the loop's turn; who waits is let in afterwards. */
  private takeTurn(): boolean {
    if (this.left === 0) return false;
    this.left -= 1;
    if (this.left === 0) {
      setImmediate(() => {
        this.left = perStep;
        this.admit();
      });
    }
    return true;
  }

  /** Resets all who wait for an acceptor that closes. */
  close(acceptor: WaitingAcceptor): void {
    for (const leg of this.queues.get(acceptor)?.keys() ?? []) this.turnAway(leg, acceptor);
  }

  /** The acceptor with room whose first client has waited longest. */
  private next(): WaitingAcceptor | undefined {
    let found: WaitingAcceptor | undefined;
    let earliest = Number.POSITIVE_INFINITY;
    for (const [acceptor, queue] of this.queues) {
      const ticket = queue.values().next().value;
      if (ticket !== undefined && ticket < earliest && acceptor.hasRoom()) {
        found = acceptor;
        earliest = ticket;
      }
    }
    return found;
  }

  /** The last of the longest queue is turned away. */
  private takePlace(): void {
    const longest = this.longest();
    const leg = [...(longest?.queue.keys() ?? [])].at(-1);
    if (longest === undefined || leg === undefined) return;
    this.turnAway(leg, longest.acceptor);
    longest.acceptor.lostPlace();
  }

  private longest(): { acceptor: WaitingAcceptor; queue: ReadonlyMap<StreamLeg, number> } | undefined {
    let longest: { acceptor: WaitingAcceptor; queue: ReadonlyMap<StreamLeg, number> } | undefined;
    for (const [acceptor, queue] of this.queues) {
      if (queue.size > (longest?.queue.size ?? 0)) longest = { acceptor, queue };
    }
    return longest;
  }

  private turnAway(leg: StreamLeg, acceptor: WaitingAcceptor): void {
    this.remove(leg, acceptor);
    leg.reset();
  }

  private remove(leg: StreamLeg, acceptor: WaitingAcceptor): void {
    const queue = this.queues.get(acceptor);
    if (queue?.delete(leg) !== true) return;
    leg.onGone = null;
    leg.onLeft = null;
    this.count -= 1;
    if (queue.size > 0) return;
    this.queues.delete(acceptor);
    acceptor.nobodyWaits();
  }
}
