import { type Crashable, crash } from '../crashable.ts';

/** A door that leaves newcomers in the kernel's queue. */
export interface PausedDoor extends Crashable {
  /** Takes one newcomer if it may. `waits`: there may be more; `has none`: it is open again, or closed. */
  admitOne(): 'waits' | 'no room' | 'has none';
}

/** Milliseconds until doors that are out of descriptors try again. */
const retryAfter = 100;

/** Paused doors, in the order in which they take turns: one newcomer each. */
export class Pauses {
  private doors: PausedDoor[] = [];
  private retry: NodeJS.Timeout | undefined;

  add(door: PausedDoor): void {
    this.doors.push(door);
  }

  /** There may be room again. A session that ends within this call asks once more, and finds no door: this one goes on. */
  admit(): void {
    if (this.doors.length === 0) return;
    const waiting = this.doors;
    this.doors = [];
    const again: PausedDoor[] = [];
    for (let next = 0; next < waiting.length; next += 1) {
      const door = waiting[next];
      if (door === undefined) continue;
      const outcome = this.admitOne(door);
      // Who has been served goes to the end of the queue, who has not keeps its place.
      if (outcome === 'waits') waiting.push(door);
      else if (outcome === 'no room') again.push(door);
    }
    this.doors = [...again, ...this.doors];
  }

  /** Descriptors were used up, by whoever: no event says when they are not any more. */
  retrySoon(): void {
    this.retry ??= setTimeout(() => {
      this.retry = undefined;
      this.admit();
    }, retryAfter);
  }

  close(): void {
    clearTimeout(this.retry);
    this.retry = undefined;
    this.doors = [];
  }

  /** Whoever says that there may be room has no part in a door's bugs, nor have the other doors. */
  private admitOne(door: PausedDoor): ReturnType<PausedDoor['admitOne']> {
    try {
      return door.admitOne();
    } catch (error) {
      crash(door, error);
      this.retrySoon();
      return 'no room';
    }
  }
}
