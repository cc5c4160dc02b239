import type { SocketAddress } from '../base/address.ts';
import type { DialSource } from './dial-sources.ts';

/** Milliseconds between two dials of a target that no local port is free towards: 20 a second. */
const pause = 50;
/** Targets remembered at most, as a name may lead to other addresses each day. The oldest is forgotten first. */
const mostTargets = 4_096;

/**
 * Targets that no local port was free towards. A port serves one connection to an address and port at a time, and is in
 * TIME_WAIT for a minute after it. connect(2) tries all ports before it fails, which takes a millisecond or more. So
 * such a target is dialed 20 times a second only, until a dial gets a port. `now` is in monotonic milliseconds.
 */
export class ExhaustedTargets {
  /** When each may be dialed again. */
  private readonly pauses = new Map<string, number>();

  /** Targets that are dialed at that pace now. */
  get size(): number {
    return this.pauses.size;
  }

  /** Whether a target may be dialed now. For an exhausted target, a `true` is its dial for the next 50 ms. */
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

  /** A dial of the target got a port, whatever its outcome. */
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
