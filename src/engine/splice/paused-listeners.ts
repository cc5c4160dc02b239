import type { Timer, Timers } from '../loop.ts';

/** Milliseconds until listeners without a descriptor for a client try again: no event reports a free one. */
const retryAfter = 100;
/** Clients taken in a row; then the rest of the loop has its turn. */
const mostInARow = 64;

/** Listeners that leave their clients in the kernel's queue. They take turns: one client each. */
export class PausedListeners<T> {
  /** In the order of their turns. */
  private readonly listeners = new Set<T>();
  private readonly takeOne: (listener: T) => 'client' | 'waits' | 'resumed';
  private readonly loop: Timers;
  private state: 'idle' | 'admitting' | 'deferred' | 'closed' = 'idle';
  private retry: Timer | null = null;

  /**
   * `takeOne` lets one client of a listener in, and must not throw. `waits`: there is no room for it. `resumed`: the
   * listener has no client, and is not paused any more.
   */
  constructor(takeOne: (listener: T) => 'client' | 'waits' | 'resumed', loop: Timers) {
    this.takeOne = takeOne;
    this.loop = loop;
  }

  add(listener: T): void {
    this.listeners.add(listener);
  }

  delete(listener: T): void {
    this.listeners.delete(listener);
  }

  /**
   * There may be room: each listener takes one client, and the next one in the next turn of the loop. A session that
   * ends within this call may call it again, without effect.
   */
  admit(): void {
    if (this.listeners.size === 0 || this.state !== 'idle') return;
    this.state = 'admitting';
    let taken = 0;
    // A copy, as each listener that has taken a client moves to the end.
    for (const listener of [...this.listeners]) {
      // Closed by the client of another.
      if (!this.listeners.has(listener)) continue;
      const outcome = this.takeOne(listener);
      if (outcome === 'waits' || !this.listeners.delete(listener) || outcome === 'resumed') continue;
      this.listeners.add(listener);
      taken += 1;
      if (taken === mostInARow) break;
    }
    if (this.state === 'admitting') this.state = 'idle';
    if (taken > 0) this.admitAgain();
  }

  /** Calls `admit` in a while. */
  retrySoon(): void {
    if (this.state === 'closed') return;
    this.retry ??= this.loop.after(retryAfter, () => {
      this.retry = null;
      this.admit();
    });
  }

  close(): void {
    this.state = 'closed';
    this.retry?.cancel();
    this.retry = null;
    this.listeners.clear();
  }

  private admitAgain(): void {
    if (this.state !== 'idle') return;
    this.state = 'deferred';
    this.loop.defer(() => {
      if (this.state !== 'deferred') return;
      this.state = 'idle';
      this.admit();
    });
  }
}
