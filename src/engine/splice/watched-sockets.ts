import { EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD } from '../../libc/constants.ts';
import type { Libc } from '../../libc/libc.ts';
import { EpollSet } from './epoll-set.ts';
import { noEvents } from './ready-queue.ts';

/** `fd` and `seat` of a socket that is closed, or not open yet. */
export const noDescriptor = -1;
export const noSeat = -1;

/** Something with a socket that is watched. */
export interface Watched {
  /** `noDescriptor` once it is closed. */
  fd: number;
  /** Its place in the table of sockets. */
  seat: number;
}

/**
 * An epoll descriptor and the owners of its sockets. Sockets are closed here alone.
 *
 * An event carries the seat of its socket and the generation of that seat. So an event that was fetched before a socket
 * was closed does not reach the owner of a later socket with the same number or seat.
 */
export class WatchedSockets<T extends Watched> {
  private readonly libc: Libc;
  private readonly epoll: EpollSet;
  private readonly seats: (T | null)[] = [];
  private readonly generations: number[] = [];
  private readonly freeSeats: number[] = [];

  /** `batch`: events fetched at once. Throws a SystemError where there is no descriptor left. */
  constructor(libc: Libc, batch: number) {
    this.libc = libc;
    this.epoll = new EpollSet(libc, batch);
  }

  /** The epoll descriptor: readable while one of the sockets is ready (epoll(7)). */
  get fd(): number {
    return this.epoll.fd;
  }

  /** Watches `fd`, whose owner is `owner` until `close`. Returns 0 or a negative errno; the caller keeps `fd` then. */
  add(owner: T, fd: number, events: number): number {
    const seat = this.freeSeats.pop() ?? this.seats.length;
    const generation = this.generations[seat] ?? 0;
    this.generations[seat] = generation;
    const result = this.epoll.control(EPOLL_CTL_ADD, fd, events, seat, generation);
    if (result < 0) {
      this.seats[seat] ??= null;
      this.freeSeats.push(seat);
      return result;
    }
    this.seats[seat] = owner;
    owner.seat = seat;
    owner.fd = fd;
    return 0;
  }

  modify({ fd, seat }: Watched, events: number): void {
    this.epoll.control(EPOLL_CTL_MOD, fd, events, seat, this.generations[seat] ?? 0);
  }

  /**
   * As `close`, for a socket that another process may hold, too: close(2) would not end the watching then, and its
   * events could not be turned off any more (epoll(7), questions 6 and 7).
   */
  closeShared(owner: T): void {
    if (owner.fd !== noDescriptor) this.epoll.control(EPOLL_CTL_DEL, owner.fd, noEvents, noSeat, 0);
    this.close(owner);
  }

  /** close(2) also ends the watching. Returns false, and has no effect, the second time. */
  close(owner: T): boolean {
    const { fd, seat } = owner;
    if (fd === noDescriptor) return false;
    owner.fd = noDescriptor;
    owner.seat = noSeat;
    this.seats[seat] = null;
    this.generations[seat] = ((this.generations[seat] ?? 0) + 1) | 0;
    this.freeSeats.push(seat);
    // EINTR: the descriptor is closed nevertheless (close(2)).
    this.libc.close(fd);
    return true;
  }

  /** Fetches a batch, and waits for it up to `timeout` milliseconds, -1 for ever. Returns the number of its events. */
  wait(timeout: number): number {
    return this.epoll.wait(timeout);
  }

  /** The owner of event number `index` of the last batch; null where its socket is closed, or is not in the table. */
  ownerOf(index: number): T | null {
    const seat = this.epoll.seatOf(index);
    return this.generations[seat] === this.epoll.generationOf(index) ? (this.seats[seat] ?? null) : null;
  }

  seatOf(index: number): number {
    return this.epoll.seatOf(index);
  }

  /** As epoll_ctl(2) has them. */
  eventsOf(index: number): number {
    return this.epoll.eventsOf(index);
  }

  /** Closes the epoll descriptor; the sockets must have been closed. */
  shutDown(): void {
    this.epoll.close();
  }
}
