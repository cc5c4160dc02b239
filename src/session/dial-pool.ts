import { performance } from 'node:perf_hooks';
import type { CloseReason } from '../base/close-reason.ts';
import type { Engine, Leg } from '../engine/engine.ts';
import type { PoolTarget } from '../upstream/pool.ts';
import { type DialContext, type Dialer, TargetDial, type TargetDialed } from '../upstream/target-dial.ts';
import type { Session } from './session.ts';
import type { SessionContext } from './session-context.ts';

/** Targets that one session tries at most. */
const mostTries = 3;

type Failed = Extract<TargetDialed<Leg>, { ok: false }>;

/** How sessions connect: by the engine. */
export function sessionDialer(engine: Engine, context: DialContext): Dialer<Leg> {
  return {
    ...context,
    lookedUpBy: 'session',
    connect: (to, options) => engine.dial(to, options),
    drop: (leg) => engine.close(leg, 'rst'),
  };
}

/**
 * One try: dials `target`, for at most `timeouts.dial` and what is left of `timeouts.dialTotal` (`left`, milliseconds).
 */
export function dialOne(
  session: Session,
  target: PoolTarget,
  { dialer }: SessionContext,
  left: number,
): Promise<TargetDialed<Leg>> {
  session.counts.chosen(target);
  const { timeouts, dialFrom } = session.route;
  const dial = new TargetDial(dialer, target.planned, Math.min(timeouts.dial, left), dialFrom);
  session.dialing(target, dial);
  return dial.done;
}

/**
 * Goes on after a dial that has failed: tries the next targets of the pool until one is reached, or tries, time or
 * targets are used up. The target that was reached, or tried last, is `session.target`.
 */
export async function dialOthers(
  session: Session,
  first: PoolTarget,
  failure: TargetDialed<Leg>,
  context: SessionContext,
): Promise<TargetDialed<Leg>> {
  const { counts, route } = session;
  const { pool, timeouts } = route;
  const tried = [first];
  let last = failure;
  let given = timeouts.dialTotal;
  for (let target = first; !last.ok; ) {
    const now = performance.now();
    counts.dialEnded(last.reason === 'refused' ? 'answer' : 'no answer', now);
    if (isFaultOfTarget(last, given, timeouts.dial)) pool.failed(target, now, closeReasonOf(last));
    else pool.gaveUp(target, now);
    given = timeouts.dialTotal - session.dialAge();
    if (last.reason === 'cancelled' || tried.length === mostTries || given <= 0) return last;
    if (session.reason !== undefined) return last;
    counts.leaveTarget();
    const next = pool.pick(counts.source, now, tried);
    if (typeof next === 'string') return last;
    target = next;
    tried.push(target);
    last = await dialOne(session, target, context, given);
  }
  return last;
}

/**
 * How a session ends whose last dial has failed. `cancelled`: only `Session.kill` cancels, and it gives a reason first.
 */
export function closeReasonOf({ reason }: Failed): CloseReason {
  if (reason === 'cancelled') return 'internal';
  return reason === 'lookup not started' ? 'lookup timed out' : reason;
}

/** Not so where this machine lacks something, the client has left, or too little time was left. */
function isFaultOfTarget(failed: Failed, given: number, dial: number): boolean {
  if (failed.reason === 'cancelled' || failed.reason === 'exhausted') return false;
  const reason = closeReasonOf(failed);
  return (reason !== 'dial timed out' && reason !== 'lookup timed out') || given >= dial;
}
