import { EPOLLIN } from '../../libc/constants.ts';
import { SystemError } from '../../libc/errno.ts';
import type { Libc } from '../../libc/libc.ts';
import { type Crashable, crash } from '../crashable.ts';
import type { Room } from '../engine.ts';
import { Pace } from '../pace.ts';
import type { Pollable, Reactor } from './reactor.ts';
import { type Watched, WatchedSockets } from './watched-sockets.ts';

/** A listening socket that may have clients to accept. */
export interface ListeningSocket extends Watched, Crashable {
  /** See `ListenOptions`. */
  room(): Room;
  /**
   * Accepts `most` clients at most, and returns the work that this made: 1 for each session, `small` where there was
   * none.
   */
  accept(most: number): number;
}

/** Listeners that get a turn together, and clients that are accepted then at most. */
const mostAtOnce = 8;
/** The work of an accept that made no session: the queue was empty, or the client had left or was reset at once. */
export const small = 1 / 4;
/**
 * The least work of a piece in a burst. It grows with each piece that leaves clients waiting, and shrinks when none are
 * left: however busy the machine, no queue lasts. From the least to the most takes half a second.
 */
const leastPiece = { least: 1, most: 32, growth: 1 + 1 / 32, shrinking: 1 - 1 / 32 };
/** A queue of events of their own (`FairQueue`); those of sessions are 0 and up. */
const ownFlow = -1;

/**
 * The listening sockets of an engine, in an epoll descriptor of their own, which the reactor watches as one socket. So
 * they get one turn together, however many of them have clients, and never fill a batch of events. Both descriptors
 * are level-triggered; the kernel returns ready listeners in turns (epoll_wait(2), round robin).
 *
 * In a burst the reactor does not watch it: the clients of all listeners wait in the kernel's queues, and come in at a
 * pace that leaves the machine to others (`Pace`).
 */
export class Listeners implements Pollable {
  fd = -1;
  seat = -1;
  pending = 0;
  readonly flow = ownFlow;
  private readonly sockets: WatchedSockets<ListeningSocket>;
  private readonly reactor: Reactor;
  private readonly pace = new Pace((most) => this.acceptPiece(most));
  private least = leastPiece.least;
  /** Of the last batch: its size, and which of its events is next. */
  private count = 0;
  private next = 0;

  /** Throws a SystemError where there is no descriptor left. */
  constructor(libc: Libc, reactor: Reactor) {
    this.reactor = reactor;
    this.sockets = new WatchedSockets(libc, mostAtOnce);
    const watching = reactor.add(this, this.sockets.fd, EPOLLIN);
    if (watching === 0) return;
    this.sockets.shutDown();
    throw new SystemError(watching, 'epoll_ctl');
  }

  /** Returns 0, or a negative errno; the caller keeps `fd` then. */
  add(socket: ListeningSocket, fd: number): number {
    return this.sockets.add(socket, fd, EPOLLIN);
  }

  /** The clients of a paused listener wait in the kernel's queue. */
  pause(socket: ListeningSocket): void {
    this.sockets.modify(socket, 0);
  }

  resume(socket: ListeningSocket): void {
    this.sockets.modify(socket, EPOLLIN);
  }

  close(socket: ListeningSocket): void {
    this.sockets.close(socket);
  }

  /** For the reactor alone: a turn. */
  ready(): void {
    const listeners = this.fetch();
    const most = Math.max(1, Math.floor(mostAtOnce / listeners));
    for (let socket = this.take(); socket !== null; socket = this.take()) {
      if (this.inBurst(socket)) {
        this.reactor.modify(this, 0);
        this.pace.start();
        return;
      }
      this.accept(socket, most);
    }
  }

  /** The process's, as any uncaught exception. */
  crashed(error: unknown): void {
    throw error;
  }

  /** All listening sockets must have been closed. */
  shutDown(): void {
    this.pace.close();
    // This descriptor is the reactor's, too.
    this.reactor.close(this);
  }

  /** A burst is over when no client waits. The rest of the last batch comes first, or the same listeners might be left out each time. */
  private acceptPiece(most: number): 'more' | 'done' {
    for (let left = Math.max(most, Math.floor(this.least)); left > 0; ) {
      const socket = this.take() ?? (this.fetch() > 0 ? this.take() : null);
      if (socket === null) {
        this.least = Math.max(leastPiece.least, this.least * leastPiece.shrinking);
        this.reactor.modify(this, EPOLLIN);
        return 'done';
      }
      left -= this.accept(socket, 1);
    }
    this.least = Math.min(leastPiece.most, this.least * leastPiece.growth);
    return 'more';
  }

  private fetch(): number {
    this.count = this.sockets.wait(0);
    this.next = 0;
    return this.count;
  }

  /** The next listener of the batch that has not been closed meanwhile. */
  private take(): ListeningSocket | null {
    while (this.next < this.count) {
      const socket = this.sockets.ownerOf(this.next);
      this.next += 1;
      if (socket !== null) return socket;
    }
    return null;
  }

  private inBurst(socket: ListeningSocket): boolean {
    try {
      return socket.room() === 'paced';
    } catch (error) {
      crash(socket, error);
      return false;
    }
  }

  private accept(socket: ListeningSocket, most: number): number {
    try {
      return socket.accept(most);
    } catch (error) {
      crash(socket, error);
      return small;
    }
  }
}
