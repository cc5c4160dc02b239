import { performance } from 'node:perf_hooks';
import type { Ip } from '../base/ip.ts';
import type { PoolTarget } from '../upstream/pool.ts';
import { TargetDial, type TargetDialed } from './dial-target.ts';
import type { Session } from './session.ts';
import type { SessionHouse } from './session-house.ts';

/** Targets that one session tries at most. */
const mostTries = 3;

/** One try: dials `target`, for at most `timeouts.dial` and what is left of `timeouts.dialTotal` (`left`, milliseconds). */
export function dialOne(
  session: Session,
  target: PoolTarget,
  house: SessionHouse,
  left: number,
): Promise<TargetDialed> {
  session.chosen(target);
  const dial = new TargetDial(target.planned, house, Math.min(session.route.timeouts.dial, left));
  session.dialing(dial);
  return dial.done;
}

/**
 * What comes of a dial that has failed: the next targets of the pool are tried, until one is reached, or tries, time or
 * targets are used up. All of it counts from accept on. The target that was reached, or tried last, is `session.target`.
 */
export async function dialOthers(
  session: Session,
  first: PoolTarget,
  failure: TargetDialed,
  source: Ip | undefined,
  house: SessionHouse,
): Promise<TargetDialed> {
  const { pool, timeouts } = session.route;
  const tried = [first];
  for (let last = failure, target = first; ; ) {
    const now = performance.now();
    if (last.ok) {
      pool.succeeded(target, now);
      return last;
    }
    // What this machine lacks, or the client wanted, is not the target's fault.
    if (last.reason === 'cancelled' || last.reason === 'exhausted') return last;
    pool.failed(target, now, last.reason);
    const left = timeouts.dialTotal - session.age();
    if (tried.length === mostTries || left <= 0 || session.reason !== undefined) return last;
    const next = pool.pick(source, now, tried);
    if (typeof next === 'string') return last;
    target = next;
    tried.push(target);
    last = await dialOne(session, target, house, left);
  }
}
