import { leastRead } from '../held-bytes.ts';
import type { SpliceIo } from './splice-io.ts';
import type { SpliceLeg } from './splice-leg.ts';

/**
 * What the kernel queues for one direction, `from` -> `to`. It grows both queues with what a connection has carried, to megabytes,
 * and a stuck direction fills them: in a cgroup of version 2 that is the group's memory, and everywhere all connections of the
 * machine share a bound (tcp_mem, tcp(7)). So the send queue of a direction that is stuck counts against the budget, twice, as
 * the receive queue behind it fills as well. While the budget is used up:
 *
 *     to ..... queues little that it has not sent (TCP_NOTSENT_LOWAT, tcp(7)); what the network carries is not slowed down
 *     from ... once the direction is stuck, gets a small receive buffer
 */
export class DirectionQueues {
  private readonly from: SpliceLeg;
  private readonly to: SpliceLeg;
  private readonly io: SpliceIo;
  /** Bytes in the budget. */
  private counted = 0;
  private sending: 'free' | 'short' = 'free';
  private receiving: 'free' | 'short' = 'free';

  constructor(from: SpliceLeg, to: SpliceLeg, io: SpliceIo) {
    this.from = from;
    this.to = to;
    this.io = io;
  }

  /** Called before reads, as the budget may have been used up, or not be any more. */
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
    // Also of a leg that was dialed meanwhile.
    options.freeReceiveBuffer(this.from.fd);
    this.sending = 'free';
    this.receiving = 'free';
  }

  /** `to` takes no more for now. */
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

  /** All that was held is taken, or the relay is over. */
  moves(): void {
    this.io.held.remove(this.counted);
    this.counted = 0;
  }
}
