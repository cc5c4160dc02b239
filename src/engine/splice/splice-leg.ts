import type { SocketAddress } from '../../base/address.ts';
import type { Ip } from '../../base/ip.ts';
import { EPOLLERR, EPOLLOUT, EPOLLPRI, EPOLLRDHUP, ETIMEDOUT, SHUT_RD, SHUT_WR } from '../../libc/constants.ts';
import { SystemError } from '../../libc/errno.ts';
import { readSocketAddress } from '../../libc/socket-address.ts';
import { attempt, thrown } from '../crashable.ts';
import type { Leg } from '../engine.ts';
import type { HeadedLeg } from '../leg-head.ts';
import type { RelayedLeg } from '../relayed-leg.ts';
import { isPeerDead } from './dead-peer.ts';
import { keepAliveProbes } from './keep-alive-probes.ts';
import { type DialInProgress, interest, type LegUser, readableBy, withoutInput } from './leg-user.ts';
import type { Pollable } from './reactor.ts';
import { dialFlow, noEvents } from './ready-queue.ts';
import { nowhere, PeerName } from './socket-names.ts';
import type { SpliceIo } from './splice-io.ts';
import { noDescriptor, noSeat } from './watched-sockets.ts';

/**
 * A connected socket, which the reactor owns. Bytes that come before the relay begins stay in the kernel: epoll reports
 * a FIN and a reset without a read. Only bytes that were read with a head, and lie behind it, are kept here.
 */
export class SpliceLeg implements Leg, Pollable, RelayedLeg, HeadedLeg {
  fd = noDescriptor;
  seat = noSeat;
  pending = noEvents;
  flow = dialFlow;
  onReset: (() => void) | null = null;
  onClosed: (() => void) | null = null;
  dial: DialInProgress | null = null;
  /** The direction that reads from this leg, and the one that writes to it. */
  reader: LegUser | null = null;
  writer: LegUser | null = null;
  /** The last read left something, or an event came since. */
  readable = false;
  /** The last write was taken whole, or an event came since. */
  writable = true;
  /** Its FIN has come, and follows the bytes that are still to be read. */
  finSeen = false;
  /** Urgent data has come. A short read may end at its mark, and then does not mean that all was read (tcp(7)). */
  urgent = false;
  readToEnd = false;
  /** It was reset. A read that returns 0 then is not the end of its input. */
  broken: SystemError | undefined = undefined;
  bug: Error | undefined = undefined;
  readonly peer = new PeerName();
  /** Nagle's algorithm delays nothing while all is acknowledged: TCP_NODELAY matters from the second write on. */
  private writes: 'none' | 'one' | 'undelayed';
  private input: 'watched' | 'not watched' = 'watched';
  private readonly io: SpliceIo;
  /** Bytes that were read behind the head. */
  private unread: Buffer | null = null;

  /** `accepted` sockets have TCP_NODELAY from their listener, `dialed` ones do not. */
  constructor(io: SpliceIo, origin: 'accepted' | 'dialed') {
    this.io = io;
    this.writes = origin === 'accepted' ? 'undelayed' : 'none';
  }

  /** Has the reactor watch `fd`. Returns 0 or a negative errno; the caller keeps `fd` then. */
  own(fd: number): number {
    return this.io.reactor.add(this, fd, interest);
  }

  get closed(): boolean {
    return this.fd === noDescriptor;
  }

  get eventPending(): boolean {
    return this.pending !== noEvents;
  }

  get isReset(): boolean {
    return this.broken !== undefined || this.bug !== undefined;
  }

  get remote(): SocketAddress {
    this.findPeer();
    return this.peer.address;
  }

  get ip(): Ip | undefined {
    this.findPeer();
    return this.peer.ip;
  }

  get local(): SocketAddress {
    const { names } = this.io;
    return this.closed || names.readLocal(this.fd) < 0 ? nowhere : readSocketAddress(names.memory.bytes);
  }

  /** The reading of its head is over. The next user of the leg reads `rest` first. */
  headDone(rest: Buffer | null): void {
    this.reader = null;
    this.unread = rest;
    if (this.broken !== undefined) this.notifyReset();
  }

  /**
   * Begins a use of the leg. The caller owns the bytes that are returned: they were read behind the head. Throws the
   * bug that ended the leg while it was not in use.
   */
  takeUnread(): Buffer | null {
    if (this.bug !== undefined) throw this.bug;
    const { unread } = this;
    this.unread = null;
    return unread;
  }

