import type { SocketAddress } from '../base/address.ts';
import type { DialSource } from './dial-sources.ts';

/** Milliseconds between two dials of a target that no local port is free towards: 20 a second. */
const pause = 50;
/** Targets remembered at most. A name may lead to other addresses each day; the one noted first is forgotten. */
const mostTargets = 4_096;

/**
 * Targets that no local port was free towards. A port serves one connection to an address and port at a time, and is in
 * TIME_WAIT for a minute after it. connect(2) looks at all ports before it says so, which takes a millisecond and more:
 * so such a target is dialed 20 times a second, until it gets a port again. `now` is in monotonic milliseconds.
 */
export class ExhaustedTargets {
  /** When each may be dialed again. */
  private readonly pauses = new Map<string, number>();

  /** Targets that are dialed more seldom now. */
  get size(): number {
    return this.pauses.size;
  }

  /** Whether a target may be dialed now. Where it is exhausted, that takes its turn. */
  mayDial(to: SocketAddress, from: DialSource, now: number): boolean {
    // By far the usual case; no text is made then.
    if (this.pauses.size === 0) return true;
    const key = keyOf(to, from);
    const next = this.pauses.get(key);
    if (next === undefined) return true;
    if (now < next) return false;
    this.pauses.set(key, now + pause);
    return true;
  }

  /** A dial of the target got a port, whatever came of it then. */
  gotPort(to: SocketAddress, from: DialSource): void {
    if (this.pauses.size > 0) this.pauses.delete(keyOf(to, from));
  }

  /** A dial of the target found no port. */
  foundNone(to: SocketAddress, from: DialSource, now: number): void {
    this.pauses.set(keyOf(to, from), now + pause);
    if (this.pauses.size <= mostTargets) return;
    const [first] = this.pauses.keys();
    if (first !== undefined) this.pauses.delete(first);
  }
}

function keyOf({ address, port }: SocketAddress, from: DialSource): string {
  return `${address} ${port} ${from ?? ''}`;
}
