import { performance } from 'node:perf_hooks';
import type { PoolTarget } from '../upstream/pool.ts';
import { TargetDial, type TargetDialed } from './dial-target.ts';
import type { Session } from './session.ts';
import type { SessionContext } from './session-context.ts';

/** Targets that one session tries at most. */
const mostTries = 3;

/** One try: dials `target`, for at most `timeouts.dial` and what is left of `timeouts.dialTotal` (`left`, milliseconds). */
export function dialOne(
  session: Session,
  target: PoolTarget,
  context: SessionContext,
  left: number,
): Promise<TargetDialed> {
  session.chosen(target);
  const { timeouts, dialFrom } = session.route;
  const dial = new TargetDial(target.planned, context, Math.min(timeouts.dial, left), dialFrom);
  session.dialing(dial);
  return dial.done;
}

/**
 * What comes of a dial that has failed: the next targets of the pool are tried, until one is reached, or tries, time or
 * targets are used up. The target that was reached, or tried last, is `session.target`.
 */
export async function dialOthers(
  session: Session,
  first: PoolTarget,
  failure: TargetDialed,
  context: SessionContext,
): Promise<TargetDialed> {
  const { pool, timeouts } = session.route;
  const tried = [first];
  let last = failure;
  let given = timeouts.dialTotal;
  for (let target = first; !last.ok; ) {
    const now = performance.now();
    session.dialEnded(last.reason === 'refused' ? 'answer' : 'no answer', now);
    if (isTargets(last.reason, given, timeouts.dial)) pool.failed(target, now, last.reason);
    else pool.gaveUp(target, now);
    given = timeouts.dialTotal - session.dialAge();
    if (last.reason === 'cancelled' || tried.length === mostTries || given <= 0) return last;
    if (session.reason !== undefined) return last;
    session.leaveTarget();
    const next = pool.pick(session.source, now, tried);
    if (typeof next === 'string') return last;
    target = next;
    tried.push(target);
    last = await dialOne(session, target, context, given);
  }
  return last;
}

/** Whether a failure is the target's: not what this machine lacks, the client wanted, or too little time left. */
function isTargets(reason: Extract<TargetDialed, { ok: false }>['reason'], given: number, dial: number): boolean {
  if (reason === 'cancelled' || reason === 'exhausted') return false;
  return (reason !== 'dial timed out' && reason !== 'lookup timed out') || given >= dial;
}
