import type { Ip } from '../base/ip.ts';
import type { Denial } from '../policy/denial.ts';
import type { PoolTarget } from '../upstream/pool.ts';
import type { SessionRoute } from './session-route.ts';

/**
 * Decides about a client, before anything is dialed, and picks the target that its session tries first. Who is admitted
 * is counted in, until `route.admission.leave`; who is not takes nothing from anyone. A session that may be a loop
 * takes its place by `Session.admitted`. `now` is performance.now(), milliseconds.
 */
export function admit(route: SessionRoute, ip: Ip, now: number): PoolTarget | 'no target' | Denial {
  const { admission, loops, pool } = route;
  const denial = admission.check(ip, now);
  if (denial !== undefined) return denial;
  const target = pool.pick(ip, now, untried);
  if (typeof target === 'object' && loops.mayLoop(ip, target.ip) && !loops.hasRoom(now)) {
    pool.gaveUp(target, now);
    return 'possible loop';
  }
  if (typeof target === 'object' || target === 'no target') admission.count(ip, now);
  return target;
}

const untried: readonly PoolTarget[] = [];
