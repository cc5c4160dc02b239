/** A door that leaves newcomers in the kernel's queue. */
export interface PausedDoor {
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

  /** There may be room again. */
  admit(): void {
    if (this.doors.length === 0) return;
    const waiting = this.doors;
    this.doors = [];
    const again: PausedDoor[] = [];
    for (let next = 0; next < waiting.length; next += 1) {
      const door = waiting[next];
      if (door === undefined) continue;
      const outcome = door.admitOne();
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
}
