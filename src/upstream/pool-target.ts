import { formatEndpoint } from '../base/address.ts';
import { hostText } from '../base/host.ts';
import { type Ip, ipOf } from '../base/ip.ts';
import type { PlannedTarget } from '../plan/plan.ts';
import { inHealth, type TargetHealth } from './target-health.ts';

/** A target at run time, and how it is doing. Its pool alone changes it. */
export interface PoolTarget {
  planned: PlannedTarget;
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
  return { planned, host, name: nameOf(planned), ip, sessions: 0, health: inHealth };
}

/**
 * The targets of the next plan: what has the name of one in `known` is that one, and the n-th of a name the n-th of
 * them, as a name may stand several times in a pool.
 */
export function nextTargets(planned: readonly PlannedTarget[], known: readonly PoolTarget[]): readonly PoolTarget[] {
  const byName = new Map<string, PoolTarget[]>();
  for (const target of known) byName.set(target.name, [...(byName.get(target.name) ?? []), target]);
  return planned.map((one) => {
    const kept = byName.get(nameOf(one))?.shift();
    if (kept === undefined) return createPoolTarget(one);
    kept.planned = one;
    return kept;
  });
}

function nameOf(planned: PlannedTarget): string {
  return formatEndpoint(hostText(planned), planned.port);
}
