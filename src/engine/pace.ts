import { performance } from 'node:perf_hooks';

/** Milliseconds between two pieces of work. */
const interval = 4;
/** A timer that is this late, milliseconds, says that others want the processor, too, or that we have much else to do. */
const late = 1;
/** How much is done in a piece: about the first one, and at most. */
const firstPiece = 2;
const largestPiece = 16;
/** By so much a piece is larger than the one before: little, or it would be back at its largest soon after each that was late. */
const growth = 1 / 8;
/** Milliseconds without work after which it begins anew: the next burst, while it comes, takes CPU itself. */
const calm = 500;

/**
 * The work that a burst makes, in pieces that leave the processor to others in between. It begins with a small one. Each is a little larger than the
 * one before while its timer comes on time, and half as large when that is late. A process that mostly sleeps is let run
 * as soon as one of its neighbours has something for it; one that always has something to do waits for its turn each time.
 */
export class Pace {
  private readonly work: (most: number) => 'more' | 'done';
  private readonly now: () => number;
  private timer: NodeJS.Timeout | undefined;
  private state: 'open' | 'closed' = 'open';
  private piece = firstPiece;
  /** By `now`. */
  private due = Number.NEGATIVE_INFINITY;

  /** `work` does `most` of what there is to do at most. `now`: a clock, milliseconds. */
  constructor(work: (most: number) => 'more' | 'done', now: () => number = () => performance.now()) {
    this.work = work;
    this.now = now;
  }

  /** There is work. No effect while there is some already. */
  start(): void {
    if (this.timer !== undefined || this.state === 'closed') return;
    const now = this.now();
    if (now - this.due > calm) this.piece = firstPiece;
    this.due = now + interval;
    this.timer = setTimeout(() => this.goOn(), interval);
  }

  close(): void {
    this.state = 'closed';
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private goOn(): void {
    this.timer = undefined;
    const onTime = this.now() - this.due < late;
    this.piece = onTime ? Math.min(largestPiece, this.piece + growth) : Math.max(1, this.piece >> 1);
    if (this.work(Math.floor(this.piece)) === 'more') this.start();
  }
}
