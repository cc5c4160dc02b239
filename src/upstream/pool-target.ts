import { formatEndpoint } from '../base/address.ts';
import { hostText } from '../base/host.ts';
import { type Ip, ipOf } from '../base/ip.ts';
import type { PlannedTarget } from '../plan/plan.ts';
import { inHealth, type TargetHealth } from './target-health.ts';

/** A target at run time, and how it is doing. Its pool alone changes it. */
export interface PoolTarget {
  readonly planned: PlannedTarget;
  /** The address or name as the plan spells it; sessions are counted by it. */
  readonly host: string;
  /** `host:port`, IPv6 in brackets. */
  readonly name: string;
  /** Its address; `undefined` where it is a name. */
  readonly ip: Ip | undefined;
  /** Sessions that are with it. */
  sessions: number;
  health: TargetHealth;
}

export function createPoolTarget(planned: PlannedTarget): PoolTarget {
  const host = hostText(planned);
  const ip = 'address' in planned ? ipOf(planned.address) : undefined;
  return { planned, host, name: formatEndpoint(host, planned.port), ip, sessions: 0, health: inHealth };
}
