import { EAGAIN, EINTR, MSG_MORE, MSG_NOSIGNAL, SPLICE_MOVE_NONBLOCK } from '../../libc/constants.ts';
import { leastRead } from '../held-bytes.ts';
import type { DirectionOwner, RelayedDirection } from '../leg-relay.ts';
import type { Deferred } from './check-phase.ts';
import { DirectionQueues } from './direction-queues.ts';
import type { Pipe } from './pipe-pool.ts';
import type { Spare } from './spare-memory.ts';
import type { SpliceIo } from './splice-io.ts';
import type { LegUser, SpliceLeg } from './splice-leg.ts';

/** Reads in a row; then the rest of the loop gets its turn first. */
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
 * What `to` does not take whole is held, in the pipe or in spare memory, and nothing more is read until it is gone: all
 * the backpressure there is, and it bounds memory by construction.
 */
export class SpliceDirection implements RelayedDirection, LegUser, Deferred {
  readonly from: SpliceLeg;
  readonly to: SpliceLeg;
  delivered = 0;
  held = 0;
  state: 'flowing' | 'ended' | 'done' | 'cut' = 'flowing';
  private mode: 'copying' | 'splicing' = 'copying';
  private small = 0;
  /** Where bytes are held; an empty pipe between two rounds. */
  private holder: Pipe | Spare | null = null;
  /** Once it has been stuck. */
  private queues: DirectionQueues | null = null;
  private turn: 'waiting' | 'deferred' = 'waiting';
  private readonly io: SpliceIo;
  private readonly owner: DirectionOwner;

  constructor(from: SpliceLeg, to: SpliceLeg, io: SpliceIo, owner: DirectionOwner) {
    this.from = from;
    this.to = to;
    this.io = io;
    this.owner = owner;
  }

  start(prefix: Uint8Array | undefined): void {
    const { from, to } = this;
    const unread = from.takeUnread();
    // The other direction, which started first, may have closed it.
    if (from.fd === -1) return;
    from.reader = this;
    to.writer = this;
    if (prefix !== undefined || unread !== null) this.hold(prefix ?? nothing, unread ?? nothing);
    if (from.broken !== undefined) this.legBroken(from);
    if (from.readable || this.held > 0) this.pump();
  }

  pump(): void {
    const { from } = this;
    if (this.io.held.short || this.queues !== null) this.kernelQueues().adapt();
    for (let round = 0; round < roundsPerTurn; round += 1) {
      if (this.held > 0 && !this.flush()) return;
      if ((this.state !== 'flowing' && this.state !== 'cut') || !from.readable || from.fd === -1) {
        this.letGo();
        return;
      }
      // splice(2) does not get past the mark of urgent data (tcp_read_sock); recv(2) does.
      if (this.mode === 'splicing' && this.state === 'flowing' && !from.urgent) this.spliceOnce();
      else this.copyOnce();
    }
    if (this.held === 0) this.letGo();
    else if (!this.to.writable) return;
    this.defer();
  }

  get stuck(): boolean {
    return this.held > 0 && !this.to.writable;
  }

  goOn(): void {
    this.turn = 'waiting';
    if (this.to.fd !== -1 || this.from.fd !== -1) this.pump();
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
    this.from.listenAgain();
    // It may have been waiting for `to`: now it reads on, only to see the end.
    if (this.from.readable && this.from.fd !== -1) this.defer();
  }

  crashed(error: unknown): void {
    this.owner.crashed(error);
  }

  release(): void {
    const { holder } = this;
    this.holder = null;
    this.held = 0;
    this.queues?.moves();
    // Also where nothing is said to be held: that is known again only at the end of a `pump`, which a bug may have ended.
    if (holder?.kind === 'pipe') this.io.pipes.discard(holder);
    else if (holder !== null) this.io.spares.give(holder);
  }

  legBroken(leg: SpliceLeg): void {
    this.owner.legReset(leg, leg.broken);
  }

  /** A leg that is not read shows its reset all the same: EPOLLERR. */
  lookAtPausedLeg(): void {}

