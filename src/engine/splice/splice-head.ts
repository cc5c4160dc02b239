import { EAGAIN, EINTR } from '../../libc/constants.ts';
import { leastRead } from '../held-bytes.ts';
import type { LegHead } from '../leg-head.ts';
import type { LegUser } from './leg-user.ts';
import type { SpliceIo } from './splice-io.ts';
import type { SpliceLeg } from './splice-leg.ts';

/**
 * Reads a leg's head, and no more than may be part of it. MSG_PEEK would not do: a head that is longer than the receive
 * window, or comes in many small segments, would never be there as a whole.
 */
export class SpliceHead implements LegUser {
  readonly stuck = false;
  private readonly leg: SpliceLeg;
  private readonly io: SpliceIo;
  private readonly head: LegHead;

  constructor(leg: SpliceLeg, io: SpliceIo, head: LegHead) {
    this.leg = leg;
    this.io = io;
    this.head = head;
  }

  start(): void {
    const { leg, head } = this;
    leg.reader = this;
    const early = leg.takeUnread();
    if (early !== null) head.bytes(early, early.length);
    if (leg.closed) head.reset();
    this.pump();
  }

  pump(): void {
    const { leg, io, head } = this;
    const { address, bytes } = io.buffer;
    while (leg.readable && head.wanted > 0) {
      // Bytes behind the head wait in memory until the relay begins.
      const most = Math.min(head.wanted, leastRead);
      const length = io.libc.recv(leg.fd, address, most, 0);
      if (length > 0) {
        // A short read means that all was read, unless an end is still to be read.
        if (length < most && !leg.urgent && !leg.finSeen && leg.broken === undefined) leg.readable = false;
        head.bytes(bytes, length);
      } else if (length === EAGAIN) leg.readable = false;
      else if (length !== EINTR) this.ended(length);
    }
  }

  release(): void {}

  crashed(error: unknown): void {
    this.head.crashed(error);
  }

  /** Bytes from before the reset are read first; then a read fails. */
  legBroken(): void {}

  /** The leg stays readable, so that the next reader finds the end, too. */
  private ended(result: number): void {
    const { leg, head } = this;
    if (result < 0) leg.fail(result, 'read');
    if (leg.broken === undefined) head.end();
    else head.reset();
  }
}
