import type { PlannedTarget } from '../../src/plan/plan.ts';
import { HealthChecks } from '../../src/upstream/health-checks.ts';
import type { CheckOutcome } from '../../src/upstream/pool.ts';
import { poolOf } from './pools.ts';

export type ProbeOutcome = CheckOutcome | 'not tried';

/** A pool's checks with this interval, in milliseconds. */
export const checkedEvery = (interval: number) => ({ health: { interval, rise: 2, fall: 3 } });

/** A probe's millisecond. */
export const quick = () => 1;

/** Checks whose probes take some time, and are written down. */
export function riggedChecks(
  takes: (target: PlannedTarget) => number,
  outcome: (target: PlannedTarget) => ProbeOutcome,
  { mostAtOnce = 16, clock = Date.now }: { mostAtOnce?: number; clock?: () => number } = {},
) {
  const probes: { host: string; at: number; timeout: number }[] = [];
  const underWay: string[] = [];
  const seen = { most: 0, overlaps: 0 };
  const checks = new HealthChecks({
    mostAtOnce,
    clock,
    probe: (target, { timeout, signal }) => {
      const { host } = target;
      probes.push({ host, at: clock(), timeout });
      if (underWay.includes(host)) seen.overlaps += 1;
      underWay.push(host);
      seen.most = Math.max(seen.most, underWay.length);
      return new Promise((resolve) => {
        const end = (ended: ProbeOutcome): void => {
          clearTimeout(timer);
          underWay.splice(underWay.indexOf(host), 1);
          resolve(ended);
        };
        const timer = setTimeout(() => end(outcome(target)), takes(target));
        signal.addEventListener('abort', () => end('not tried'));
      });
    },
  });
  return { checks, probes, underWay, seen };
}

/** So many pools of one target each, as the services of a subnet make them. */
export function manyPools(count: number, interval: number, name = 'vm') {
  return Array.from({ length: count }, (_, index) => ({
    ...poolOf([{ host: `${name}${index}` }], checkedEvery(interval)),
    timeout: 5000,
  }));
}
