import { Pace } from '../pace.ts';

/** A door as those see it that keep a crowd back. */
export interface CrowdedDoor {
  /** Whether its newcomers come in a crowd still. */
  readonly crowded: boolean;
  open(): void;
  shut(): void;
}

/**
 * Doors with a crowd before them. Its newcomers wait in the kernel's queue and come in at a pace that leaves the machine to others:
 * when as many have come as a piece has, all these doors are shut until the next one. See `Pace`.
 */
export class CrowdedDoors {
  /** In the order of their turns: who has let somebody in goes to the end. */
  private readonly doors = new Set<CrowdedDoor>();
  private readonly pace = new Pace((most) => this.letIn(most));
  /** So many may still come in of this piece. */
  private left = 0;

  /** One of a crowd has come to `door`. `cost`: 1, or less where it has left already. */
  came(door: CrowdedDoor, cost: number): void {
    this.doors.delete(door);
    this.doors.add(door);
    this.left -= cost;
    if (this.left > 0) return;
    for (const one of this.doors) one.shut();
    this.pace.start();
  }

  /** The door closes. */
  delete(door: CrowdedDoor): void {
    this.doors.delete(door);
  }

  close(): void {
    this.pace.close();
    this.doors.clear();
  }

  private letIn(most: number): 'done' {
    this.left = most;
    for (const door of this.doors) {
      if (!door.crowded) this.doors.delete(door);
      door.open();
    }
    return 'done';
  }
}