  /** The first that `to` gets, in one write. */
  private hold(prefix: Uint8Array, unread: Uint8Array): void {
    const spare = this.io.spares.take(prefix.length + unread.length);
    spare.bytes.set(prefix);
    spare.bytes.set(unread, prefix.length);
    spare.taken = 0;
    this.holder = spare;
    this.held = prefix.length + unread.length;
    this.delivered = -prefix.length;
    this.to.countWrite();
  }

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
    // A short read means drained: one that would only say EAGAIN is saved. After a reset no event would follow.
    const drained = length < most && !from.urgent && from.broken === undefined;
    const last = drained && from.finSeen;
    if (drained) from.readable = false;
    // The FIN follows at once, and travels with these bytes: a packet less.
    if (this.state === 'flowing') this.sendCopied(length, last ? MSG_NOSIGNAL | MSG_MORE : MSG_NOSIGNAL);
    if (length >= bulk) this.mode = 'splicing';
    if (last && from.broken === undefined && from.fd !== -1) this.inputEnded();
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
    // The rest will be a second write.
    to.countWrite();
    // An empty pipe may be left from rounds before.
    this.letGo();
    const spare = io.spares.take(length - taken);
    io.buffer.bytes.copy(spare.bytes, 0, taken, length);
    spare.taken = 0;
    this.holder = spare;
    this.delivered += taken;
    this.held = length - taken;
    to.writable = sent === EINTR;
    this.kernelQueues().stuck();
  }

  private spliceOnce(): void {
    const { from, to, io } = this;
    const pipe = this.holder?.kind === 'pipe' ? this.holder : io.pipes.take();
    if (pipe === null) {
      this.copyOnce();
      return;
    }
    this.holder = pipe;
    const length = io.libc.splice(from.fd, pipe.writeEnd, pipe.size, SPLICE_MOVE_NONBLOCK);
    if (length === 0) {
      // The end, or a mark whose event has not come yet: recv(2) knows.
      this.mode = 'copying';
      return;
    }
    if (length < 0) {
      this.nothingRead(length);
      return;
    }
    this.owner.active = true;
    this.held = length;
    this.small = length < bulk ? this.small + 1 : 0;
    if (this.small === fewSmall) {
      this.small = 0;
      this.mode = 'copying';
    }
    to.countWrite();
    this.flush();
  }

  /** Passes on what is held. False while something is, or when there is nothing more to do. */
  private flush(): boolean {
    const { to, io, holder } = this;
    while (this.held > 0 && holder !== null) {
      if (!to.writable) return false;
      const taken =
        holder.kind === 'pipe'
          ? io.libc.splice(holder.readEnd, to.fd, this.held, SPLICE_MOVE_NONBLOCK)
          : io.libc.send(to.fd, holder.address + holder.taken, this.held, MSG_NOSIGNAL);
      if (taken > 0) {
        this.owner.active = true;
        this.delivered += taken;
        this.held -= taken;
        if (holder.kind === 'memory') holder.taken += taken;
      } else if (taken === EAGAIN) {
        to.writable = false;
        this.kernelQueues().stuck();
      } else if (taken !== EINTR) {
        this.writeFailed(taken);
        return false;
      }
    }
    if (holder?.kind === 'memory') this.letGo();
    this.queues?.moves();
    this.from.listenAgain();
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
    // `fail` has set it, for those who have not read to the end.
    from.readable = false;
    from.spent = true;
    this.legBroken(from);
  }

  private writeFailed(errno: number): void {
    const { to } = this;
    to.fail(errno, 'write');
    this.legBroken(to);
    // Its input is read to the end, which no event may announce any more.
    to.reader?.pump();
  }

  private inputEnded(): void {
    this.owner.active = true;
    this.owner.ended(this);
    this.closeInput();
  }

  private finish(): void {
    this.letGo();
    this.state = 'done';
    this.owner.finished(this);
  }

  /** Nothing is held: pipe or memory can serve others. */
  private letGo(): void {
    const { holder } = this;
    if (holder === null) return;
    this.holder = null;
    if (holder.kind === 'pipe') this.io.pipes.give(holder);
    else this.io.spares.give(holder);
  }

  private defer(): void {
    if (this.turn === 'deferred') return;
    this.turn = 'deferred';
    this.io.reactor.defer(this);
  }
}
