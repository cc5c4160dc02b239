import { performance } from 'node:perf_hooks';
import { EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLL_CTL_MOD } from '../../libc/constants.ts';
import { SystemError } from '../../libc/errno.ts';
import type { Libc, Memory, Watch } from '../../libc/libc.ts';
import { type Crashable, crash, reportBug } from '../crashable.ts';
import { Crowd, type Told } from './crowd.ts';
import { findMicrotasks } from './microtasks.ts';

/** Something with a socket that the reactor watches, and owns. */
export interface Pollable extends Told {
  /** -1 once the reactor has closed it. */
  fd: number;
  /** Its place in the reactor's table. */
  seat: number;
}

/** Work that gives way to others and goes on in the next turn. */
export interface Deferred extends Crashable {
  goOn(): void;
}

/** Events asked for at once. Where as many are ready, it is a crowd. */
const batch = 256;
/** As many events are told in a row however long it takes: a few milliseconds of work at most. */
const few = 64;
/** Where there are more than a few, those that have not been told after this long are a crowd, milliseconds. */
const longest = 1;
/** Batches asked for at most until a slice of them is told. */
const mostFetches = 128;
/** Batches taken in a row at most. */
const mostBatches = 16;
/** How often at most the loop wakes us before more events are asked for again. */
const mostSkips = 16;

/**
 * One epoll descriptor, nested in Node's own loop: readable whenever one of its sockets is ready. Every socket of the
 * engine is watched here, and closed here alone.
 *
 *     libuv's loop -> epoll descriptor readable -> turn -> Pollable.ready ...
 *
 * Where much is ready, all of it is fetched first, and waits in the crowd: an epoll descriptor tells in the order in which
 * things happened, so that one session would wait for thousands.
 *
 * An event carries the seat of its socket and the seat's generation: one that was fetched before the socket was closed
 * does not reach whoever has its number or seat now.
 *
 * Promises that are settled in a turn would not be heard before something else wakes the loop, as koffi calls back
 * without Node's callback scope: `settled` sees to it.
 */
export class Reactor {
  private readonly libc: Libc;
  private readonly epoll: number;
  private readonly watch: Watch;
  private readonly events: Memory;
  private readonly eventWords: Int32Array;
  /** struct epoll_event for epoll_ctl. */
  private readonly change: Memory;
  private readonly changeWords: Int32Array;
  private readonly seats: (Pollable | null)[] = [];
  private readonly generations: number[] = [];
  private readonly freeSeats: number[] = [];
  private readonly crowd = new Crowd<Pollable>();
  private deferred: Deferred[] = [];
  private state: 'idle' | 'in a turn' | 'shut down' = 'idle';
  private check: 'none' | 'scheduled' = 'none';
  /** How often the loop wakes us before more events are asked for again: now, and after the next failure. */
  private skip = 0;
  private skips = 1;
  private readonly microtasks = findMicrotasks();
  /** Promises were settled that nobody has heard of. */
  private news: 'none' | 'some' = 'none';
  private readonly onCheck = (): void => this.checked();

  /** Throws a SystemError where there is no descriptor left, or an error of Node's loop. */
  constructor(libc: Libc) {
    this.libc = libc;
    this.events = libc.allocate(batch * eventSize);
    this.eventWords = words(this.events);
    this.change = libc.allocate(eventSize);
    this.changeWords = words(this.change);
    this.epoll = libc.epollCreate1(EPOLL_CLOEXEC);
    if (this.epoll < 0) throw new SystemError(this.epoll, 'epoll_create1');
    try {
      this.watch = libc.watch(this.epoll, () => this.woken());
    } catch (error) {
      libc.close(this.epoll);
      throw error;
    }
  }

  /** Watches `fd`, whose owner is `pollable` until `close`. Returns 0 or a negative errno; the caller keeps `fd` then. */
  add(pollable: Pollable, fd: number, events: number): number {
    const seat = this.freeSeats.pop() ?? this.seats.length;
    const generation = this.generations[seat] ?? 0;
    this.generations[seat] = generation;
    const result = this.control(EPOLL_CTL_ADD, fd, events, seat, generation);
    if (result < 0) {
      this.seats[seat] ??= null;
      this.freeSeats.push(seat);
      return result;
    }
    this.seats[seat] = pollable;
    pollable.seat = seat;
    pollable.fd = fd;
    return 0;
  }

  modify({ fd, seat }: Pollable, events: number): void {
    this.control(EPOLL_CTL_MOD, fd, events, seat, this.generations[seat] ?? 0);
  }

  /** The one place where a watched socket is closed; close(2) also ends the watching. No effect the second time. */
  close(pollable: Pollable): void {
    const { fd, seat } = pollable;
    if (fd === -1) return;
    pollable.fd = -1;
    pollable.seat = -1;
    pollable.pending = 0;
    this.seats[seat] = null;
    this.generations[seat] = ((this.generations[seat] ?? 0) + 1) | 0;
    this.freeSeats.push(seat);
    // EINTR: the descriptor is closed nevertheless (close(2)).
    this.libc.close(fd);
    this.settled();
  }

