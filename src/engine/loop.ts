import { performance } from 'node:perf_hooks';
import type { Drive, Libc, Turn } from '../libc/libc.ts';

/** Work that a loop calls later, unless it is cancelled. */
export interface Timer {
  /** No effect once the work has begun. */
  cancel(): void;
}

/** Time in an event loop. */
export interface Timers {
  /** Milliseconds on a monotonic clock. */
  now(): number;
  /** Calls `work` once, after at least `delay` milliseconds (at most 2^31-1). What it throws is uncaught. */
  after(delay: number, work: () => void): Timer;
  /** Calls `work` once when all that is ready now has been handled. What it throws is uncaught. */
  defer(work: () => void): void;
}

/** All that an engine knows of the event loop that it runs in. */
export interface Loop extends Timers {
  /**
   * Calls `turn` whenever the epoll descriptor `epfd` has something to report, until the drive is closed. Keep a
   * reference to the drive until then. Throws a SystemError where the loop cannot watch the descriptor.
   */
  drive(epfd: number, turn: Turn): Drive;
}

/** The timers of Node's loop. */
export const nodeTimers: Timers = {
  now: () => performance.now(),
  after(delay, work) {
    const timer = setTimeout(work, delay);
    return { cancel: () => clearTimeout(timer) };
  },
  defer(work) {
    setImmediate(work);
  },
};

/** Node's loop, which polls the engine's epoll descriptor: one a process. null where that is not possible now. */
export function embeddedLoop(libc: Libc): Loop | null {
  const embedded = libc.findEmbeddedLoop();
  return embedded === null ? null : { ...nodeTimers, drive: (epfd, turn) => embedded.drive(epfd, turn) };
}

/** Node's loop, which watches the engine's epoll descriptor as any other. A request costs about a fifth more. */
export function watchedLoop(libc: Libc): Loop {
  return { ...nodeTimers, drive: (epfd, turn) => libc.driveByWatching(epfd, turn) };
}

/** The embedded loop where it is available, as it is the faster one. */
export function chooseLoop(libc: Libc): Loop {
  return embeddedLoop(libc) ?? watchedLoop(libc);
}
