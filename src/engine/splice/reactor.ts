import { performance } from 'node:perf_hooks';
import { EPOLLIN } from '../../libc/constants.ts';
import type { EmbeddedLoop, Libc, Watch } from '../../libc/libc.ts';
import { crash, reportBug } from '../crashable.ts';
import { CheckPhase, type Deferred } from './check-phase.ts';
import { findMicrotasks } from './microtasks.ts';
import { ReadyQueue, type Told } from './ready-queue.ts';
import { type Watched, WatchedSockets } from './watched-sockets.ts';

/** Something with a socket that the reactor watches, and owns. */
export interface Pollable extends Told, Watched {}

/** What libuv polls, as one descriptor: readable while libuv has something to do. */
class Libuv implements Pollable {
  fd = -1;
  seat = -1;
  pending = 0;
  readonly flow = 0;
  hasWork = false;

  ready(): void {
    this.hasWork = true;
  }

  crashed(error: unknown): void {
    throw error;
  }
}

/** Events asked for at once. Where as many are ready, it is a readyQueue. */
const batch = 256;
/** As many events are told in a row however long it takes: a few milliseconds of work at most. */
const few = 64;
/** The clock is looked at after each so many events. */
const lookEvery = 16;
/** Where there are more than a few, those that have not been told after this long are a burst, milliseconds. */
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
 * Where much is ready, all of it is fetched first, and waits in the burst: an epoll descriptor tells in the order in which
 * things happened, so that one session would wait for thousands.
 *
 * Promises that are settled in a turn would not be heard before something else wakes the loop, as koffi calls back
 * without Node's callback scope: `settled` sees to it.
 */
export class Reactor {
  private readonly sockets: WatchedSockets<Pollable>;
  private readonly loop: EmbeddedLoop | null;
  private readonly libuv = new Libuv();
  /** null where the reactor polls for the loop. */
  private readonly watch: Watch | null;
  private readonly readyQueue = new ReadyQueue<Pollable>();
  private state: 'idle' | 'in a turn' | 'shut down' = 'idle';
  private readonly check = new CheckPhase(() => {
    if (this.readyQueue.size > 0) this.turn();
  });
  private readonly microtasks = findMicrotasks();
  /** Promises were settled that nobody has heard of. */
  private news: 'none' | 'some' = 'none';

  /** Throws a SystemError where there is no descriptor left, or an error of Node's loop. */
  constructor(libc: Libc) {
    this.sockets = new WatchedSockets(libc, batch);
    try {
      this.loop = this.embedLoop(libc);
      this.watch = this.loop === null ? libc.watch(this.sockets.fd, () => this.woken()) : null;
    } catch (error) {
      this.sockets.shutDown();
      throw error;
    }
  }

  /** Watches `fd`, whose owner is `pollable` until `close`. Returns 0 or a negative errno; the caller keeps `fd` then. */
  add(pollable: Pollable, fd: number, events: number): number {
    return this.sockets.add(pollable, fd, events);
  }

  modify(pollable: Pollable, events: number): void {
    this.sockets.modify(pollable, events);
  }

  /** The one place where a watched socket is closed; close(2) also ends the watching. No effect the second time. */
  close(pollable: Pollable): void {
    if (!this.sockets.close(pollable)) return;
    pollable.pending = 0;
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
    return this.readyQueue.size > 0 ? 'more' : 'all seen';
  }

  /** All sockets must have been closed. May be called twice. */
  shutDown(): void {
    if (this.state === 'shut down') return;
    this.state = 'shut down';
    this.readyQueue.close();
    this.loop?.close();
    this.watch?.close();
    this.sockets.shutDown();
  }

  private embedLoop(libc: Libc): EmbeddedLoop | null {
    const loop = libc.embedLoop(() => this.poll());
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
      const count = this.sockets.wait(timeout);
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
    if (this.state === 'idle') this.tell(this.sockets.wait(0));
  }

  /** So many events have been fetched. */
  private tell(count: number): void {
    if (count === 0 && this.readyQueue.size === 0) return;
    this.state = 'in a turn';
    if (count < batch && this.readyQueue.empty) this.tellFetched(count);
    else {
      this.queueAll(count);
      this.readyQueue.tell();
    }
    // Whoever is told may have shut everything down.
    if (this.state === 'in a turn') this.state = 'idle';
    if (this.readyQueue.size > 0) this.check.schedule();
  }

  private tellFetched(count: number): void {
    const { sockets } = this;
    const deadline = count > few ? performance.now() + longest : Number.POSITIVE_INFINITY;
    for (let index = 0; index < count; index += 1) {
      if (count > few && index % lookEvery === 0 && performance.now() > deadline) {
        this.queue(index, count);
        return;
      }
      const pollable = sockets.ownerOf(index);
      if (pollable === null) continue;
      try {
        pollable.ready(sockets.eventsOf(index));
      } catch (error) {
        crash(pollable, error);
      }
    }
  }

  /** Fetches all there are. Sockets that stay busy are in every batch: one without another socket is the last. */
  private queueAll(first: number): void {
    for (let count = first, round = 1; ; round += 1) {
      const added = this.queue(0, count);
      if (count < batch || added === 0 || round === mostFetches) return;
      count = this.sockets.wait(0);
    }
  }

  /** What was fetched, from this event to that one, waits in the readyQueue. How many sockets did not wait there yet. */
  private queue(from: number, end: number): number {
    let added = 0;
    for (let index = from; index < end; index += 1) {
      const pollable = this.sockets.ownerOf(index);
      if (pollable === null) continue;
      if (pollable.pending === 0) added += 1;
      this.readyQueue.add(pollable, this.sockets.eventsOf(index));
    }
    return added;
  }
}
