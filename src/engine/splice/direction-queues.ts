import { leastRead } from '../held-bytes.ts';
import type { SpliceIo } from './splice-io.ts';
import type { SpliceLeg } from './splice-leg.ts';

/**
 * The kernel's queues for one direction, `from` -> `to`. They grow to megabytes with what a connection has carried, and
 * a stuck direction fills them. That memory is the cgroup's (version 2), and all connections of a machine share a bound
 * (tcp_mem, tcp(7)). So the send queue of a stuck direction counts against the budget, and once more for the receive
 * queue behind it. While the budget is used up:
 *
 *     to ..... queues few bytes that it has not sent (TCP_NOTSENT_LOWAT, tcp(7)), which does not slow the network down
 *     from ... gets a small receive buffer once the direction is stuck
 */
export class DirectionQueues {
  private readonly from: SpliceLeg;
  private readonly to: SpliceLeg;
  private readonly io: SpliceIo;
  /** Bytes that count against the budget. */
  private counted = 0;
  private sending: 'free' | 'short' = 'free';
  private receiving: 'free' | 'short' = 'free';

  constructor(from: SpliceLeg, to: SpliceLeg, io: SpliceIo) {
    this.from = from;
    this.to = to;
    this.io = io;
  }

  /** Called before reads, as the budget may be used up now, or free again. */
  adapt(): void {
    const { options, held } = this.io;
    if (held.short) {
      if (this.sending === 'short') return;
      this.sending = 'short';
      options.limitUnsent(this.to.fd, leastRead);
      return;
    }
    if (this.sending === 'free') return;
    options.limitUnsent(this.to.fd, 0);
    // Also for a leg that was dialed while memory was short.
    options.freeReceiveBuffer(this.from.fd);
    this.sending = 'free';
    this.receiving = 'free';
  }

  /** `to` takes no more now. */
  stuck(): void {
    const { options, held } = this.io;
    if (this.counted === 0) {
      this.counted = 2 * options.unacknowledgedBytes(this.to.fd);
      held.add(this.counted);
    }
    if (!held.short || this.receiving === 'short') return;
    this.receiving = 'short';
    options.limitReceiveBuffer(this.from.fd, leastRead);
  }

  /** All that was held was taken, or the relay is over. */
  moves(): void {
    this.io.held.remove(this.counted);
    this.counted = 0;
  }
}
