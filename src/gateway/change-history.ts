import type { Status } from '../admin/schemas.ts';

export type Trigger = Status['reloads']['last'][number]['trigger'];
type Past = Status['reloads']['last'][number];

/** Changes that are remembered. */
const most = 20;

/** What was changed while a gateway runs, and what was refused. */
export class ChangeHistory {
  private applied = 0;
  private refused = 0;
  /** The latest first. */
  private readonly last: Past[] = [];

  add(change: Omit<Past, 'at'>): void {
    if (change.outcome === 'refused') this.refused += 1;
    else this.applied += 1;
    this.last.unshift({ at: new Date().toISOString(), ...change });
    if (this.last.length > most) this.last.pop();
  }

  /** `applied` counts those that found nothing changed, too. */
  counts(): Status['reloads'] {
    return { applied: this.applied, refused: this.refused, last: [...this.last] };
  }
}
