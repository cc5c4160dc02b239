import { crash } from '../crashable.ts';
import type { StreamLeg } from './stream-leg.ts';

/** Newcomers in a row who become sessions; then the rest of the loop has its turn: what each of them costs would hold up everybody else. */
const perStep = 16;

/** A door as the waiting room sees it. */
export interface WaitingDoor {
  hasRoom(): boolean;
  enter(leg: StreamLeg): void;
  /** The last who waited for it has entered, or left. */
  nobodyWaits(): void;
  /** One who waited had to leave his place to a client of another door. */
  lostPlace(): void;
}

/**
 * Clients that have come at the limit, or too many at once, accepted: the first at each door, or all, where a door cannot be
 * shut. First come first served; a door that is full for itself makes only its own clients wait. When all places are taken, the
 * last of the door that has most of them gives way to who comes to a door that has fewer (longest queue drop): those of a
 * flooded door would take the places of all others.
 */
export class WaitingRoom {
  private readonly queues = new Map<WaitingDoor, Map<StreamLeg, number>>();
  private readonly capacity: number;
  private nextTicket = 0;
  private count = 0;
  private state: 'idle' | 'admitting' = 'idle';
  /** Newcomers who may still become sessions before the rest of the loop has its turn. */
  private left = perStep;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get size(): number {
    return this.count;
  }

  /** Whether somebody waits for this door. */
  has(door: WaitingDoor): boolean {
    return this.queues.has(door);
  }

  /** Whether a newcomer at this door could wait. */
  hasPlace(door: WaitingDoor): boolean {
    if (this.count < this.capacity) return true;
    // With him, his door would still have no more places than the longest queue is left with.
    const longest = this.longest();
    return longest !== undefined && longest.queue.size > (this.queues.get(door)?.size ?? 0) + 1;
  }

  /**
   * Whether a newcomer at this door need not wait: there is room, nobody would be overtaken, and not too many have come at
   * once. Counts him then.
   */
  mayPass(door: WaitingDoor): boolean {
    return !this.has(door) && door.hasRoom() && this.takeTurn();
  }

  /** False: there is no place. Who leaves while waiting is dropped. */
  add(leg: StreamLeg, door: WaitingDoor): boolean {
    const full = this.count >= this.capacity;
    // Nobody gives up a place for one that could be a session: where many come at once they wait for their turn alone.
    if (!this.hasPlace(door) || (full && door.hasRoom())) return false;
    if (full) this.takePlace();
    const queue = this.queues.get(door) ?? new Map<StreamLeg, number>();
    queue.set(leg, this.nextTicket++);
    this.queues.set(door, queue);
    this.count += 1;
    leg.onGone = () => this.turnAway(leg, door);
    // A client may half-close after its words, but one that says nothing and finishes while there is no room for it has
    // given up.
    if (!door.hasRoom()) leg.onLeft = () => this.turnAway(leg, door);
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
    for (let door = this.next(); door !== undefined && this.takeTurn(); door = this.next()) {
      const leg = this.queues.get(door)?.keys().next().value;
      if (leg === undefined) return;
      try {
        this.admitOne(leg, door);
      } catch (error) {
        // Whoever says that there may be room has no part in it, nor have those who still wait.
        crash(leg, error);
        this.remove(leg, door);
      }
    }
  }

  private admitOne(leg: StreamLeg, door: WaitingDoor): void {
    // One that fills its head is not read any more, so that its reset goes unseen until it is looked for.
    if (leg.wasReset()) this.turnAway(leg, door);
    else {
      this.remove(leg, door);
      door.enter(leg);
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

  /** Resets all who wait for a door that closes. */
  close(door: WaitingDoor): void {
    for (const leg of this.queues.get(door)?.keys() ?? []) this.turnAway(leg, door);
  }

  /** The door with room whose first client has waited longest. */
  private next(): WaitingDoor | undefined {
    let found: WaitingDoor | undefined;
    let earliest = Number.POSITIVE_INFINITY;
    for (const [door, queue] of this.queues) {
      const ticket = queue.values().next().value;
      if (ticket !== undefined && ticket < earliest && door.hasRoom()) {
        found = door;
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
    this.turnAway(leg, longest.door);
    longest.door.lostPlace();
  }

  private longest(): { door: WaitingDoor; queue: ReadonlyMap<StreamLeg, number> } | undefined {
    let longest: { door: WaitingDoor; queue: ReadonlyMap<StreamLeg, number> } | undefined;
    for (const [door, queue] of this.queues) {
      if (queue.size > (longest?.queue.size ?? 0)) longest = { door, queue };
    }
    return longest;
  }

  private turnAway(leg: StreamLeg, door: WaitingDoor): void {
    this.remove(leg, door);
    leg.reset();
  }

  private remove(leg: StreamLeg, door: WaitingDoor): void {
    const queue = this.queues.get(door);
    if (queue?.delete(leg) !== true) return;
    leg.onGone = null;
    leg.onLeft = null;
    this.count -= 1;
    if (queue.size > 0) return;
    this.queues.delete(door);
    door.nobodyWaits();
  }
}
