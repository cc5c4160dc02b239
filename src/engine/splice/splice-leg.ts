import type { SocketAddress } from '../../base/address.ts';
import { type Ip, ipv6FromBytes } from '../../base/ip.ts';
import { EPOLLERR, EPOLLOUT, EPOLLPRI, EPOLLRDHUP, ETIMEDOUT, SHUT_RD, SHUT_WR } from '../../libc/constants.ts';
import { SystemError } from '../../libc/errno.ts';
import {
  ipv6Of,
  packedAddress,
  packIpv4,
  readSocketAddress,
  socketAddressSize,
  unpackIpv4,
} from '../../libc/socket-address.ts';
import { attempt, type Crashable, thrown } from '../crashable.ts';
import type { Leg } from '../engine.ts';
import type { HeadedLeg } from '../leg-head.ts';
import type { RelayedLeg } from '../leg-relay.ts';
import { isPeerDead } from './dead-peer.ts';
import { keepAliveProbes } from './keep-alive-probes.ts';
import { interest, readableBy, withoutInput } from './leg-events.ts';
import type { Pollable } from './reactor.ts';
import { lengthAt, type SpliceIo } from './splice-io.ts';

/** One of the two directions that a leg takes part in, or the reading of its head. */
export interface LegUser extends Crashable {
  /** It holds bytes that cannot be passed on now, and reads nothing. */
  readonly stuck: boolean;
  /** Moves what can be moved now. */
  pump(): void;
  /** The relay is over: what is still held goes. */
  release(): void;
  /** The leg was found reset; its input may still hold bytes. */
  legBroken(leg: SpliceLeg): void;
}

/** Who is told how a connection turns out. */
export interface DialInProgress extends Crashable {
  ready(events: number): void;
}

const nowhere: SocketAddress = { address: '', port: 0 };

/**
 * A connected socket that the reactor owns. What comes before the relay begins stays in the kernel: epoll tells of a FIN
 * and of a reset without a read. Only what was read for a head and lies behind it is kept here.
 */
export class SpliceLeg implements Leg, Pollable, RelayedLeg, HeadedLeg {
  fd = -1;
  seat = -1;
  pending = 0;
  /** Its acceptor's; 0 while it is dialed. */
  flow = 0;
  onGone: (() => void) | null = null;
  onClosed: (() => void) | null = null;
  dial: DialInProgress | null = null;
  /** The direction that reads from this leg, and the one that writes to it. */
  reader: LegUser | null = null;
  writer: LegUser | null = null;
  /** The last read left something, or an event came since. */
  readable = false;
  /** The last write was taken whole, or an event came since. */
  writable = true;
  /** Its FIN has come, after all that is still to be read. */
  finSeen = false;
  /** Urgent data has come: a short read may end at its mark, and then says nothing about what follows (tcp(7)). */
  urgent = false;
  spent = false;
  /** It was reset: what looks like the end of its input is none. */
  broken: SystemError | undefined = undefined;
  bug: Error | undefined = undefined;
  /** Nagle's algorithm delays nothing while nothing is unacknowledged: TCP_NODELAY matters from the second write on. */
  private writes: 'none' | 'one' | 'undelayed';
  private input: 'listened to' | 'not listened to' = 'listened to';
  private readonly io: SpliceIo;
  /** What came behind the head. */
  private unread: Buffer | null = null;
  /** Whom accept4(2) has named: IPv4 as a number with the port, IPv6 as a sockaddr_in6 of our own. */
  private packedPeer = -1;
  private peer: Buffer | null = null;

  /** `accepted` sockets have TCP_NODELAY from their listener, dialed ones have not. */
  constructor(io: SpliceIo, origin: 'accepted' | 'dialed') {
    this.io = io;
    this.writes = origin === 'accepted' ? 'undelayed' : 'none';
  }

  /** Keeps whom accept4(2) or getpeername(2) has named; text is made of it only when somebody asks. */
  peerIs(address: Buffer): void {
    this.packedPeer = packIpv4(address);
    if (this.packedPeer === -1) this.peer = Buffer.from(address.subarray(0, socketAddressSize));
  }

  /** Has the reactor watch `fd`. Returns 0 or a negative errno; the caller keeps `fd` then. */
  own(fd: number): number {
    return this.io.reactor.add(this, fd, interest);
  }

  get closed(): boolean {
    return this.fd === -1;
  }

  get awaited(): boolean {
    return this.pending !== 0;
  }

  get gone(): boolean {
    return this.broken !== undefined || this.bug !== undefined;
  }

