import type { SocketAddress } from '../../base/address.ts';
import { noSlot } from '../../base/slot-list.ts';
import {
  ECONNRESET,
  EINPROGRESS,
  EPIPE,
  EPOLLERR,
  EPOLLHUP,
  EPOLLOUT,
  IP_BIND_ADDRESS_NO_PORT,
  IPPROTO_IP,
  SOCK_NONBLOCK_CLOEXEC,
  SOCK_STREAM,
} from '../../libc/constants.ts';
import { SystemError } from '../../libc/errno.ts';
import { familyOf } from '../../libc/socket-address.ts';
import { attempt, contain, thrown } from '../crashable.ts';
import { dialFailureOf } from '../dial-failure.ts';
import type { Dial, Dialed, DialOptions } from '../engine.ts';
import { leastRead } from '../held-bytes.ts';
import type { Sweepable, Sweeper } from '../sweeper.ts';
import type { DialInProgress } from './leg-user.ts';
import type { SpliceIo } from './splice-io.ts';
import { SpliceLeg } from './splice-leg.ts';

/** One try to connect to a literal address: a non-blocking connect(2), done when the socket is writable. */
export class SpliceDial implements Dial, DialInProgress, Sweepable {
  readonly done: Promise<Dialed>;
  slot = noSlot;
  private readonly to: SocketAddress;
  private readonly io: SpliceIo;
  private readonly leg: SpliceLeg;
  private readonly sweeper: Sweeper;
  /** Milliseconds, by the clock of the loop. */
  private readonly deadline: number;
  private resolve: ((outcome: Dialed | Promise<Dialed>) => void) | null = null;

  constructor(to: SocketAddress, options: DialOptions, io: SpliceIo, sweeper: Sweeper) {
    this.done = new Promise((resolve) => {
      this.resolve = resolve;
    });
    this.to = to;
    this.io = io;
    this.sweeper = sweeper;
    this.deadline = io.loop.now() + options.timeout;
    this.leg = new SpliceLeg(io, 'dialed');
    const failure = this.connect(options.from);
    if (failure !== undefined) this.fail(failure);
    else {
      this.leg.dial = this;
      sweeper.addOnce(this, options.timeout);
    }
  }

  cancel(): void {
    contain(this, () => this.settleFailed({ ok: false, reason: 'cancelled' }));
  }

  sweep(now: number): void {
    if (now >= this.deadline) this.settleFailed({ ok: false, reason: 'dial timed out' });
  }

  /** For the leg alone. */
  ready(events: number): void {
    if (events & (EPOLLERR | EPOLLHUP)) {
      const errno = this.io.options.takeError(this.leg.fd);
      // A refusal is ECONNREFUSED. These mean a reset after it was connected: its bytes can still be read.
      if (errno === ECONNRESET || errno === EPIPE) this.leg.fail(errno, 'read');
      else if (errno !== 0) {
        this.fail(new SystemError(errno, 'connect'));
        return;
      }
    } else if ((events & EPOLLOUT) === 0) return;
    if (this.isConnectedToItself()) this.settleFailed({ ok: false, reason: 'refused' });
    else this.settle({ ok: true, leg: this.leg });
  }

  crashed(error: unknown): void {
    if (this.resolve === null) return;
    this.settle(Promise.reject(thrown(error)));
    attempt(() => this.leg.reset());
  }

  private connect(from: string | undefined): SystemError | undefined {
    const { libc, names, held, options } = this.io;
    const fd = libc.socket(familyOf(this.to.address), SOCK_STREAM | SOCK_NONBLOCK_CLOEXEC, 0);
    if (fd < 0) return new SystemError(fd, 'socket');
    // Before connect(2): the buffer is the window that the socket offers from the start.
    if (held.short) options.limitReceiveBuffer(fd, leastRead);
    try {
      const bound = from === undefined ? 0 : this.bind(fd, from);
      if (bound < 0) return new SystemError(bound, 'bind');
      const connecting = names.connect(fd, this.to);
      if (connecting < 0 && connecting !== EINPROGRESS) return new SystemError(connecting, 'connect');
      const watching = this.leg.own(fd);
      return watching < 0 ? new SystemError(watching, 'epoll_ctl') : undefined;
    } finally {
      if (this.leg.closed) libc.close(fd);
    }
  }

  /** Without a port: connect(2) chooses one, which other targets may have, too (ip(7); refused before Linux 4.2). */
  private bind(fd: number, from: string): number {
    const { names, options } = this.io;
    options.set(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
    return names.bind(fd, from, 0);
  }

  /** A dial to a free port of this machine may be given that very port as its own, and connect to itself. */
  private isConnectedToItself(): boolean {
    if (this.to.port < this.io.firstEphemeralPort) return false;
    const { local, remote } = this.leg;
    return local.port === this.to.port && local.address === remote.address;
  }

  private fail(error: SystemError): void {
    this.settleFailed({ ok: false, reason: dialFailureOf(error), error });
  }

  private settleFailed(outcome: Dialed): void {
    if (this.resolve === null) return;
    this.leg.destroy();
    this.settle(outcome);
  }

  private settle(outcome: Dialed | Promise<Dialed>): void {
    this.sweeper.delete(this);
    this.leg.dial = null;
    this.resolve?.(outcome);
    this.resolve = null;
  }
}
