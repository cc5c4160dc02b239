import {
  IPPROTO_TCP,
  SO_BUF_LOCK,
  SO_ERROR,
  SO_KEEPALIVE,
  SO_LINGER,
  SO_RCVBUF,
  SOL_SOCKET,
  TCP_INFO,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_NODELAY,
  TCP_NOTSENT_LOWAT,
} from '../../libc/constants.ts';
import type { Libc, Memory } from '../../libc/libc.ts';
import { type UnacknowledgedBytes, unacknowledgedBytes } from '../../libc/unacknowledged-bytes.ts';
import type { KeepAliveProbes } from './keep-alive-probes.ts';

/** struct tcp_info has grown over time. All kernels that Node runs on have this much of it, bytes. */
const tcpInfoSize = 104;
/** Where a value lies in the scratch memory, and where its socklen_t, bytes. */
const lengthAt = 128;

/** The state of a connection's other end by TCP_INFO (tcp(7), <linux/tcp.h>). */
export interface TcpInfo {
  /** Segments sent and not acknowledged. */
  readonly unacknowledged: number;
  /** Retransmissions since the last acknowledgement. */
  readonly retransmits: number;
  /** Window probes that were not answered. */
  readonly probes: number;
  /** Milliseconds since the last acknowledgement came. */
  readonly sinceAcknowledgement: number;
}

/** Socket options, read and set by way of one piece of memory. */
export class SocketOptions {
  readonly unacknowledgedBytes: UnacknowledgedBytes;
  private readonly libc: Libc;
  private readonly scratch: Memory;
  private readonly words: Int32Array;

  constructor(libc: Libc) {
    this.libc = libc;
    this.unacknowledgedBytes = unacknowledgedBytes(libc);
    this.scratch = libc.allocate(256);
    this.words = new Int32Array(this.scratch.bytes.buffer, this.scratch.bytes.byteOffset, 64);
  }

  /** Returns 0 or a negative errno. */
  set(fd: number, level: number, name: number, value: number): number {
    this.words[0] = value;
    return this.libc.setsockopt(fd, level, name, this.scratch.address, 4);
  }

  disableNagle(fd: number): void {
    this.set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  }

  setKeepAlive(fd: number, { idle, interval, count }: KeepAliveProbes): void {
    this.set(fd, IPPROTO_TCP, TCP_KEEPIDLE, idle);
    this.set(fd, IPPROTO_TCP, TCP_KEEPINTVL, interval);
    this.set(fd, IPPROTO_TCP, TCP_KEEPCNT, count);
    this.set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  }

  /** The socket takes no more while it has not sent so many bytes; 0: no such bound. */
  limitUnsent(fd: number, bytes: number): void {
    this.set(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, bytes);
  }

  /** The kernel doubles it, for its own bookkeeping (socket(7)). */
  limitReceiveBuffer(fd: number, bytes: number): void {
    this.set(fd, SOL_SOCKET, SO_RCVBUF, bytes);
  }

  /** The kernel chooses its size again; before Linux 5.14 it stays as it is. */
  freeReceiveBuffer(fd: number): void {
    this.set(fd, SOL_SOCKET, SO_BUF_LOCK, 0);
  }

  /** The next close(2) sends a reset and throws away what was not sent (SO_LINGER with a time of 0, socket(7)). */
  resetOnClose(fd: number): void {
    this.words[0] = 1;
    this.words[1] = 0;
    this.libc.setsockopt(fd, SOL_SOCKET, SO_LINGER, this.scratch.address, 8);
  }

  /** Takes the socket's pending error off it, as a positive errno; 0 where there is none. */
  takeError(fd: number): number {
    return this.get(fd, SOL_SOCKET, SO_ERROR, 4) < 0 ? 0 : (this.words[0] ?? 0);
  }

  tcpInfo(fd: number): TcpInfo | undefined {
    if (this.get(fd, IPPROTO_TCP, TCP_INFO, tcpInfoSize) < 0) return undefined;
    const { bytes } = this.scratch;
    return {
      retransmits: bytes[2] ?? 0,
      probes: bytes[3] ?? 0,
      unacknowledged: this.words[24 / 4] ?? 0,
      sinceAcknowledgement: this.words[56 / 4] ?? 0,
    };
  }

  private get(fd: number, level: number, name: number, length: number): number {
    this.words[lengthAt / 4] = length;
    return this.libc.getsockopt(fd, level, name, this.scratch.address, this.scratch.address + lengthAt);
  }
}
