import { type Drive, type Libc, loopSeat, type Turn } from '../../libc/libc.ts';
import { type Crashable, crash } from '../crashable.ts';
import type { Loop } from '../loop.ts';
import { noEvents, type Ready, ReadyQueue } from './ready-queue.ts';
import { type Watched, WatchedSockets } from './watched-sockets.ts';

/** Something with a socket that the reactor watches, and owns. */
export interface Pollable extends Ready, Watched, Crashable {
  /** `events` as epoll_ctl(2) has them. */
  ready(events: number): void;
}

/** Events fetched at once. Where as many are ready, all of them are fetched and take turns. */
const batch = 256;
/** Up to so many events are always handled in a row: that takes a few milliseconds at most. */
const few = 64;
/** Events between two looks at the clock. */
const lookEvery = 16;
/** Milliseconds after which the rest of a larger batch is queued. */
const longest = 1;
/** Events that are handled in a row when events take turns. */
const slice = 8;
/** Batches fetched at most until a slice is handled. */
const mostFetches = 128;

/**
 * One epoll descriptor, which the loop drives. Every socket of the engine is watched here, and closed here alone.
 *
 *     loop -> fetch -> handle -> Pollable.ready ...
 *
 * Where more is ready than a batch, all of it is fetched into a queue in which flows take turns. An epoll descriptor
 * reports events in their order, so one session would wait for thousands of another listener.
 */
export class Reactor implements Turn {
  private readonly sockets: WatchedSockets<Pollable>;
  private readonly loop: Loop;
  private readonly drive: Drive;
  private readonly queue = new ReadyQueue<Pollable>();
  private state: 'idle' | 'in a turn' | 'shut down' = 'idle';
  private nextSlice: 'none' | 'deferred' = 'none';
  /** The loop's own descriptor was in the batch. */
  private loopIsReady = false;

  /** Throws a SystemError where there is no descriptor left, or an error of the loop. */
  constructor(libc: Libc, loop: Loop) {
    this.loop = loop;
    this.sockets = new WatchedSockets(libc, batch);
    try {
      this.drive = loop.drive(this.sockets.fd, this);
    } catch (error) {
      this.sockets.shutDown();
      throw error;
    }
  }

  /**
   * Watches `fd`, whose owner is `pollable` until `close`. Returns 0 or a negative errno; the caller keeps `fd` then.
   */
  add(pollable: Pollable, fd: number, events: number): number {
    return this.sockets.add(pollable, fd, events);
  }

  modify(pollable: Pollable, events: number): void {
    this.sockets.modify(pollable, events);
  }

  /** The one place where a watched socket is closed; close(2) also ends the watching. No effect the second time. */
  close(pollable: Pollable): void {
    if (this.sockets.close(pollable)) pollable.pending = noEvents;
  }

  /** Handles a slice of the events that wait now. Not to be called from within `ready`. */
  look(): 'all seen' | 'more' {
    if (this.state === 'idle') this.handle(this.fetch(0));
    return this.queue.size > 0 ? 'more' : 'all seen';
  }

  /** All sockets must have been closed. May be called twice. */
  shutDown(): void {
    if (this.state === 'shut down') return;
    this.state = 'shut down';
    this.drive.close();
    this.sockets.shutDown();
  }

  /** For the loop alone. */
  fetch(timeout: number): number {
    return this.state === 'shut down' ? 0 : this.sockets.wait(timeout);
  }

  /** For the loop alone. */
  handle(count: number): ReturnType<Turn['handle']> {
    this.loopIsReady = false;
    if (this.state === 'idle' && (count > 0 || this.queue.size > 0)) {
      this.state = 'in a turn';
      if (count < batch && this.queue.size === 0) this.deliverBatch(count);
      else {
        this.queueAll(count);
        this.deliverSlice();
      }
      this.endTurn();
    }
    return this.loopIsReady ? 'loop is ready' : 'handled';
  }

  private endTurn(): void {
    // A session may have shut the engine down.
    if (this.state === 'in a turn') this.state = 'idle';
    if (this.queue.size === 0 || this.nextSlice === 'deferred') return;
    this.nextSlice = 'deferred';
    this.loop.defer(() => {
      this.nextSlice = 'none';
      if (this.queue.size > 0) this.look();
    });
  }

  private deliverBatch(count: number): void {
    const deadline = count > few ? this.loop.now() + longest : Number.POSITIVE_INFINITY;
    for (let index = 0; index < count; index += 1) {
      if (count > few && index % lookEvery === 0 && this.loop.now() > deadline) {
        this.queueBatch(index, count);
        return;
      }
      const pollable = this.ownerOf(index);
      if (pollable !== null) deliver(pollable, this.sockets.eventsOf(index));
    }
  }

  private deliverSlice(): void {
    for (let handled = 0; handled < slice; handled += 1) {
      const pollable = this.queue.take();
      if (pollable === undefined) return;
      const events = pollable.pending;
      pollable.pending = noEvents;
      // There are none where it was closed meanwhile.
      if (events !== noEvents) deliver(pollable, events);
    }
  }

  /** Fetches all events. Level-triggered sockets are in every batch, so a batch without another socket is the last. */
  private queueAll(first: number): void {
    for (let count = first, round = 1; ; round += 1) {
      const added = this.queueBatch(0, count);
      if (count < batch || added === 0 || round === mostFetches) return;
      count = this.sockets.wait(0);
    }
  }

  /** Queues the fetched events from one number up to another. Returns how many sockets did not wait yet. */
  private queueBatch(from: number, end: number): number {
    let added = 0;
    for (let index = from; index < end; index += 1) {
      const pollable = this.ownerOf(index);
      if (pollable !== null && this.queue.add(pollable, this.sockets.eventsOf(index))) added += 1;
    }
    return added;
  }

  /** The owner of an event; null where its socket was closed meanwhile, and for the loop. */
  private ownerOf(index: number): Pollable | null {
    const owner = this.sockets.ownerOf(index);
    if (owner === null && this.sockets.seatOf(index) === loopSeat) this.loopIsReady = true;
    return owner;
  }
}

/**
 * The boundary of socket events: an exception ends its owner. Not by `contain`, which would cost a closure an event.
 */
function deliver(pollable: Pollable, events: number): void {
  try {
    pollable.ready(events);
  } catch (error) {
    crash(pollable, error);
  }
}
