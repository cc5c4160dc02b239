import type { Check, Standing } from './check.ts';

/** In the order in which they get a free place. */
const standings: readonly Standing[] = ['answering', 'failing', 'silent'];

/**
 * Decides which checks run where places are short. A check of a host that does not exist holds its place for the whole
 * time-out, and most hosts of a mapped subnet may not exist. Without shares, such checks would delay those of hosts
 * that answer: of 254 hosts with 16 places, the failure of one would be noticed after minutes. So:
 *
 *     answering   all places, but only three quarters while others wait: these checks take milliseconds
 *     failing     three quarters together with `silent`
 *     silent      half of all places
 *
 * Within a standing, the first check that waits is the first to run.
 */
export class CheckQueue {
  /** Checks that may run at once, 1 or more. Those that run beyond it end by themselves. */
  places: number;
  private readonly waiting: Record<Standing, Check[]> = { answering: [], failing: [], silent: [] };
  private readonly running: Record<Standing, number> = { answering: 0, failing: 0, silent: 0 };

  constructor(places: number) {
    this.places = places;
  }

  /** Adds a check that waits. */
  add(check: Check): void {
    this.waiting[check.standing].push(check);
  }

  /** The next check that may run now; it has a place until `done`. */
  take(): Check | undefined {
    const next = standings.find((standing) => this.waiting[standing].length > 0 && this.hasPlace(standing));
    if (next === undefined) return undefined;
    this.running[next] += 1;
    return this.waiting[next].shift();
  }

  /** The check has run, and its standing is still the same as in `take`. */
  done({ standing }: Check): void {
    this.running[standing] -= 1;
  }

  /** Drops the checks that wait, but for those that `stay`. */
  drop(stay: (check: Check) => boolean): void {
    for (const standing of standings) this.waiting[standing] = this.waiting[standing].filter(stay);
  }

  private hasPlace(standing: Standing): boolean {
    const { answering, failing, silent } = this.running;
    if (answering + failing + silent >= this.places) return false;
    const most = this.share(3 / 4);
    if (standing === 'answering')
      return answering < most || this.waiting.failing.length + this.waiting.silent.length === 0;
    if (failing + silent >= most) return false;
    return standing === 'failing' || silent < this.share(1 / 2);
  }

  private share(part: number): number {
    return Math.max(1, Math.floor(this.places * part));
  }
}
