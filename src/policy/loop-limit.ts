import type { Ip } from '../base/ip.ts';
import { isLoopback } from '../base/special-addresses.ts';

/** A session that may be a part of a loop. */
export interface PossibleLoop {
  /** Its target has sent a byte, which never happens in a loop. */
  readonly answered: boolean;
}

/** Milliseconds for which a session that ended without an answer keeps its place. */
const kept = 1_000;

/**
 * Bounds loops that look like honest sessions: a target leads back to this gateway by a way that only the network knows
 * (a floating IP and hairpin NAT), or by another gateway. Each session makes the next one then.
 *
 * A session is a possible loop while its client is this machine, or the very host that the session leads to, and its
 * target has not sent a byte. The first session without a free place is reset; that ends the session before it, and so
 * all of them. A place stays taken for a second after an end without an answer: otherwise a chain that is reset at its
 * beginning while its end grows would go round for ever. Times are monotonic milliseconds.
 *
 * Clients on loopback are no possible loop: `TargetGuard` sees what leads back by loopback, and a user, a script or a
 * proxy on this machine may have any number of sessions.
 */
export class LoopLimit {
  private most: number;
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

  /** Places from now on; `undefined`: unlimited. Sessions that began without a limit have none. */
  update(most: number | undefined): void {
    this.most = most ?? Number.POSITIVE_INFINITY;
  }

  /** Places that are taken. */
  get taken(): number {
    return this.live.size + this.freeAt.length;
  }

  /** `target`: its address; `undefined` where it is a name that was not looked up yet. */
  mayLoop(client: Ip, target: Ip | undefined): boolean {
    if (this.most === Number.POSITIVE_INFINITY) return false;
    if (isLoopback(client)) return false;
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

  /** The session is no part of a loop: its place is free at once. */
  release(session: PossibleLoop): void {
    this.live.delete(session);
  }

  /** The counterpart of `enter`; no effect for a session that has no place. */
  leave(session: PossibleLoop, now: number): void {
    if (this.live.delete(session) && !session.answered) this.freeAt.push(now + kept);
  }
}
