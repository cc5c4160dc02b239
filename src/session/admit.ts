import type { Ip } from '../base/ip.ts';
import type { Denial } from '../policy/denial.ts';
import type { PoolTarget } from '../upstream/pool.ts';
import type { SessionRoute } from './session-route.ts';

/**
 * Decides about a client, before anything is dialed, and picks the target that its session tries first. Who is admitted
 * is counted in, until `route.admission.leave`; who is not takes nothing from anyone. `ip` may be left out where
 * `needsSource` says that it does not matter. `now` is performance.now(), milliseconds.
 */
export function admit(route: SessionRoute, ip: Ip | undefined, now: number): PoolTarget | 'no target' | Denial {
  const denial = route.admission.check(ip, now);
  if (denial !== undefined) return denial;
  const target = route.pool.pick(ip, now, untried);
  if (typeof target === 'object' || target === 'no target') route.admission.count(ip, now);
  return target;
}

/** Whether the client's address matters before its target is reached. */
export function needsSource({ admission, pool, tellsSource }: SessionRoute): boolean {
  return admission.needsSource || pool.needsSource || tellsSource;
}

const untried: readonly PoolTarget[] = [];
