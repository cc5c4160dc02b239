import { SystemError } from '../../libc/errno.ts';
import { type Crashable, crash } from '../crashable.ts';
import type { HasFlow } from '../fair-queue.ts';
import { Resets } from '../resets.ts';

/** A leg whose connection was reset. */
export interface ResetLeg extends HasFlow, Crashable {
  /** Its reset waits. */
  awaited: boolean;
  readonly socket: { readonly destroyed: boolean };
  failed(error: Error): void;
}

interface Held extends HasFlow {
  readonly leg: ResetLeg;
  readonly errno: number;
}

/** Told in one turn of the loop. */
const perTurn = 16;

/** Resets of a burst: libuv tells of a thousand in a row, and ending as many sessions would hold up everybody else. */
export class HeldResets {
  private readonly resets = new Resets<Held>(tell);
  private left = perTurn;
  private check: 'none' | 'scheduled' = 'none';

  /** libuv has told of a reset: the leg hears of it now, or when its turn comes. */
  came(leg: ResetLeg, errno: number): void {
    this.scheduleCheck();
    if (this.resets.size === 0 && this.left > 0) {
      this.left -= 1;
      tell({ leg, errno });
      return;
    }
    leg.awaited = true;
    this.resets.add({ flow: leg.flow, leg, errno });
  }

  /** A leg of this flow has read something. */
  heard(flow: number): void {
    if (this.resets.size > 0) this.resets.heard(flow);
  }

  close(): void {
    this.resets.close();
  }

  private scheduleCheck(): void {
    if (this.check === 'scheduled') return;
    this.check = 'scheduled';
    setImmediate(() => {
      this.check = 'none';
      this.left = perTurn;
      if (!this.resets.areFew) return;
      this.resets.tell(perTurn);
      if (this.resets.size > 0) this.scheduleCheck();
    });
  }
}

function tell({ leg, errno }: Pick<Held, 'leg' | 'errno'>): void {
  leg.awaited = false;
  try {
    // Closed by us meanwhile: nobody waits for it any more.
    if (!leg.socket.destroyed) leg.failed(new SystemError(errno, 'read'));
  } catch (error) {
    crash(leg, error);
  }
}
