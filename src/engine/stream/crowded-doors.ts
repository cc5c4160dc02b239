import { Pace } from '../pace.ts';

/** A door as those see it that keep a crowd back. */
export interface CrowdedDoor {
  /** So many newcomers may come in; then it is shut, and added again. */
  letIn(most: number): void;
}

/**
 * Doors with a crowd before them, shut: its newcomers wait in the kernel's queue and come in at a pace that leaves the machine
 * to others, shared by the doors. See `Pace`.
 */
export class CrowdedDoors {
  private doors = new Set<CrowdedDoor>();
  private readonly pace = new Pace((most) => this.letIn(most));

  add(door: CrowdedDoor): void {
    this.doors.add(door);
    this.pace.start();
  }

  close(): void {
    this.pace.close();
    this.doors.clear();
  }

  /** Each comes back, when it has let in so many, if it is crowded still. */
  private letIn(most: number): 'done' {
    const { doors } = this;
    this.doors = new Set();
    const share = Math.max(1, Math.floor(most / doors.size));
    for (const door of doors) door.letIn(share);
    return 'done';
  }
}
