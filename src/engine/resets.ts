import { FairQueue, type HasFlow } from './fair-queue.ts';
import { Pace } from './pace.ts';

/** So many are told as all else is. */
const few = 64;
/** The part of all that wait that is told at least in a piece: no backlog lasts. */
const leastPart = 1 / 512;
/** So many pieces without an event of an acceptor that has none: hardly anybody is held up by larger ones. */
const alone = 64;
const mostAlone = 64;

/**
 * Resets that wait to be told. Where they are many they give way to all else, in fairQueue of their own: ending a session costs
 * as much as any other work, and mostly it is a burst that leaves. See `Pace`.
 */
export class Resets<T extends HasFlow> {
  private readonly fairQueue = new FairQueue<T>();
  private readonly pace = new Pace((most) => this.tellPiece(most));
  private readonly tellOf: (item: T) => void;
  /** Pieces since an acceptor that has no resets had an event. */
  private quiet = 0;

  /** `tellOf` must not throw. */
  constructor(tellOf: (item: T) => void) {
    this.tellOf = tellOf;
  }

  get size(): number {
    return this.fairQueue.size;
  }

  /** They are told by `tell`; more are told by and by. */
  get areFew(): boolean {
    return this.fairQueue.size <= few;
  }

  add(item: T): void {
    this.fairQueue.add(item);
    if (!this.areFew) this.pace.start();
  }

  tell(most: number): void {
    for (let told = 0; told < most; told += 1) {
      const item = this.fairQueue.take();
      if (item === undefined) return;
      this.tellOf(item);
    }
  }

  /** Something else has happened in this flow; fairQueue below 1 belong to no listener alone. */
  heard(flow: number): void {
    if (flow > 0 && !this.fairQueue.has(flow)) this.quiet = 0;
  }

  close(): void {
    this.pace.close();
  }

  private tellPiece(most: number): 'more' | 'done' {
    this.quiet += 1;
    const least = Math.ceil(this.fairQueue.size * leastPart);
    this.tell(this.quiet > alone ? mostAlone : Math.max(least, most));
    return this.fairQueue.size > 0 ? 'more' : 'done';
  }
}
