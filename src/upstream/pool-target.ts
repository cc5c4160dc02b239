import { formatEndpoint } from '../base/address.ts';
import { type Ip, parseIp } from '../base/ip.ts';
import type { PlannedTarget } from '../plan/plan.ts';
import { inHealth, type TargetHealth } from './target-health.ts';

/** A target at run time, and how it is doing. Its pool alone changes it. */
export interface PoolTarget {
  readonly planned: PlannedTarget;
  /** `host:port`, IPv6 in brackets. */
  readonly name: string;
  /** Its address; `undefined` where it is a name. */
  readonly ip: Ip | undefined;
  /** Sessions that are with it. */
  sessions: number;
  health: TargetHealth;
}

export function createPoolTarget(planned: PlannedTarget): PoolTarget {
  const { host, port } = planned;
  return { planned, name: formatEndpoint(host, port), ip: parseIp(host), sessions: 0, health: inHealth };
}
