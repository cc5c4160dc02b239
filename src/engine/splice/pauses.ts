import { type Crashable, crash } from '../crashable.ts';
import { Pace } from './pace.ts';

/** A door that leaves newcomers in the kernel's queue. */
export interface PausedDoor extends Crashable {
  /**
   * Takes one newcomer if it may; one of a crowd only where `crowd` lets it in. `taken`: there may be more; `gone`: that one
   * was not there any more; `crowded`: they come in at a crowd's pace; `has none`: it is open again, or closed.
   */
  admitOne(crowd: 'lets in' | 'waits'): 'taken' | 'gone' | 'crowded' | 'no room' | 'has none';
}

/** Milliseconds until doors that are out of descriptors try again. */
const retryAfter = 100;
/** Newcomers taken at once at most when there may be room; the rest come at a crowd's pace. */
const mostAtOnce = 16;
/** What it costs to drop one who has gone, as a share of what a session does. */
const costOfGone = 1 / 4;

/** Paused doors, in the order in which they take turns: one newcomer each. */
export class Pauses {
  private doors: PausedDoor[] = [];
  private retry: NodeJS.Timeout | undefined;
  private readonly pace = new Pace((most) => this.admitUpTo(most, 'lets in'));

  add(door: PausedDoor): void {
    this.doors.push(door);
  }

  /** A door is paused because of a crowd: its newcomers come in one by one. */
  admitCrowd(): void {
    this.pace.start();
  }

  /** There may be room again. A session that ends within this call asks once more, and finds no door: this one goes on. */
  admit(): void {
    // Doors take turns at a crowd's pace already.
    if (this.doors.length === 0 || this.pace.going) return;
    if (this.admitUpTo(mostAtOnce, 'waits') === 'more') this.pace.start();
  }

  private admitUpTo(most: number, crowd: 'lets in' | 'waits'): 'more' | 'done' {
    const waiting = this.doors;
    this.doors = [];
    const again: PausedDoor[] = [];
    let crowded = false;
    let next = 0;
    for (let asked = 0; next < waiting.length && asked < most; next += 1) {
      const door = waiting[next];
      if (door === undefined) continue;
      const outcome = this.admitOne(door, crowd);
      if (outcome === 'crowded') crowded = true;
      // Who has been served goes to the end of the queue, who has not keeps its place.
      if (outcome === 'taken' || outcome === 'gone') {
        asked += outcome === 'taken' ? 1 : costOfGone;
        waiting.push(door);
      } else if (outcome !== 'has none') again.push(door);
    }
    const left = waiting.slice(next);
    this.doors = [...again, ...left, ...this.doors];
    return crowded || left.length > 0 ? 'more' : 'done';
  }

  /** Descriptors were used up, by whoever: no event says when they are not any more. */
  retrySoon(): void {
    this.retry ??= setTimeout(() => {
      this.retry = undefined;
      this.admit();
    }, retryAfter);
  }

  close(): void {
    this.pace.close();
    clearTimeout(this.retry);
    this.retry = undefined;
    this.doors = [];
  }

  /** Whoever says that there may be room has no part in a door's bugs, nor have the other doors. */
  private admitOne(door: PausedDoor, crowd: 'lets in' | 'waits'): ReturnType<PausedDoor['admitOne']> {
    try {
      return door.admitOne(crowd);
    } catch (error) {
      crash(door, error);
      this.retrySoon();
      return 'no room';
    }
  }
}
