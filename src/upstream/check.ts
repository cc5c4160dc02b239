import type { DialSources } from './dial-sources.ts';
import type { CheckOutcome, Pool, PoolTarget } from './pool.ts';

/**
 * What the last checks of a target found. `answering`: the last one succeeded, and one is enough. `failing`: it
 * answered until just now. `silent`: it has never answered, or is down.
 */
export type Standing = 'answering' | 'failing' | 'silent';

/** The checks of one target. */
export interface Check {
  readonly pool: Pool;
  readonly target: PoolTarget;
  /** Milliseconds. */
  interval: number;
  /** Milliseconds that a probe may take. */
  timeout: number;
  dialFrom: DialSources;
  /** Among the checks that were scheduled together, from 0. */
  place: number;
  /** When it is due next. It moves by whole intervals, so that the checks of all targets stay spread. */
  due: number;
  standing: Standing;
  /** Failures in a row while the target was down, including the one that put it out. */
  failedDown: number;
}

/** A target that is down is checked once in so many intervals at the least, and ... */
const mostIntervals = 6;
/** ... in so many milliseconds, or each interval where that is longer. */
const longestPause = 30_000;

/** Reports an outcome to the pool, and keeps what it means for the next checks. */
export function takeOutcome(check: Check, outcome: CheckOutcome): void {
  const { pool, target } = check;
  pool.checked(target, outcome);
  const down = target.health.state === 'down';
  if (outcome.ok) check.standing = 'answering';
  else check.standing = down || check.standing === 'silent' ? 'silent' : 'failing';
  check.failedDown = down && !outcome.ok ? check.failedDown + 1 : 0;
}

/**
 * Intervals to the next check: 1; for a target that is down 1, 2, and then `mostIntervals`. The third wait is from 1 to
 * that many, by place, so that targets that went down together do not stay due together.
 */
export function intervalsToNext({ interval, place, failedDown }: Check): number {
  const most = Math.max(1, Math.min(mostIntervals, Math.floor(longestPause / interval)));
  if (failedDown > 3) return most;
  return failedDown === 3 ? 1 + (place % most) : Math.min(most, Math.max(1, failedDown));
}
