import { EAGAIN, EINTR, MSG_MORE, MSG_NOSIGNAL } from '../../libc/constants.ts';
import { contain } from '../crashable.ts';
import { leastRead } from '../held-bytes.ts';
import type { DirectionOwner, RelayedDirection } from '../relayed-leg.ts';
import { DirectionQueues } from './direction-queues.ts';
import { Holder } from './holder.ts';
import type { BreakableLeg, LegUser } from './leg-user.ts';
import type { SpliceIo } from './splice-io.ts';
import type { SpliceLeg } from './splice-leg.ts';

/** Reads in a row; then the rest of the loop has its turn. */
const roundsPerTurn = 16;
/** A read of as much is bulk: worth a pipe, bytes. */
const bulk = 16 * 1024;
/** Smaller reads in a row after which the traffic is not bulk any more. */
const fewSmall = 3;
const nothing = new Uint8Array(0);

/**
 * One way of a relay, `from` -> `to`. Small traffic is copied through one shared buffer, bulk is spliced:
 *
 *     copying     recv -> buffer -> send            a system call less when all fits, no pipe
 *     splicing    splice -> pipe -> splice          no copy
 *
 * Bytes that `to` does not take are held, and nothing more is read until it has taken them. That is all the
 * backpressure there is, and it bounds memory.
 */
export class SpliceDirection implements RelayedDirection, LegUser {
  readonly from: SpliceLeg;
  readonly to: SpliceLeg;
  delivered = 0;
  state: 'flowing' | 'ended' | 'done' | 'cut' = 'flowing';
  private mode: 'copying' | 'splicing' = 'copying';
  /** Small reads in a row. */
  private small = 0;
  private readonly holder: Holder;
  /** Once it has been stuck. */
  private queues: DirectionQueues | null = null;
  private turn: 'in an event' | 'deferred' = 'in an event';
  private readonly io: SpliceIo;
  private readonly owner: DirectionOwner;

  constructor(from: SpliceLeg, to: SpliceLeg, io: SpliceIo, owner: DirectionOwner) {
    this.from = from;
    this.to = to;
    this.io = io;
    this.owner = owner;
    this.holder = new Holder(io);
  }

  get held(): number {
    return this.holder.held;
  }

  start(prefix: Uint8Array | undefined): void {
    const { from, to } = this;
    const unread = from.takeUnread();
    // The other direction, which started first, may have closed it.
    if (from.closed) return;
    from.reader = this;
    to.writer = this;
    if (prefix !== undefined || unread !== null) {
      this.holder.hold(unread ?? nothing, prefix);
      to.countWrite();
    }
    if (from.broken !== undefined) this.legBroken(from);
    if (from.readable || this.held > 0) this.pump();
  }

  pump(): void {
    const { from } = this;
    if (this.io.held.short || this.queues !== null) this.kernelQueues().adapt();
    for (let round = 0; round < roundsPerTurn; round += 1) {
      if (this.held > 0 && !this.flush()) return;
      if ((this.state !== 'flowing' && this.state !== 'cut') || !from.readable || from.closed) {
        this.holder.letGo();
        return;
      }
      // splice(2) does not get past the mark of urgent data (tcp_read_sock); recv(2) does.
      if (this.mode === 'splicing' && this.state === 'flowing' && !from.urgent) this.spliceOnce();
      else this.copyOnce();
    }
    if (this.held === 0) this.holder.letGo();
    else if (!this.to.writable) return;
    this.defer();
  }

  get stuck(): boolean {
    return this.held > 0 && !this.to.writable;
  }

  closeInput(): void {
    if (this.state !== 'flowing') return;
    this.state = 'ended';
    if (this.held === 0) this.finish();
  }

  cut(): void {
    if (this.state === 'cut') return;
    this.state = 'cut';
    this.release();
    this.from.watchInput();
    // It may have waited for `to`. Now it reads on, to find the end of `from`.
    if (this.from.readable && !this.from.closed) this.defer();
  }

  crashed(error: unknown): void {
    this.owner.crashed(error);
  }

  release(): void {
    this.holder.discard();
    this.queues?.moves();
  }

  legBroken(leg: BreakableLeg): void {
    this.owner.legReset(leg, leg.broken);
  }

  /** epoll reports a reset of a leg that is not read, too: EPOLLERR. */
  checkPausedLeg(): void {}

