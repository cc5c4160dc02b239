import { EPOLLIN } from '../../libc/constants.ts';
import { SystemError } from '../../libc/errno.ts';
import type { Libc } from '../../libc/libc.ts';
import { type Crashable, contain } from '../crashable.ts';
import type { Timers } from '../loop.ts';
import { Pace } from './pace.ts';
import { PausedListeners } from './paused-listeners.ts';
import type { Pollable, Reactor } from './reactor.ts';
import { listenersFlow, noEvents } from './ready-queue.ts';
import { noDescriptor, noSeat, type Watched, WatchedSockets } from './watched-sockets.ts';

/** On what occasion a client is accepted. */
export type ClientTurn = 'at once' | 'in a burst' | 'after waiting';

/**
 * What became of a client. `dropped`: it is closed already. `no client`: there was none. `paced`: it is one of a burst,
 * and was not accepted. `not now`: there is no descriptor for it, or there was a bug.
 */
export type Accepted = 'session' | 'dropped' | 'no client' | 'paced' | 'no room' | 'not now';

/** A listening socket that may have clients to accept. */
export interface ListeningSocket extends Watched, Crashable {
  /** Accepts a client where there is room. */
  accept(turn: ClientTurn): Accepted;
}

/** Listeners that get a turn together. */
const mostAtOnce = 8;
/** The cost of a client that makes no session, as a share of one that does. */
const costOfDropped = 1 / 4;
/**
 * The least size of a piece in a burst. It grows with each piece that leaves clients waiting, and shrinks when none
 * wait. So every queue is served in the end, however busy the machine. It grows to the most within half a second.
 */
const leastPiece = { least: 1, most: 32, growth: 1 + 1 / 32, shrinking: 1 - 1 / 32 };

/**
 * The listening sockets of an engine, in an epoll descriptor of their own that the reactor watches as one socket. So
 * they get one turn together, however many of them have clients, and never fill a batch of events. Both descriptors
 * are level-triggered, and the kernel returns ready listeners in turns (epoll_wait(2), round robin).
 *
 *     room ........... each ready listener takes a client
 *     in a burst ..... the reactor does not watch the listeners; a timer accepts clients at a `Pace`
 *     no room ........ the listener is paused: its clients wait in the kernel's queue
 */
export class Listeners implements Pollable {
  fd = noDescriptor;
  seat = noSeat;
  pending = noEvents;
  readonly flow = listenersFlow;
  private readonly sockets: WatchedSockets<ListeningSocket>;
  private readonly reactor: Reactor;
  private readonly pace: Pace;
  private readonly paused: PausedListeners<ListeningSocket>;
  private least = leastPiece.least;
  /** The size of the last batch, and which of its events is next. */
  private count = 0;
  private next = 0;

  /** Throws a SystemError where there is no descriptor left. */
  constructor(libc: Libc, reactor: Reactor, loop: Timers) {
    this.reactor = reactor;
    this.pace = new Pace((most) => this.acceptPiece(most), loop);
    this.paused = new PausedListeners((socket) => this.admitOne(socket), loop);
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

  close(socket: ListeningSocket): void {
    this.paused.delete(socket);
    this.sockets.closeShared(socket);
  }

  /** There may be room again. */
  admitWaiting(): void {
    this.paused.admit();
  }

  /** For the reactor alone: a turn. */
  ready(): void {
    this.fetch();
    for (let socket = this.take(); socket !== null; socket = this.take()) {
      if (this.accept(socket, 'at once') !== 'paced') continue;
      this.reactor.modify(this, noEvents);
      this.pace.start();
      return;
    }
  }

  /** Uncaught: no session has this bug. */
  crashed(error: unknown): void {
    throw error;
  }

  /** All listening sockets must have been closed. */
  shutDown(): void {
    this.pace.close();
    this.paused.close();
    // The reactor owns this descriptor.
    this.reactor.close(this);
  }

  /** The burst is over when no client waits. */
  private acceptPiece(most: number): 'more' | 'done' {
    for (let left = Math.max(most, Math.floor(this.least)); left > 0; ) {
      // The rest of the last batch comes first, or the same listeners might be left out each time.
      const socket = this.take() ?? (this.fetch() > 0 ? this.take() : null);
      if (socket === null) {
        this.least = Math.max(leastPiece.least, this.least * leastPiece.shrinking);
        this.reactor.modify(this, EPOLLIN);
        return 'done';
      }
      left -= this.accept(socket, 'in a burst') === 'session' ? 1 : costOfDropped;
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

  private accept(socket: ListeningSocket, turn: ClientTurn): Accepted {
    const accepted = this.tryToAccept(socket, turn);
    if ((accepted === 'no room' || accepted === 'not now') && socket.fd !== noDescriptor) {
      this.sockets.modify(socket, noEvents);
      this.paused.add(socket);
    }
    return accepted;
  }

  private admitOne(socket: ListeningSocket): 'client' | 'waits' | 'resumed' {
    const accepted = this.tryToAccept(socket, 'after waiting');
    if (accepted === 'no room' || accepted === 'not now') return 'waits';
    if (accepted !== 'no client') return 'client';
    this.sockets.modify(socket, EPOLLIN);
    return 'resumed';
  }

  /** A bug of a listener ends neither another one nor the session that has made room. */
  private tryToAccept(socket: ListeningSocket, turn: ClientTurn): Accepted {
    let accepted = 'not now' as Accepted;
    contain(socket, () => {
      accepted = socket.accept(turn);
    });
    if (accepted === 'not now') this.paused.retrySoon();
    return accepted;
  }
}
