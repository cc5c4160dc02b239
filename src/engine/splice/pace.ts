import type { Timer, Timers } from '../loop.ts';

/** Milliseconds between two pieces of work. */
const interval = 4;
/** A timer that is this late, milliseconds, shows that the processor is busy: with others, or with us. */
const late = 1;
/** The size of the first piece, and of the largest. */
const firstPiece = 2;
const largestPiece = 16;
/** How much larger each piece is than the one before. */
const growth = 1 / 8;
/** Milliseconds without work after which the first piece is small again. */
const calm = 500;

/**
 * Does the work of a burst in pieces, and leaves the processor to others in between: the scheduler runs a process that
 * mostly sleeps at once, and has one that is always busy wait for its turn. Pieces grow while their timer is on time,
 * and are half as large after one that was late.
 */
export class Pace {
  private readonly work: (most: number) => 'more' | 'done';
  private readonly loop: Timers;
  private timer: Timer | null = null;
  private state: 'open' | 'closed' = 'open';
  private piece = firstPiece;
  /** When the last piece was due, by the clock of the loop. */
  private due = Number.NEGATIVE_INFINITY;

  /** `work` does up to `most` of what there is to do. It must not throw. */
  constructor(work: (most: number) => 'more' | 'done', loop: Timers) {
    this.work = work;
    this.loop = loop;
  }

  /** There is work. No effect while a piece is due. */
  start(): void {
    if (this.timer !== null || this.state === 'closed') return;
    const now = this.loop.now();
    if (now - this.due > calm) this.piece = firstPiece;
    this.due = now + interval;
    this.timer = this.loop.after(interval, () => this.goOn());
  }

  close(): void {
    this.state = 'closed';
    this.timer?.cancel();
    this.timer = null;
  }

  private goOn(): void {
    this.timer = null;
    const onTime = this.loop.now() - this.due < late;
    this.piece = onTime ? Math.min(largestPiece, this.piece + growth) : Math.max(1, this.piece >> 1);
    if (this.work(Math.floor(this.piece)) === 'more') this.start();
  }
}
