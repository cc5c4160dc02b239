import type { DialSources } from './dial-sources.ts';
import type { Due } from './due-queue.ts';
import type { CheckOutcome, Pool, PoolTarget } from './pool.ts';

/**
 * What the checks of a target have met of late: it answered; it did until just now; it has never, or is down. One check
 * that succeeds is enough to be `answering`: a target that comes back is not left waiting for the others that it needs.
 */
export type Standing = 'answering' | 'failing' | 'silent';

/** One target's checks. Its `due` moves on by whole intervals, so that the checks of all stay as spread as they began. */
export interface Check extends Due {
  readonly pool: Pool;
  readonly target: PoolTarget;
  /** Milliseconds. */
  readonly interval: number;
  /** Milliseconds that a probe may take. */
  readonly timeout: number;
  /** The addresses to dial from; any where it is left out. */
  readonly dialFrom?: DialSources | undefined;
  /** Among the checks of the same interval, from 0. */
  readonly place: number;
  standing: Standing;
  /** In a row that failed while it was down, that which put it there included. */
  failedDown: number;
}

/** What is down is checked once in so many intervals at the least, and ... */
const mostIntervals = 6;
/** ... so many milliseconds, or each interval where that is longer: a host that comes back should not wait for minutes. */
const longestPause = 30_000;

/** Tells the pool, and keeps what it means for the checks to come. */
export function takeOutcome(check: Check, outcome: CheckOutcome): void {
  const { pool, target } = check;
  pool.checked(target, outcome);
  const down = target.health.state === 'down';
  if (outcome.ok) check.standing = 'answering';
  else check.standing = down || check.standing === 'silent' ? 'silent' : 'failing';
  check.failedDown = down && !outcome.ok ? check.failedDown + 1 : 0;
}

/**
 * Intervals from one check to the next: 1, but 1, 2, and then `mostIntervals` for what is down. The third wait is from 1
 * to that many by place: targets that went down together, or are there from the start, do not come due together for ever.
 */
export function intervalsToNext({ interval, place, failedDown }: Check): number {
  const most = Math.max(1, Math.min(mostIntervals, Math.floor(longestPause / interval)));
  if (failedDown > 3) return most;
  return failedDown === 3 ? 1 + (place % most) : Math.min(most, Math.max(1, failedDown));
}
