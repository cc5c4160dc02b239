import { type Crashable, crash } from '../crashable.ts';
import { Pace } from '../pace.ts';

/** A door that leaves newcomers in the kernel's queue. */
export interface PausedDoor extends Crashable {
  /** Whether a newcomer may come in now; `crowded`: at a crowd's pace. */
  readonly room: 'free' | 'crowded' | 'none';
  /** Takes one newcomer. `gone`: that one was not there any more; `has none`: it is open again, or closed. */
  admitOne(): 'taken' | 'gone' | 'cannot' | 'has none';
}

/** Milliseconds until doors that are out of descriptors try again. */
const retryAfter = 100;
/** Newcomers taken in a row that are no crowd; then the rest of the loop has its turn. */
const mostInARow = 64;
/** What it costs to drop one who has gone, as a share of what a session does. */
const costOfGone = 1 / 4;

/** Paused doors, in the order in which they take turns: one newcomer each. */
export class Pauses {
  private doors: PausedDoor[] = [];
  private retry: NodeJS.Timeout | undefined;
  private readonly pace = new Pace((most) => this.admitUpTo(most));

  add(door: PausedDoor): void {
    this.doors.push(door);
  }

  /** A door is paused because of a crowd: its newcomers come in by and by. */
  admitCrowd(): void {
    this.pace.start();
  }

  /**
   * There may be room again, first for those who are no crowd. A session that ends within this call asks once more, and finds
   * no door: this one goes on.
   */
  admit(): void {
    if (this.doors.length > 0 && this.admitUpTo(0) === 'more') this.pace.start();
  }

  /** `most`: of a crowd. */
  private admitUpTo(most: number): 'more' | 'done' {
    const waiting = this.doors;
    this.doors = [];
    const again: PausedDoor[] = [];
    let [ofCrowd, others] = [most, mostInARow];
    let crowd: 'is left' | 'none' = 'none';
    let next = 0;
    for (; next < waiting.length && others > 0; next += 1) {
      const door = waiting[next];
      if (door === undefined) continue;
      const { room, outcome } = this.ask(door, ofCrowd > 0);
      // Who has been served goes to the end of the queue, who has not keeps its place.
      if (outcome === 'taken' || outcome === 'gone') {
        waiting.push(door);
        const cost = outcome === 'taken' ? 1 : costOfGone;
        if (room === 'crowded') ofCrowd -= cost;
        else others -= cost;
      } else if (outcome !== 'has none') again.push(door);
      if (outcome === 'waits') crowd = 'is left';
    }
    const left = waiting.slice(next);
    this.doors = [...again, ...left, ...this.doors];
    return crowd === 'is left' || left.length > 0 ? 'more' : 'done';
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
  private ask(door: PausedDoor, crowdMayCome: boolean) {
    try {
      const { room } = door;
      if (room === 'none') return { room, outcome: 'no room' } as const;
      if (room === 'crowded' && !crowdMayCome) return { room, outcome: 'waits' } as const;
      return { room, outcome: door.admitOne() };
    } catch (error) {
      crash(door, error);
      this.retrySoon();
      return { room: 'none', outcome: 'no room' } as const;
    }
  }
}
