import type { Denial } from './denial.ts';

/** Milliseconds between two lines about one denial. */
const pause = 20_000;

export interface DenialCount {
  /** Key of a plan's rules: `service ssh`, `forward 8080`. */
  readonly rules: string;
  readonly denial: Denial;
  readonly clients: number;
}

/** What the log has said of one denial, and not yet said. */
interface Telling {
  toldAt: number;
  untold: number;
}

/**
 * Counts who was denied, by rules and denial, for ever; and decides when the log says so: at most one line every 20 s per
 * denial, over all rules. `now` is in monotonic milliseconds.
 *
 * A flood that stops leaves its last clients unsaid. So whoever logs calls `untold(now)` now and then (every 20 s, say, on
 * a timer that does not keep the process), and `untold(Number.POSITIVE_INFINITY)` once at the end.
 */
export class DenialCounter {
  private readonly clients = new Map<string, Map<Denial, number>>();
  private readonly tellings = new Map<Denial, Telling>();

  /** Returns how many clients a line is to tell of now, this one and those left unsaid; 0 for no line. */
  count(rules: string, denial: Denial, now: number): number {
    const clients = this.clientsOf(rules);
    clients.set(denial, (clients.get(denial) ?? 0) + 1);
    const telling = this.tellingOf(denial);
    telling.untold += 1;
    return tell(telling, now);
  }

  /** Clients that no line has told of. */
  get unsaid(): number {
    let sum = 0;
    for (const { untold } of this.tellings.values()) sum += untold;
    return sum;
  }

  /** What is unsaid and may be said by now; it counts as said. */
  untold(now: number): readonly Omit<DenialCount, 'rules'>[] {
    return [...this.tellings]
      .map(([denial, telling]) => ({ denial, clients: tell(telling, now) }))
      .filter(({ clients }) => clients > 0);
  }

  /** Since the start; what never happened is left out. */
  counts(): readonly DenialCount[] {
    return [...this.clients].flatMap(([rules, own]) =>
      [...own].map(([denial, clients]) => ({ rules, denial, clients })),
    );
  }

  private clientsOf(rules: string): Map<Denial, number> {
    const known = this.clients.get(rules);
    if (known !== undefined) return known;
    const fresh = new Map<Denial, number>();
    this.clients.set(rules, fresh);
    return fresh;
  }

  private tellingOf(denial: Denial): Telling {
    const known = this.tellings.get(denial);
    if (known !== undefined) return known;
    const fresh = { toldAt: Number.NEGATIVE_INFINITY, untold: 0 };
    this.tellings.set(denial, fresh);
    return fresh;
  }
}

function tell(telling: Telling, now: number): number {
  if (telling.untold === 0 || now - telling.toldAt < pause) return 0;
  const { untold } = telling;
  telling.toldAt = now;
  telling.untold = 0;
  return untold;
}
