import { hostText } from '../../src/base/host.ts';
import type { PlannedTarget } from '../../src/plan/plan.ts';
import { HealthChecks, type ProbeOutcome } from '../../src/upstream/health-checks.ts';
import { anySource, poolOf } from './pools.ts';

/** A pool's checks with this interval, in milliseconds. */
export const checkedEvery = (interval: number) => ({ health: { interval, rise: 2, fall: 3 } });

/** A probe's millisecond. */
export const quick = () => 1;

/** Checks whose probes take some time, and are recorded. */
export function checksFixture(
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
    probe: (target, { timeout }) => {
      const host = hostText(target);
      probes.push({ host, at: clock(), timeout });
      if (underWay.includes(host)) seen.overlaps += 1;
      underWay.push(host);
      seen.most = Math.max(seen.most, underWay.length);
      let cancel = (): void => {};
      const done = new Promise<ProbeOutcome>((resolve) => {
        const end = (ended: ProbeOutcome): void => {
          clearTimeout(timer);
          underWay.splice(underWay.indexOf(host), 1);
          resolve(ended);
        };
        const timer = setTimeout(() => end(outcome(target)), takes(target));
        cancel = () => end('not tried');
      });
      return { done, cancel: () => cancel() };
    },
  });
  return { checks, probes, underWay, seen };
}

/** A pool as `HealthChecks.update` takes it. */
export function checkedPool(...given: Parameters<typeof poolOf>) {
  return { ...poolOf(...given), timeout: 5000, dialFrom: anySource };
}

/** So many pools of one target each, as the services of a subnet make them. */
export function manyPools(count: number, interval: number, name = 'vm') {
  return Array.from({ length: count }, (_, index) =>
    checkedPool([{ host: `${name}${index}` }], checkedEvery(interval)),
  );
}
