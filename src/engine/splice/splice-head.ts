import { EAGAIN, EINTR } from '../../libc/constants.ts';
import { leastRead } from '../held-bytes.ts';
import type { LegHead } from '../leg-head.ts';
import type { SpliceIo } from './splice-io.ts';
import type { LegUser, SpliceLeg } from './splice-leg.ts';

/**
 * Reads a leg for the sake of its head, no more than may be part of it. Read, not peeked at: a head that is longer than
 * the window that the kernel offers, or comes in many small segments, would never be there as a whole.
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
    if (leg.fd === -1) head.reset();
    this.pump();
  }

  pump(): void {
    const { leg, io, head } = this;
    const { address, bytes } = io.buffer;
    while (leg.readable && head.wanted > 0) {
      // What comes behind the head waits in memory until the relay begins.
      const asked = Math.min(head.wanted, leastRead);
      const length = io.libc.recv(leg.fd, address, asked, 0);
      if (length > 0) {
        // As for a direction: a short read means drained, unless there is an end that is still to be read.
        if (length < asked && !leg.urgent && !leg.finSeen && leg.broken === undefined) leg.readable = false;
        head.bytes(bytes, length);
      } else if (length === EAGAIN) leg.readable = false;
      else if (length !== EINTR) this.ended(length);
    }
  }

  release(): void {}

  crashed(error: unknown): void {
    this.head.crashed(error);
  }

  /** What came before the reset is read first; then a read tells of it. */
  legBroken(): void {}

  /** The leg stays readable: whoever reads next finds the end, too. */
  private ended(result: number): void {
    const { leg, head } = this;
    if (result < 0) leg.fail(result, 'read');
    if (leg.broken === undefined) head.end();
    else head.reset();
  }
}
