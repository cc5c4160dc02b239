import { formatEndpoint } from '../base/address.ts';
import type { PlannedTarget } from '../plan/plan.ts';
import { inHealth, type TargetHealth } from './target-health.ts';

/** A target at run time, and how it is doing. Its pool alone changes it. */
export interface PoolTarget {
  readonly planned: PlannedTarget;
  /** `host:port`, IPv6 in brackets. */
  readonly name: string;
  /** Sessions that are with it. */
  sessions: number;
  health: TargetHealth;
}

export function createPoolTarget(planned: PlannedTarget): PoolTarget {
  return { planned, name: formatEndpoint(planned.host, planned.port), sessions: 0, health: inHealth };
}
