import type { SocketAddress } from '../../base/address.ts';
import {
  AF_INET6,
  EAGAIN,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_V6ONLY,
  MSG_PEEK,
  SO_REUSEADDR,
  SOCK_NONBLOCK_CLOEXEC,
  SOCK_STREAM,
  SOL_SOCKET,
  TCP_NODELAY,
} from '../../libc/constants.ts';
import { errnoName, SystemError } from '../../libc/errno.ts';
import { familyOf, readSocketAddress, socketAddressSize, writeSocketAddress } from '../../libc/socket-address.ts';
import type { Acceptor, ListenAddress, Listening, ListenOptions, Room } from '../engine.ts';
import { type Listeners, type ListeningSocket, small } from './listeners.ts';
import type { PausedAcceptor, PausedAcceptors } from './paused-acceptors.ts';
import { lengthAt, type SpliceIo } from './splice-io.ts';
import { SpliceLeg } from './splice-leg.ts';

/** More than any somaxconn: listen(2) cuts it down to /proc/sys/net/core/somaxconn. */
const backlog = 65_535;
/** New clients taken in one turn at most. */
const mostAtOnce = 8;
/** Turns in a row in which all that were asked for came, until more are asked for. */
const fullTurns = 4;
/** Errors of the new client's, who is out of the queue then: "treat them like EAGAIN by retrying" (accept(2)). */
const clientsOwn: ReadonlySet<string> = new Set(
  'ECONNABORTED EINTR EPERM EPROTO ENOPROTOOPT ENETDOWN ENETUNREACH EHOSTDOWN EHOSTUNREACH ENONET EOPNOTSUPP'.split(
    ' ',
  ),
);

/** What the listening sockets of one engine share. */
export interface Accepting {
  readonly io: SpliceIo;
  readonly listeners: Listeners;
  readonly pausedAcceptors: PausedAcceptors;
}

/**
 * A listening socket, level-triggered: clients that are not accepted now show again in the next turn, without an
 * accept(2) that says EAGAIN. At the limit, and when descriptors are used up, it is paused: clients wait in the kernel's
 * queue.
 */
export class SpliceAcceptor implements Acceptor, ListeningSocket, PausedAcceptor {
  fd = -1;
  seat = -1;
  readonly flow: number;
  readonly local: SocketAddress;
  private readonly options: ListenOptions;
  private readonly io: SpliceIo;
  private readonly listeners: Listeners;
  private readonly pausedAcceptors: PausedAcceptors;
  private atOnce = 1;
  private full = 0;
  private state: 'open' | 'paused' = 'open';

  private constructor(fd: number, local: SocketAddress, options: ListenOptions, accepting: Accepting) {
    this.flow = fd;
    this.local = local;
    this.options = options;
    this.io = accepting.io;
    this.listeners = accepting.listeners;
    this.pausedAcceptors = accepting.pausedAcceptors;
  }

  static open(at: ListenAddress, options: ListenOptions, accepting: Accepting): Listening {
    const { io, listeners } = accepting;
    const { libc } = io;
    const fd = libc.socket(familyOf(at.address), SOCK_STREAM | SOCK_NONBLOCK_CLOEXEC, 0);
    if (fd < 0) return failed(fd, 'socket');
    const result = bindAndListen(fd, at, io);
    if (typeof result === 'object') {
      const acceptor = new SpliceAcceptor(fd, result, options, accepting);
      const watching = listeners.add(acceptor, fd);
      if (watching === 0) return { ok: true, acceptor };
      libc.close(fd);
      return failed(watching, 'epoll_ctl');
    }
    libc.close(fd);
    return failed(result, 'listen');
  }

  accept(most: number): number {
    const atOnce = Math.min(this.atOnce, most);
    let work = 0;
    for (let accepted = 0; accepted < atOnce; accepted += 1) {
      if (this.options.room() === 'none') {
        this.pause();
        return work + small;
      }
      const came = this.acceptOne();
      work += came === 'taken' ? 1 : small;
      if (came === 'none') {
        this.atOnce = 1;
        this.full = 0;
        return work;
      }
      if (this.state === 'paused' || this.fd === -1) return work;
    }
    this.full += 1;
    if (this.full < fullTurns) return work;
    this.full = 0;
    this.atOnce = Math.min(this.atOnce * 2, mostAtOnce);
    return work;
  }

