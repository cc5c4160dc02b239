import { performance } from 'node:perf_hooks';
import { EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLLIN } from '../../libc/constants.ts';
import type { EmbeddedLoop, Libc, Watch } from '../../libc/libc.ts';
import { crash, reportBug } from '../crashable.ts';
import { CheckPhase, type Deferred } from './check-phase.ts';
import { Crowd, type Told } from './crowd.ts';
import { EpollSet } from './epoll-set.ts';
import { findMicrotasks } from './microtasks.ts';

/** Something with a socket that the reactor watches, and owns. */
export interface Pollable extends Told {
  /** -1 once the reactor has closed it. */
  fd: number;
  /** Its place in the reactor's table. */
  seat: number;
}

/** What libuv polls, as one descriptor: readable while libuv has something to do. */
class Libuv implements Pollable {
  fd = -1;
  seat = -1;
  pending = 0;
  readonly lane = 0;
  hasWork = false;

  ready(): void {
    this.hasWork = true;
  }

  crashed(error: unknown): void {
    throw error;
  }
}

/** Events asked for at once. Where as many are ready, it is a crowd. */
const batch = 256;
/** As many events are told in a row however long it takes: a few milliseconds of work at most. */
const few = 64;
/** The clock is looked at after each so many events. */
const lookEvery = 16;
/** Where there are more than a few, those that have not been told after this long are a crowd, milliseconds. */
const longest = 1;
/** Batches asked for at most until a slice of them is told. */
const mostFetches = 128;
/** How often the reactor polls in libuv's place until libuv has a turn whatever happens: immediates may be unref'd. */
const mostPolls = 64;

/**
 * One epoll descriptor, which Node's own loop is embedded in: where libuv would poll, the reactor does, for the sockets and
 * for libuv's own descriptor. Every socket of the engine is watched here, and closed here alone.
 *
 *     libuv's loop -> poll -> Pollable.ready ... -> poll ... -> libuv's turn, where it has something to do
 *
 * Where that cannot be (a second reactor in the process, a worker thread), it is the other way round: libuv watches the
 * epoll descriptor, which is readable whenever one of its sockets is ready. That costs a callback through koffi and a
 * system call more each time. Such a reactor must be held by somebody, as its watch must.
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
  private readonly epoll: EpollSet;
  private readonly loop: EmbeddedLoop | null;
  private readonly libuv = new Libuv();
  /** null where the reactor polls for the loop. */
  private readonly watch: Watch | null;
  private readonly seats: (Pollable | null)[] = [];
  private readonly generations: number[] = [];
  private readonly freeSeats: number[] = [];
  private readonly crowd = new Crowd<Pollable>();
  private state: 'idle' | 'in a turn' | 'shut down' = 'idle';
  private readonly check = new CheckPhase(() => {
    if (this.crowd.size > 0) this.turn();
  });
  private readonly microtasks = findMicrotasks();
  /** Promises were settled that nobody has heard of. */
  private news: 'none' | 'some' = 'none';

  /** Throws a SystemError where there is no descriptor left, or an error of Node's loop. */
  constructor(libc: Libc) {
    this.libc = libc;
    this.epoll = new EpollSet(libc, batch);
    try {
      this.loop = this.embedLoop();
      this.watch = this.loop === null ? libc.watch(this.epoll.fd, () => this.woken()) : null;
    } catch (error) {
      this.epoll.close();
      throw error;
    }
  }

  /** Watches `fd`, whose owner is `pollable` until `close`. Returns 0 or a negative errno; the caller keeps `fd` then. */
  add(pollable: Pollable, fd: number, events: number): number {
    const seat = this.freeSeats.pop() ?? this.seats.length;
    const generation = this.generations[seat] ?? 0;
    this.generations[seat] = generation;
    const result = this.epoll.control(EPOLL_CTL_ADD, fd, events, seat, generation);
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
    this.epoll.control(EPOLL_CTL_MOD, fd, events, seat, this.generations[seat] ?? 0);
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
    if (this.microtasks === null) this.check.schedule();
    else this.news = 'some';
  }

  /** `work` goes on when the rest of the loop has had its turn. */
  defer(work: Deferred): void {
    this.check.defer(work);
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
    this.loop?.close();
    this.watch?.close();
    this.epoll.close();
  }

  private embedLoop(): EmbeddedLoop | null {
    const loop = this.libc.embedLoop(() => this.poll());
    if (loop === null || this.add(this.libuv, loop.fd, EPOLLIN) === 0) return loop;
    loop.close();
    return null;
  }

  /** In libuv's place, until it has something to do. What is ready is told meanwhile. */
  private poll(): void {
    const { loop, libuv } = this;
    if (loop === null || this.state !== 'idle') return;
    libuv.hasWork = false;
    for (let polls = 0; polls < mostPolls; polls += 1) {
      const timeout = loop.timeout();
      const count = this.epoll.wait(timeout);
      if (timeout !== 0) loop.updateTime();
      this.tell(count);
      this.hear();
      if (timeout === 0 || libuv.hasWork || this.check.scheduled || this.state !== 'idle') return;
    }
  }

  /** Called by libuv, where that polls. */
  private woken(): void {
    this.turn();
    this.hear();
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

  private turn(): void {
    if (this.state === 'idle') this.tell(this.epoll.wait(0));
  }

  /** So many events have been fetched. */
  private tell(count: number): void {
    if (count === 0 && this.crowd.size === 0) return;
    this.state = 'in a turn';
    if (count < batch && this.crowd.empty) this.tellFetched(count);
    else {
      this.queueAll(count);
      this.crowd.tell();
    }
    // Whoever is told may have shut everything down.
    if (this.state === 'in a turn') this.state = 'idle';
    if (this.crowd.size > 0) this.check.schedule();
  }

  private tellFetched(count: number): void {
    const { epoll } = this;
    const deadline = count > few ? performance.now() + longest : Number.POSITIVE_INFINITY;
    for (let index = 0; index < count; index += 1) {
      if (count > few && index % lookEvery === 0 && performance.now() > deadline) {
        this.queue(index, count);
        return;
      }
      const pollable = this.fetched(index);
      if (pollable === null) continue;
      try {
        pollable.ready(epoll.eventsOf(index));
      } catch (error) {
        crash(pollable, error);
      }
    }
  }

  /** Whose event this is; null where that one is closed. */
  private fetched(index: number): Pollable | null {
    const seat = this.epoll.seatOf(index);
    return this.generations[seat] === this.epoll.generationOf(index) ? (this.seats[seat] ?? null) : null;
  }

  /** Fetches all there are. What is level-triggered shows in every batch, and is queued once. */
  private queueAll(first: number): void {
    for (let count = first, round = 1; ; round += 1) {
      this.queue(0, count);
      if (count < batch || round === mostFetches) return;
      count = this.epoll.wait(0);
    }
  }

  /** What was fetched, from this event to that one, waits in the crowd. */
  private queue(from: number, end: number): void {
    for (let index = from; index < end; index += 1) {
      const pollable = this.fetched(index);
      if (pollable !== null) this.crowd.add(pollable, this.epoll.eventsOf(index));
    }
  }
}
