import type { PlannedTarget } from '../plan/plan.ts';
import type { DialSources } from './dial-sources.ts';
import type { CheckOutcome } from './pool.ts';

/**
 * One active check of one target. Never rejects.
 *
 * @param options `timeout`: milliseconds for all of it; `signal` gives it up; `dialFrom`: the addresses to dial from, any where left out
 * @returns `not tried` where it says nothing about the target: given up, or this machine is out of what a try needs
 */
export type Probe = (
  target: PlannedTarget,
  options: { readonly timeout: number; readonly signal: AbortSignal; readonly dialFrom?: DialSources | undefined },
) => Promise<CheckOutcome | 'not tried'>;