  get remote(): SocketAddress {
    this.askPeer();
    if (this.packedPeer !== -1) return unpackIpv4(this.packedPeer);
    return this.peer === null ? nowhere : readSocketAddress(this.peer);
  }

  get local(): SocketAddress {
    const bytes = this.ask((fd, at) => this.io.libc.getsockname(fd, at, at + lengthAt));
    return bytes === null ? nowhere : readSocketAddress(bytes);
  }

  get ip(): Ip | undefined {
    this.askPeer();
    if (this.packedPeer !== -1) return packedAddress(this.packedPeer);
    return this.peer === null ? undefined : ipv6FromBytes(ipv6Of(this.peer));
  }

  /** For the reading of a head alone: the leg is nobody's again, and `rest` is the first that whoever reads next gets. */
  headDone(rest: Buffer | null): void {
    this.reader = null;
    this.unread = rest;
    if (this.broken === undefined) this.io.reactor.settled();
    else this.leave();
  }

  /**
   * Begins a use of the leg: what was read for a head and lies behind it, in a `Buffer` of our own, is the caller's from here
   * on. Throws what has ended the leg while nobody used it.
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
      if (this.broken !== undefined) this.leave();
      return;
    }
    if (unblocked) this.writer?.pump();
    // The relay may be over by now: nobody reads then.
    if (!this.readable) return;
    if (this.reader?.stuck === true && this.broken === undefined) this.stopListening();
    else this.reader?.pump();
  }

  /** Who uses the leg ends with it. While nobody does, it is kept for who comes next. */
  crashed(error: unknown): void {
    const user = this.dial ?? this.reader ?? this.writer;
    if (user !== null) {
      user.crashed(error);
      return;
    }
    this.bug ??= thrown(error);
    attempt(() => this.reset());
    this.leave();
  }

  /** Bytes that come are announced again, and those that have come meanwhile at once. */
  listenAgain(): void {
    if (this.input === 'listened to') return;
    this.input = 'listened to';
    if (this.fd !== -1) this.io.reactor.modify(this, interest);
  }

  /** Its peer is not there any more, as a system call said; what came before is still to be read. */
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
    if (this.fd === -1) return;
    try {
      this.io.options.resetOnClose(this.fd);
    } finally {
      this.close();
    }
  }

  unsent(): number {
    return this.fd === -1 ? 0 : this.io.options.unacknowledgedBytes(this.fd);
  }

  whenSent(done: () => void): void {
    this.io.sendQueues.whenEmpty(this, done);
  }

  armKeepAlive(keepAlive: number): void {
    if (this.fd !== -1) this.io.options.setKeepAlive(this.fd, keepAliveProbes(keepAlive));
  }

  lookForDeadPeer(keepAlive: number): void {
    if (this.fd === -1 || this.broken !== undefined || this.reader === null) return;
    if (!isPeerDead(this.io.options, this.fd, keepAlive)) return;
    this.fail(ETIMEDOUT, 'getsockopt');
    // What it has sent is still delivered; after that a read says 0 instead of waiting for more.
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
    this.onGone = null;
  }

  /** Each chunk that arrives at a leg that nobody can read from just now would wake us for nothing. */
  private stopListening(): void {
    if (this.input === 'not listened to') return;
    this.input = 'not listened to';
    this.io.reactor.modify(this, withoutInput);
  }

  private takeError(): void {
    const errno = this.io.options.takeError(this.fd);
    // 0: a call of ours was told first.
    if (errno === 0) return;
    this.fail(errno, 'read');
    this.writer?.legBroken(this);
  }

  /** Reset before a relay began; what came before that is still in the kernel. */
  private leave(): void {
    const { onGone } = this;
    this.onGone = null;
    onGone?.();
    this.io.reactor.settled();
  }

  private close(): void {
    if (this.fd === -1) return;
    try {
      this.io.reactor.close(this);
    } finally {
      const { onClosed } = this;
      this.onClosed = null;
      onClosed?.();
    }
  }

  /** A leg that was dialed asks once. */
  private askPeer(): void {
    if (this.packedPeer !== -1 || this.peer !== null) return;
    const bytes = this.ask((fd, at) => this.io.libc.getpeername(fd, at, at + lengthAt));
    if (bytes !== null) this.peerIs(bytes);
  }

  /** A sockaddr; null where there is none any more. */
  private ask(call: (fd: number, at: number) => number): Buffer | null {
    const { address, bytes } = this.io.address;
    bytes.writeInt32LE(socketAddressSize, lengthAt);
    return this.fd === -1 || call(this.fd, address) < 0 ? null : bytes;
  }
}
