/**
 * How a target is doing, by what came of dials (passive) and of checks (active). At start it is in.
 *
 *     in        -- `fall` dials fail in a row ---------------------------> paused
 *     paused    -- its time is over, and a session takes the target -----> on trial
 *     on trial  -- its dial fails ---------------------------------------> paused, for twice as long
 *     on trial  -- its session ends without an outcome ------------------> paused, but over
 *     paused, on trial -- any dial succeeds -----------------------------> in
 *     in, paused, on trial -- `fall` checks fail in a row ---------------> down
 *     down      -- `rise` checks succeed in a row -----------------------> in
 *
 * Checks outrank dials: a target that is down is not dialed, and dials that were still under way change nothing. But a
 * check that succeeds does not end a pause: where checks succeed and dials fail, dials are closer to what sessions
 * need, and a trial costs one session one try. A target that checks bring back starts afresh.
 */
export type TargetHealth =
  | { readonly state: 'in'; readonly failedDials: number; readonly failedChecks: number }
  | (Pause & { readonly state: 'paused' })
  /** One session tries it, until `until` at the latest: a session without an outcome does not block it for ever. */
  | (Pause & { readonly state: 'on trial' })
  | { readonly state: 'down'; readonly succeededChecks: number };

/** All in milliseconds, `until` by the clock of the pool. */
interface Pause {
  readonly until: number;
  /** How long this pause was or is. */
  readonly pause: number;
  readonly failedChecks: number;
}

/** The first pause: long enough that clients notice little of a dead target, short enough for a reboot. */
const firstPause = 10_000;
/** A pause doubles with each trial that fails, up to this. */
const longestPause = 60_000;

/** A target at start, and one that checks have brought back. */
export const inHealth = { state: 'in', failedDials: 0, failedChecks: 0 } as const satisfies TargetHealth;

/** The outcome of a session's dial. @param fall dials in a row that must fail until the target is passed over */
export function afterDial(
  health: TargetHealth,
  outcome: 'succeeded' | 'failed',
  now: number,
  fall: number,
): TargetHealth {
  if (health.state === 'down') return health;
  const { failedChecks } = health;
  if (outcome === 'succeeded') {
    return health.state === 'in' && health.failedDials === 0 ? health : { ...inHealth, failedChecks };
  }
  switch (health.state) {
    case 'in': {
      const failedDials = health.failedDials + 1;
      if (failedDials < fall) return { ...health, failedDials };
      return { state: 'paused', until: now + firstPause, pause: firstPause, failedChecks };
    }
    // It is dialed all the same where no other target is left; that shows nothing new.
    case 'paused':
      return health;
    case 'on trial': {
      const pause = Math.min(2 * health.pause, longestPause);
      return { state: 'paused', until: now + pause, pause, failedChecks };
    }
  }
}

/** The outcome of an active check. */
export function afterCheck(
  health: TargetHealth,
  outcome: 'succeeded' | 'failed',
  { rise, fall }: { readonly rise: number; readonly fall: number },
): TargetHealth {
  if (health.state === 'down') {
    const succeededChecks = outcome === 'succeeded' ? health.succeededChecks + 1 : 0;
    return succeededChecks < rise ? { state: 'down', succeededChecks } : inHealth;
  }
  const failedChecks = outcome === 'failed' ? health.failedChecks + 1 : 0;
  if (failedChecks >= fall) return { state: 'down', succeededChecks: 0 };
  return failedChecks === health.failedChecks ? health : { ...health, failedChecks };
}

/**
 * A session takes the target: where its pause is over, that is a trial. @param trialTime milliseconds, as long as its
 * dial
 */
export function afterPick(health: TargetHealth, now: number, trialTime: number): TargetHealth {
  if (health.state !== 'paused' && health.state !== 'on trial') return health;
  return now < health.until ? health : { ...health, state: 'on trial', until: now + trialTime };
}

/**
 * A session that took the target ends without an outcome. If it was not the one on trial, a second trial does no harm.
 */
export function afterGivingUp(health: TargetHealth, now: number): TargetHealth {
  return health.state === 'on trial' ? { ...health, state: 'paused', until: now } : health;
}

/**
 * The pool has changed. What only a check or another dial could end is over, where those do not count any more. @param
 * causes what can put a target of the pool out
 */
export function afterUpdate(health: TargetHealth, causes: readonly ('checks' | 'dials')[]): TargetHealth {
  const checks = causes.includes('checks');
  if (health.state === 'down') return checks ? health : inHealth;
  const failedChecks = checks ? health.failedChecks : 0;
  return causes.includes('dials') ? { ...health, failedChecks } : { ...inHealth, failedChecks };
}

/** Whether sessions may go there while there is a choice: it is in, or due for a trial. */
export function isReady(health: TargetHealth, now: number): boolean {
  if (health.state === 'in') return true;
  return health.state !== 'down' && now >= health.until;
}