  private copyOnce(): void {
    const { from, io } = this;
    const { address, bytes } = io.buffer;
    const most = io.held.short ? leastRead : bytes.length;
    const length = io.libc.recv(from.fd, address, most, 0);
    if (length <= 0) {
      this.nothingRead(length);
      return;
    }
    this.owner.active = true;
    // A short read means that all was read, which saves a read that returns EAGAIN. After a reset no event follows.
    const drained = length < most && !from.urgent && from.broken === undefined;
    const last = drained && from.finSeen;
    if (drained) from.readable = false;
    // The FIN follows at once, and shares a packet with these bytes.
    if (this.state === 'flowing') this.sendCopied(length, last ? MSG_NOSIGNAL | MSG_MORE : MSG_NOSIGNAL);
    if (length >= bulk) this.mode = 'splicing';
    if (last && from.broken === undefined && !from.closed) this.inputEnded();
  }

  private sendCopied(length: number, flags: number): void {
    const { to, io } = this;
    to.countWrite();
    const sent = io.libc.send(to.fd, io.buffer.address, length, flags);
    if (sent === length) {
      this.delivered += length;
      return;
    }
    if (sent < 0 && sent !== EAGAIN && sent !== EINTR) {
      this.writeFailed(sent);
      return;
    }
    const taken = Math.max(sent, 0);
    this.delivered += taken;
    // The rest needs a second write.
    to.countWrite();
    this.holder.hold(io.buffer.bytes.subarray(taken, length));
    to.writable = sent === EINTR;
    this.kernelQueues().stuck();
  }

  private spliceOnce(): void {
    const length = this.holder.fill(this.from.fd);
    if (length === 'no pipe') {
      this.copyOnce();
      return;
    }
    if (length === 0) {
      // The end, or a mark of urgent data whose event has not come yet: recv(2) shows which.
      this.mode = 'copying';
      return;
    }
    if (length < 0) {
      this.nothingRead(length);
      return;
    }
    this.owner.active = true;
    this.small = length < bulk ? this.small + 1 : 0;
    if (this.small === fewSmall) {
      this.small = 0;
      this.mode = 'copying';
    }
    this.to.countWrite();
    this.flush();
  }

  /** Passes on what is held. Returns false while something is held, and when there is nothing more to do. */
  private flush(): boolean {
    const { to, holder } = this;
    while (holder.held > 0) {
      if (!to.writable) return false;
      const taken = holder.drain(to.fd);
      if (taken > 0) {
        this.owner.active = true;
        this.delivered += holder.countBehindPrefix(taken);
      } else if (taken === EAGAIN) {
        to.writable = false;
        this.kernelQueues().stuck();
      } else if (taken !== EINTR) {
        this.writeFailed(taken);
        return false;
      }
    }
    this.queues?.moves();
    this.from.watchInput();
    if (this.state !== 'ended') return true;
    this.finish();
    return false;
  }

  private kernelQueues(): DirectionQueues {
    this.queues ??= new DirectionQueues(this.from, this.to, this.io);
    return this.queues;
  }

  private nothingRead(result: number): void {
    const { from } = this;
    if (result === EINTR) return;
    from.readable = false;
    if (result === EAGAIN) return;
    if (result === 0 && from.broken === undefined) {
      this.inputEnded();
      return;
    }
    if (result < 0) from.fail(result, 'read');
    // `fail` sets it, for legs that are not read to the end.
    from.readable = false;
    from.readToEnd = true;
    this.legBroken(from);
  }

  private writeFailed(errno: number): void {
    const { to } = this;
    to.fail(errno, 'write');
    this.legBroken(to);
    // Its input is read to the end now: perhaps no event reports it any more.
    to.reader?.pump();
  }

  private inputEnded(): void {
    this.owner.active = true;
    this.owner.ended(this);
    this.closeInput();
  }

  private finish(): void {
    this.holder.letGo();
    this.state = 'done';
    this.owner.finished(this);
  }

  /** Goes on when the rest of the loop has had its turn. */
  private defer(): void {
    if (this.turn === 'deferred') return;
    this.turn = 'deferred';
    this.io.loop.defer(() => {
      this.turn = 'in an event';
      if (!this.to.closed || !this.from.closed) contain(this, () => this.pump());
    });
  }
}
