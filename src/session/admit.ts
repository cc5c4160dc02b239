import type { Ip } from '../base/ip.ts';
import type { Denial } from '../policy/denial.ts';
import type { PoolTarget } from '../upstream/pool.ts';
import type { SessionRoute } from './session-route.ts';

/**
 * Decides about a client, before anything is dialed, and picks the target that its session tries first. A client that
 * is admitted is counted in, until `route.admission.leave`; one that is denied is counted nowhere. A session that may be
 * a loop takes its place by `Session.admitted`. `now` is performance.now(), milliseconds.
 *
 * @param ip where the client comes from, as its PROXY header says where it must send one
 * @param peer who has connected: a PROXY header goes round in a loop unchanged, so it says nothing about one
 */
export function admit(route: SessionRoute, ip: Ip, peer: Ip, now: number): PoolTarget | 'no target' | Denial {
  const { admission, loops, pool, quickEnds } = route;
  const denial = admission.check(ip, now);
  if (denial !== undefined) return denial;
  if (quickEnds.areTooMany(peer, now)) return 'possible loop';
  const target = pool.pick(ip, now, untried);
  if (typeof target === 'object' && loops.mayLoop(peer, target.ip) && !loops.hasRoom(now)) {
    pool.gaveUp(target, now);
    return 'possible loop';
  }
  if (typeof target === 'object' || target === 'no target') admission.count(ip, now);
  return target;
}

const untried: readonly PoolTarget[] = [];
