import type { Ip } from '../base/ip.ts';

/** A session that may be a part of a loop. */
export interface PossibleLoop {
  /** Its target has sent a byte: in a loop no end does. */
  readonly answered: boolean;
}

/** Milliseconds for which a session that ended without an answer keeps its place. */
const kept = 1_000;

/**
 * Bounds loops that look like honest sessions: a target that leads back to this gateway by a way that only
 * the network knows (a floating IP and hairpin NAT), or by another gateway. Each session makes the next one then.
 *
 * A session is a possible loop while its client is this machine or the very host that the session leads to, and its
 * target has not said a byte. The first session for which there is no place is reset: that ends the one before it,
 * and so all of them. A place stays taken for a second after an end without an answer, or a chain whose beginning is
 * reset while its end grows would go round for ever. Times are monotonic milliseconds.
 *
 * Clients on loopback are no possible loop: whatever leads a session back by loopback is seen by `TargetGuards`, and
 * a user, a script or a proxy on this machine may have any number of sessions.
 */
export class LoopLimit {
  private readonly most: number;
  private readonly isOwn: (ip: Ip) => boolean;
  private readonly live = new Set<PossibleLoop>();
  /** When the places of sessions that have ended are free, in rising order. */
  private freeAt: number[] = [];

  /**
   * @param most `undefined`: unlimited, and nothing is counted
   * @param isOwn whether an address is this machine's, loopback excepted
   */
  constructor(most: number | undefined, isOwn: (ip: Ip) => boolean) {
    this.most = most ?? Number.POSITIVE_INFINITY;
    this.isOwn = isOwn;
  }

  /** Places that are taken. */
  get taken(): number {
    return this.live.size + this.freeAt.length;
  }

  /** `target`: its address; `undefined` where only a lookup will tell. */
  mayLoop(client: Ip, target: Ip | undefined): boolean {
    if (this.most === Number.POSITIVE_INFINITY) return false;
    if (typeof client === 'number' ? client >>> 24 === 127 : client === 1n) return false;
    return client === target || this.isOwn(client);
  }

  hasRoom(now: number): boolean {
    if (this.taken < this.most) return true;
    const due = this.freeAt.findIndex((at) => at > now);
    this.freeAt = due === -1 ? [] : this.freeAt.slice(due);
    for (const session of this.live) if (session.answered) this.live.delete(session);
    return this.taken < this.most;
  }

  enter(session: PossibleLoop): void {
    this.live.add(session);
  }

  /** It turns out to be no part of a loop: its place is free at once. */
  release(session: PossibleLoop): void {
    this.live.delete(session);
  }

  /** The counterpart of `enter`; no effect for a session that has no place. */
  leave(session: PossibleLoop, now: number): void {
    if (this.live.delete(session) && !session.answered) this.freeAt.push(now + kept);
  }
}