  /** A promise has been settled: it shall be heard in this turn of the loop. */
  settled(): void {
    if (this.state !== 'in a turn') return;
    if (this.microtasks === null) this.scheduleCheck();
    else this.news = 'some';
  }

  /** `work` goes on when the rest of the loop has had its turn. */
  defer(work: Deferred): void {
    this.deferred.push(work);
    this.scheduleCheck();
  }

  /** Tells a slice of the events that wait now. Not to be called from within `ready`. */
  look(): 'all seen' | 'more' {
    this.turn();
    return this.crowd.size > 0 ? 'more' : 'all seen';
  }

  /** All sockets must have been closed. May be called twice. */
  shutDown(): void {
    if (this.state === 'shut down') return;
    this.state = 'shut down';
    this.crowd.close();
    this.watch.close();
    this.libc.close(this.epoll);
  }

  /**
   * Where events follow closely, asking for more costs less than being woken again through libuv and koffi. Where there
   * were none, it is not tried the next few times. Waiting for them here would cost a timer's interrupt each time. While
   * any wait in the crowd, the rest of the loop comes first.
   */
  private woken(): void {
    this.turn();
    this.hear();
    if (this.skip > 0) {
      this.skip -= 1;
      return;
    }
    for (let round = 1; round < mostBatches && this.check === 'none'; round += 1) {
      if (this.turn() === 'nothing') {
        this.skip = this.skips;
        this.skips = Math.min(this.skips * 2, mostSkips);
        return;
      }
      this.skips = 1;
      this.hear();
    }
  }

  /** Promises settled in this turn are heard now, as after any callback of Node's own. */
  private hear(): void {
    if (this.news === 'none') return;
    this.news = 'none';
    try {
      this.microtasks?.();
    } catch (error) {
      reportBug(error);
    }
  }

  private turn(): 'some' | 'nothing' {
    if (this.state !== 'idle') return 'nothing';
    const count = this.fetch();
    if (count === 0 && this.crowd.size === 0) return 'nothing';
    this.state = 'in a turn';
    if (count < batch && this.crowd.empty) this.tellFetched(count);
    else {
      this.queueAll(count);
      this.crowd.tell();
    }
    // Whoever is told may have shut everything down.
    if (this.state === 'in a turn') this.state = 'idle';
    if (this.crowd.size > 0) this.scheduleCheck();
    return 'some';
  }

  private fetch(): number {
    return Math.max(0, this.libc.epollWait(this.epoll, this.events.address, batch, 0));
  }

  private tellFetched(count: number): void {
    const { eventWords } = this;
    const end = count * eventInts;
    const deadline = count > few ? performance.now() + longest : Number.POSITIVE_INFINITY;
    for (let at = 0; at < end; at += eventInts) {
      if (count > few && at % lookEvery === 0 && performance.now() > deadline) {
        this.queue(at, end);
        return;
      }
      const pollable = this.fetched(at);
      if (pollable === null) continue;
      try {
        pollable.ready(eventWords[at] ?? 0);
      } catch (error) {
        crash(pollable, error);
      }
    }
  }

  /** Whose event begins at this word; null where that one is closed. */
  private fetched(at: number): Pollable | null {
    const { eventWords } = this;
    // Both are there: the kernel has written them.
    const seat = eventWords[at + dataAt] ?? 0;
    return this.generations[seat] === eventWords[at + dataAt + 1] ? (this.seats[seat] ?? null) : null;
  }

  /** Fetches all there are. What is level-triggered shows in every batch, and is queued once. */
  private queueAll(first: number): void {
    for (let count = first, round = 1; ; round += 1) {
      this.queue(0, count * eventInts);
      if (count < batch || round === mostFetches) return;
      count = this.fetch();
    }
  }

  /** What was fetched, from this word to that one, waits in the crowd. */
  private queue(from: number, end: number): void {
    for (let at = from; at < end; at += eventInts) {
      const pollable = this.fetched(at);
      if (pollable !== null) this.crowd.add(pollable, this.eventWords[at] ?? 0);
    }
  }

  private control(operation: number, fd: number, events: number, seat: number, generation: number): number {
    this.changeWords[0] = events;
    this.changeWords[dataAt] = seat;
    this.changeWords[dataAt + 1] = generation;
    return this.libc.epollCtl(this.epoll, operation, fd, this.change.address);
  }

  /** An immediate runs after the poll phase, in a callback scope of Node's: promises are heard then. */
  private scheduleCheck(): void {
    if (this.check === 'scheduled') return;
    this.check = 'scheduled';
    setImmediate(this.onCheck);
  }

  private checked(): void {
    this.check = 'none';
    if (this.crowd.size > 0) this.turn();
    if (this.deferred.length === 0) return;
    const due = this.deferred;
    this.deferred = [];
    for (const work of due) {
      try {
        work.goOn();
      } catch (error) {
        crash(work, error);
      }
    }
  }
}

/** struct epoll_event is packed on x86-64 only (<sys/epoll.h>): 32 bits of events, then 64 of data. */
const eventInts = process.arch === 'x64' ? 3 : 4;
const eventSize = eventInts * 4;
/** The clock is looked at after each 16 events. */
const lookEvery = 16 * eventInts;
const dataAt = eventInts - 2;

function words({ bytes }: Memory): Int32Array {
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
}
