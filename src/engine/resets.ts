import { type Laned, Lanes } from './lanes.ts';
import { Pace } from './pace.ts';

/** So many are told as all else is. */
const few = 64;
/** The part of all that wait that is told at least in a piece: no backlog lasts. */
const leastPart = 1 / 512;
/** So many pieces without an event of a door that has none: hardly anybody is held up by larger ones. */
const alone = 64;
const mostAlone = 64;

/**
 * Resets that wait to be told. Where they are many they give way to all else, in lanes of their own: ending a session costs
 * as much as any other work, and mostly it is a crowd that leaves. See `Pace`.
 */
export class Resets<T extends Laned> {
  private readonly lanes = new Lanes<T>();
  private readonly pace = new Pace((most) => this.tellPiece(most));
  private readonly tellOf: (item: T) => void;
  /** Pieces since a door that has no resets had an event. */
  private quiet = 0;

  /** `tellOf` must not throw. */
  constructor(tellOf: (item: T) => void) {
    this.tellOf = tellOf;
  }

  get size(): number {
    return this.lanes.size;
  }

  /** They are told by `tell`; more are told by and by. */
  get areFew(): boolean {
    return this.lanes.size <= few;
  }

  add(item: T): void {
    this.lanes.add(item);
    if (!this.areFew) this.pace.start();
  }

  tell(most: number): void {
    for (let told = 0; told < most; told += 1) {
      const item = this.lanes.take();
      if (item === undefined) return;
      this.tellOf(item);
    }
  }

  /** Something else has happened in this lane; lanes below 1 belong to no listener alone. */
  heard(lane: number): void {
    if (lane > 0 && !this.lanes.has(lane)) this.quiet = 0;
  }

  close(): void {
    this.pace.close();
  }

  private tellPiece(most: number): 'more' | 'done' {
    this.quiet += 1;
    const least = Math.ceil(this.lanes.size * leastPart);
    this.tell(this.quiet > alone ? mostAlone : Math.max(least, most));
    return this.lanes.size > 0 ? 'more' : 'done';
  }
}
