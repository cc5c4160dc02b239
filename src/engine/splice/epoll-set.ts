import { EPOLL_CLOEXEC } from '../../libc/constants.ts';
import { SystemError } from '../../libc/errno.ts';
import type { Libc, Memory } from '../../libc/libc.ts';

/**
 * Words of 32 bits in a struct epoll_event: one of events, two of data. On x86-64 it is packed (<sys/epoll.h>), and on
 * i386 words of 64 bits are aligned to 32; elsewhere an unused word lies between.
 */
export function wordsPerEvent(arch: string): 3 | 4 {
  return arch === 'x64' || arch === 'ia32' ? 3 : 4;
}

const eventInts = wordsPerEvent(process.arch);
const eventSize = eventInts * 4;
const dataAt = eventInts - 2;

/** An epoll descriptor (epoll(7)) and the events that were fetched last, each with a seat and its generation. */
export class EpollSet {
  readonly fd: number;
  private readonly libc: Libc;
  /** Events fetched at once. */
  private readonly batch: number;
  private readonly events: Memory;
  private readonly eventWords: Int32Array;
  /** struct epoll_event for epoll_ctl. */
  private readonly change: Memory;
  private readonly changeWords: Int32Array;

  /** Throws a SystemError where there is no descriptor left. */
  constructor(libc: Libc, batch: number) {
    this.libc = libc;
    this.batch = batch;
    this.events = libc.allocate(batch * eventSize);
    this.eventWords = words(this.events);
    this.change = libc.allocate(eventSize);
    this.changeWords = words(this.change);
    this.fd = libc.epollCreate1(EPOLL_CLOEXEC);
    if (this.fd < 0) throw new SystemError(this.fd, 'epoll_create1');
  }

  /** epoll_ctl(2): 0, or a negative errno. */
  control(operation: number, fd: number, events: number, seat: number, generation: number): number {
    this.changeWords[0] = events;
    this.changeWords[dataAt] = seat;
    this.changeWords[dataAt + 1] = generation;
    return this.libc.epollCtl(this.fd, operation, fd, this.change.address);
  }

  /** Waits up to `timeout` milliseconds, -1 for ever. Returns how many events there are; 0 after a signal, too. */
  wait(timeout: number): number {
    return Math.max(0, this.libc.epollWait(this.fd, this.events.address, this.batch, timeout));
  }

  // Of event number `index` of the last wait. The kernel has written all three.
  eventsOf(index: number): number {
    return this.eventWords[index * eventInts] ?? 0;
  }

  seatOf(index: number): number {
    return this.eventWords[index * eventInts + dataAt] ?? 0;
  }

  generationOf(index: number): number {
    return this.eventWords[index * eventInts + dataAt + 1] ?? 0;
  }

  close(): void {
    this.libc.close(this.fd);
  }
}

function words({ bytes }: Memory): Int32Array {
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
}
