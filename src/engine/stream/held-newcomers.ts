import { reportBug } from '../crashable.ts';
import { type Laned, Lanes } from '../lanes.ts';
import { Pace } from '../pace.ts';
import type { Newcomer } from './node-internals.ts';

/** A door as those see it that it keeps. */
export interface HoldingDoor extends Laned {
  /** Whether its newcomers come in a crowd still. */
  readonly crowded: boolean;
  /** Lets one in that was kept; `gone`: it was not there any more. */
  admitHeld(newcomer: Newcomer): 'entered' | 'gone';
  /** One that was kept is not let in any more. */
  dropHeld(newcomer: Newcomer): void;
}

interface Held extends Laned {
  readonly door: HoldingDoor;
  readonly newcomer: Newcomer;
}

/** Let in in a row, where they are no crowd; then the rest of the loop has its turn. */
const mostInARow = 64;
/** What it costs to drop one who has gone, as a share of what a session does. */
const costOfGone = 1 / 4;

/**
 * Newcomers of a crowd, accepted, but not made a socket yet: libuv accepts whoever comes, and a socket of Node and its session cost
 * far more. They come in at a pace that leaves the machine to others, first come first served at a door, and
 * doors take turns. See `Pace`.
 */
export class HeldNewcomers {
  private readonly lanes = new Lanes<Held>();
  private readonly pace = new Pace((most) => this.admit(most));
  private readonly mayBeRoom: () => void;

  /** `mayBeRoom`: who was kept has gone, and somebody else may come in. */
  constructor(mayBeRoom: () => void) {
    this.mayBeRoom = mayBeRoom;
  }

  get size(): number {
    return this.lanes.size;
  }

  has(door: HoldingDoor): boolean {
    return this.lanes.has(door.lane);
  }

  add(newcomer: Newcomer, door: HoldingDoor): void {
    this.lanes.add({ lane: door.lane, door, newcomer });
    this.pace.start();
  }

  /** The door closes. */
  drop(door: HoldingDoor): void {
    for (const { newcomer } of this.lanes.drop(door.lane)) door.dropHeld(newcomer);
    this.mayBeRoom();
  }

  close(): void {
    this.pace.close();
  }

  /** `most`: of a crowd. */
  private admit(most: number): 'more' | 'done' {
    for (let [ofCrowd, others] = [most, mostInARow]; ofCrowd > 0 && others > 0; ) {
      const held = this.lanes.take();
      if (held === undefined) break;
      const { crowded } = held.door;
      const cost = admitOne(held) === 'gone' ? costOfGone : 1;
      if (crowded) ofCrowd -= cost;
      else others -= cost;
    }
    // Not before each has entered, as his own place is free for a moment then.
    this.mayBeRoom();
    return this.lanes.size > 0 ? 'more' : 'done';
  }
}

function admitOne({ door, newcomer }: Held): 'entered' | 'gone' {
  try {
    return door.admitHeld(newcomer);
  } catch (error) {
    // The process's, as any uncaught exception; the others still have their turns.
    reportBug(error);
    return 'gone';
  }
}
