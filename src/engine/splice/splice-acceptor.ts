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
import { familyOf, readSocketAddress } from '../../libc/socket-address.ts';
import type { Acceptor, ListenAddress, Listening, ListenOptions } from '../engine.ts';
import type { Accepted, ClientTurn, Listeners, ListeningSocket } from './listeners.ts';
import type { SpliceIo } from './splice-io.ts';
import { SpliceLeg } from './splice-leg.ts';
import { noDescriptor, noSeat } from './watched-sockets.ts';

/** More than any somaxconn: listen(2) cuts it down to /proc/sys/net/core/somaxconn. */
const backlog = 65_535;
/** Errors of the client, which has left the queue then: "treat them like EAGAIN by retrying" (accept(2)). */
const clientsOwn: ReadonlySet<string> = new Set(
  'ECONNABORTED EINTR EPERM EPROTO ENOPROTOOPT ENETDOWN ENETUNREACH EHOSTDOWN EHOSTUNREACH ENONET EOPNOTSUPP'.split(
    ' ',
  ),
);

/** A listening socket. `Listeners` decides when it accepts a client. */
export class SpliceAcceptor implements Acceptor, ListeningSocket {
  fd = noDescriptor;
  seat = noSeat;
  readonly local: SocketAddress;
  private readonly options: ListenOptions;
  private readonly io: SpliceIo;
  private readonly listeners: Listeners;

  private constructor(local: SocketAddress, options: ListenOptions, io: SpliceIo, listeners: Listeners) {
    this.local = local;
    this.options = options;
    this.io = io;
    this.listeners = listeners;
  }

  static open(at: ListenAddress, options: ListenOptions, io: SpliceIo, listeners: Listeners): Listening {
    const { libc } = io;
    const fd = libc.socket(familyOf(at.address), SOCK_STREAM | SOCK_NONBLOCK_CLOEXEC, 0);
    if (fd < 0) return failed(fd, 'socket');
    const result = bindAndListen(fd, at, io);
    if (typeof result === 'object') {
      const acceptor = new SpliceAcceptor(result, options, io, listeners);
      const watching = listeners.add(acceptor, fd);
      if (watching === 0) return { ok: true, acceptor };
      libc.close(fd);
      return failed(watching, 'epoll_ctl');
    }
    libc.close(fd);
    return failed(result, 'listen');
  }

  /** For `Listeners` alone. */
  accept(turn: ClientTurn): Accepted {
    const room = this.options.room();
    if (room === 'none') return 'no room';
    if (room === 'paced' && turn === 'at once') return 'paced';
    const { libc, names, options } = this.io;
    const fd = names.accept(this.fd);
    if (fd === EAGAIN) return 'no client';
    // Otherwise EMFILE, ENFILE, ENOBUFS or ENOMEM: the client stays in the queue.
    if (fd < 0) return clientsOwn.has(errnoName(fd)) ? 'dropped' : 'not now';
    if (turn === 'after waiting' && this.hasLeft(fd)) {
      options.resetOnClose(fd);
      libc.close(fd);
      return 'dropped';
    }
    const leg = new SpliceLeg(this.io, 'accepted');
    leg.flow = this.fd;
    leg.peer.set(names.memory.bytes);
    if (leg.own(fd) < 0) {
      // ENOSPC (max_user_watches) or ENOMEM (epoll_ctl(2)): the next client would fail, too.
      libc.close(fd);
      return 'not now';
    }
    this.options.onClient(leg);
    return leg.closed ? 'dropped' : 'session';
  }

  /** Uncaught: no session has this bug. The acceptor stays open. */
  crashed(error: unknown): void {
    throw error;
  }

  close(): void {
    this.listeners.close(this);
  }

  /** A client that has waited may have reset, or finished without a byte. A dial would be for nothing. */
  private hasLeft(fd: number): boolean {
    const { libc, buffer, names } = this.io;
    const length = libc.recv(fd, buffer.address, 1, MSG_PEEK);
    if (length <= 0) return length !== EAGAIN;
    // Bytes from before a reset can still be read, but the kernel names no peer any more (ENOTCONN).
    return names.readPeer(fd) < 0;
  }
}

/** The address that is bound now, or a negative errno. */
function bindAndListen(fd: number, at: ListenAddress, { libc, options, names }: SpliceIo): SocketAddress | number {
  options.set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (familyOf(at.address) === AF_INET6) options.set(fd, IPPROTO_IPV6, IPV6_V6ONLY, at.dualStack ? 0 : 1);
  // Accepted sockets inherit it.
  options.set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  const bound = names.bind(fd, at.address, at.port);
  if (bound < 0) return bound;
  const listening = libc.listen(fd, backlog);
  if (listening < 0) return listening;
  const known = names.readLocal(fd);
  return known < 0 ? known : readSocketAddress(names.memory.bytes);
}

function failed(errno: number, syscall: string): Listening {
  const error = new SystemError(errno, syscall);
  return { ok: false, code: error.code, error };
}