  room(): Room {
    // Closed: that it has none is all there is to ask.
    return this.fd === -1 ? 'free' : this.options.room();
  }

  /** Called when there may be room again. */
  admitOne(): ReturnType<PausedAcceptor['admitOne']> {
    if (this.fd === -1) return 'has none';
    const came = this.acceptOne();
    if (this.fd === -1) return 'has none';
    if (came !== 'none') return came;
    this.state = 'open';
    this.listeners.resume(this);
    return 'has none';
  }

  /** No session's: the process's, as any uncaught exception. The acceptor stays open. */
  crashed(error: unknown): void {
    throw error;
  }

  close(): void {
    this.listeners.close(this);
  }

  /** `gone`: it is over already, whoever ended it. */
  private acceptOne(): 'taken' | 'gone' | 'none' | 'cannot' {
    const { libc, address, options } = this.io;
    address.bytes.writeInt32LE(socketAddressSize, lengthAt);
    const fd = libc.accept4(this.fd, address.address, address.address + lengthAt, SOCK_NONBLOCK_CLOEXEC);
    if (fd === EAGAIN) return 'none';
    if (fd < 0) {
      if (clientsOwn.has(errnoName(fd))) return 'gone';
      // EMFILE, ENFILE, ENOBUFS, ENOMEM: there is nothing to take it with.
      this.pause();
      this.pausedAcceptors.retrySoon();
      return 'cannot';
    }
    if (this.state === 'paused' && this.hasLeft(fd)) {
      options.resetOnClose(fd);
      libc.close(fd);
      return 'gone';
    }
    const leg = new SpliceLeg(this.io, 'accepted');
    leg.flow = this.flow;
    leg.peerIs(address.bytes);
    if (leg.own(fd) < 0) {
      // ENOSPC (max_user_watches), ENOMEM: so would be all who come after it (epoll_ctl(2)).
      libc.close(fd);
      this.pause();
      this.pausedAcceptors.retrySoon();
      return 'cannot';
    }
    this.options.onClient(leg);
    // A session may be decided at once, without a dial of this engine: nothing else would run its promises.
    this.io.reactor.settled();
    return leg.fd === -1 ? 'gone' : 'taken';
  }

  /** Who waited may be gone by now, or have ended without a word: not worth a dial. */
  private hasLeft(fd: number): boolean {
    const { libc, buffer, address } = this.io;
    const length = libc.recv(fd, buffer.address, 1, MSG_PEEK);
    if (length <= 0) return length !== EAGAIN;
    // A reset leaves the words from before it to be read, but the kernel names no peer any more (ENOTCONN).
    return libc.getpeername(fd, address.address, address.address + lengthAt) < 0;
  }

  private pause(): void {
    if (this.state === 'paused') return;
    this.state = 'paused';
    this.listeners.pause(this);
    this.pausedAcceptors.add(this);
  }
}

/** The address that is bound now, or a negative errno. */
function bindAndListen(fd: number, at: ListenAddress, { libc, options, address }: SpliceIo): SocketAddress | number {
  const length = writeSocketAddress(address.bytes, at.address, at.port);
  options.set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (familyOf(at.address) === AF_INET6) options.set(fd, IPPROTO_IPV6, IPV6_V6ONLY, at.dualStack ? 0 : 1);
  // Accepted sockets inherit it.
  options.set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  const bound = libc.bind(fd, address.address, length);
  if (bound < 0) return bound;
  const listening = libc.listen(fd, backlog);
  if (listening < 0) return listening;
  address.bytes.writeInt32LE(socketAddressSize, lengthAt);
  const known = libc.getsockname(fd, address.address, address.address + lengthAt);
  return known < 0 ? known : readSocketAddress(address.bytes);
}

function failed(errno: number, syscall: string): Listening {
  const error = new SystemError(errno, syscall);
  return { ok: false, code: error.code, error };
}