  /** For the reactor alone. */
  ready(events: number): void {
    if (events & EPOLLRDHUP) this.finSeen = true;
    if (events & EPOLLPRI) this.urgent = true;
    if (events & readableBy) this.readable = true;
    const unblocked = !this.writable && (events & EPOLLOUT) !== 0;
    if (unblocked) this.writable = true;
    if (this.dial !== null) {
      this.dial.ready(events);
      return;
    }
    if (events & EPOLLERR) this.takeError();
    if (this.reader === null) {
      if (this.broken !== undefined) this.notifyReset();
      return;
    }
    if (unblocked) this.writer?.pump();
    // The relay may be over by now, and the leg without a reader.
    if (!this.readable) return;
    if (this.reader?.stuck === true && this.broken === undefined) this.unwatchInput();
    else this.reader?.pump();
  }

  /** Its user ends with the bug. Where there is none, the leg keeps it for the next user. */
  crashed(error: unknown): void {
    const user = this.dial ?? this.reader ?? this.writer;
    if (user !== null) {
      user.crashed(error);
      return;
    }
    this.bug ??= thrown(error);
    attempt(() => this.reset());
    this.notifyReset();
  }

  /** Input is reported again, including what came meanwhile. */
  watchInput(): void {
    if (this.input === 'watched') return;
    this.input = 'watched';
    if (!this.closed) this.io.reactor.modify(this, interest);
  }

  /** A system call has found it reset. Bytes from before can still be read. */
  fail(errno: number, syscall: string): void {
    this.broken ??= new SystemError(errno, syscall);
    this.readable = true;
  }

  /** Called before each write. */
  countWrite(): void {
    if (this.writes === 'undelayed') return;
    if (this.writes === 'none') this.writes = 'one';
    else {
      this.writes = 'undelayed';
      this.io.options.disableNagle(this.fd);
    }
  }

  finish(): void {
    this.io.libc.shutdown(this.fd, SHUT_WR);
  }

  destroy(): void {
    if (this.broken === undefined) this.close();
    else this.reset();
  }

  reset(): void {
    if (this.closed) return;
    try {
      this.io.options.resetOnClose(this.fd);
    } finally {
      this.close();
    }
  }

  unsent(): number {
    return this.closed ? 0 : this.io.options.unacknowledgedBytes(this.fd);
  }

  whenSent(done: () => void): void {
    this.io.sendQueues.whenEmpty(this, done);
  }

  armKeepAlive(keepAlive: number): void {
    if (!this.closed) this.io.options.setKeepAlive(this.fd, keepAliveProbes(keepAlive));
  }

  lookForDeadPeer(keepAlive: number): void {
    if (this.closed || this.broken !== undefined || this.reader === null) return;
    if (!isPeerDead(this.io.options, this.fd, keepAlive)) return;
    this.fail(ETIMEDOUT, 'getsockopt');
    // What it has sent is still delivered. After that a read returns 0 instead of EAGAIN.
    this.io.libc.shutdown(this.fd, SHUT_RD);
    this.writer?.legBroken(this);
    this.reader?.pump();
  }

  forget(): void {
    this.reader?.release();
    this.writer?.release();
    this.reader = null;
    this.writer = null;
    this.unread = null;
    this.onClosed = null;
    this.onReset = null;
  }

  /** Without this, each chunk would cause an event though it cannot be read. */
  private unwatchInput(): void {
    if (this.input === 'not watched') return;
    this.input = 'not watched';
    this.io.reactor.modify(this, withoutInput);
  }

  private takeError(): void {
    const errno = this.io.options.takeError(this.fd);
    // 0: an earlier system call has returned the error.
    if (errno === 0) return;
    this.fail(errno, 'read');
    this.writer?.legBroken(this);
  }

  private notifyReset(): void {
    const { onReset } = this;
    this.onReset = null;
    onReset?.();
  }

  private close(): void {
    if (this.closed) return;
    try {
      this.io.reactor.close(this);
    } finally {
      const { onClosed } = this;
      this.onClosed = null;
      onClosed?.();
    }
  }

  /** accept4(2) names the peer of an accepted leg; for a dialed one, getpeername(2) is called once. */
  private findPeer(): void {
    if (this.peer.known || this.closed) return;
    const { names } = this.io;
    if (names.readPeer(this.fd) === 0) this.peer.set(names.memory.bytes);
  }
}
