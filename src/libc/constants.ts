/**
 * Constants of Linux's system calls, from its headers in include/uapi: those of x86, ARM, RISC-V and LoongArch. Where
 * an architecture has others (MIPS, SPARC), the engine's self-test fails.
 */
import { constants } from 'node:os';

export const AF_INET = 2;
export const AF_INET6 = 10;
export const SOCK_STREAM = 1;
/** socket(2), accept4(2): both flags at once. */
export const SOCK_NONBLOCK_CLOEXEC = 0o4000 | 0o2000000;
/** pipe2(2): O_NONBLOCK | O_CLOEXEC. */
export const PIPE_NONBLOCK_CLOEXEC = 0o4000 | 0o2000000;

export const SOL_SOCKET = 1;
export const SO_REUSEADDR = 2;
export const SO_ERROR = 4;
export const SO_RCVBUF = 8;
export const SO_KEEPALIVE = 9;
export const SO_LINGER = 13;
/** Which buffers have a fixed size; 0: the kernel chooses again. From Linux 5.14 on (<asm-generic/socket.h>). */
export const SO_BUF_LOCK = 72;
/** ip(7); for sockets of IPv6, too. */
export const IPPROTO_IP = 0;
export const IP_BIND_ADDRESS_NO_PORT = 24;
export const IPPROTO_TCP = 6;
export const TCP_NODELAY = 1;
export const TCP_KEEPIDLE = 4;
export const TCP_KEEPINTVL = 5;
export const TCP_KEEPCNT = 6;
export const TCP_INFO = 11;
export const TCP_NOTSENT_LOWAT = 25;
export const IPPROTO_IPV6 = 41;
export const IPV6_V6ONLY = 26;

export const SHUT_RD = 0;
export const SHUT_WR = 1;
export const MSG_PEEK = 2;
/** A broken pipe is an error, not a signal; Node ignores SIGPIPE, but its embedder may not. */
export const MSG_NOSIGNAL = 0x4000;
/** These bytes may wait for the next ones, at most 200 ms (send(2)). */
export const MSG_MORE = 0x8000;
/** SIOCOUTQ of tcp(7) is TIOCOUTQ. */
export const SIOCOUTQ = 0x5411;

/** splice(2): SPLICE_F_MOVE | SPLICE_F_NONBLOCK. */
export const SPLICE_MOVE_NONBLOCK = 1 | 2;
export const F_SETPIPE_SZ = 1031;
export const F_GETPIPE_SZ = 1032;

/** epoll_create1(2). */
export const EPOLL_CLOEXEC = 0o2000000;
export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLL_CTL_MOD = 3;
export const EPOLLIN = 0x1;
export const EPOLLPRI = 0x2;
export const EPOLLOUT = 0x4;
export const EPOLLERR = 0x8;
export const EPOLLHUP = 0x10;
export const EPOLLRDHUP = 0x2000;
/** Bit 31, as a signed number. */
export const EPOLLET = 1 << 31;

const { errno } = constants;
/** As SO_ERROR has them, positive. */
export const { ECONNRESET, EPIPE } = errno;
/** What calls return when nothing can be done now: negative, as `Libc` returns errors. */
export const EAGAIN = -errno.EAGAIN;
export const EINTR = -errno.EINTR;
export const EINPROGRESS = -errno.EINPROGRESS;
export const ETIMEDOUT = -errno.ETIMEDOUT;
